import type { Timer } from '../base/clock.js'
import type { FeedItem } from '../tracker/change.js'
import { Bulletin } from './bulletin.js'
import type { Driver, Stage } from './driver.js'
import { count, elapsed, measure } from './format.js'
import { type OpenItem, shareOf, type ViewModel } from './model.js'
import { known } from './output.js'
import type { ViewSummary } from './summary.js'
import { summaryLines } from './summary-lines.js'

const tickMillis = 1_000
const firstStatusMillis = 5_000
const rarestStatusMillis = 60_000
/** Width of the summary where nobody says how wide a line may be. */
const summaryColumns = 80

/** For pipes, CI and plain terminals: a line where something happened, and now and then how it stands. */
export class LinesDriver implements Driver {
  readonly #stage: Stage
  readonly #bulletin: Bulletin
  readonly #announced = new WeakSet<OpenItem>()
  #timer: Timer | undefined
  #statusAt: number

  constructor(stage: Stage) {
    this.#stage = stage
    this.#bulletin = new Bulletin(stage, false)
    this.#statusAt = stage.model.startedAt + firstStatusMillis
    this.#tick()
  }

  changed(items: readonly FeedItem[]): void {
    this.#stage.output.lines(this.#bulletin.of(items))
  }

  log(line: string): void {
    this.#stage.output.lines([line])
  }

  #tick(): void {
    const { view, output } = this.#stage
    this.#timer = view.clock.backgroundTimer(() => {
      const now = view.clock.wallMillis()
      output.lines([...this.#bulletin.due(), ...this.#stillRunning(now), ...this.#status(now)])
      this.#tick()
    }, tickMillis)
  }

  /** Work that has become long without anybody having heard of it. */
  #stillRunning(now: number): string[] {
    const { model, view } = this.#stage
    const lines: string[] = []
    for (const item of model.open.values()) {
      if (lines.length >= 5) break
      if (!item.running || item === model.run?.item || now - item.since < view.longMillis || this.#announced.has(item))
        continue
      this.#announced.add(item)
      const text = `${item.name}: ${item.text}, for ${elapsed(now - item.since)} now`
      lines.push(...this.#bulletin.say({ time: now, tone: 'running', module: item.row.name, text, key: undefined }))
    }
    return lines
  }

  /** How it stands: every five seconds at first, once a minute in the end. */
  #status(now: number): string[] {
    const { model } = this.#stage
    if (now < this.#statusAt) return []
    this.#statusAt = now + Math.min(Math.max((now - model.startedAt) / 8, firstStatusMillis), rarestStatusMillis)
    if (model.open.size === 0) return []
    const text = `${statusText(model, now)}${this.#stage.view.tracker.runningSummary()}`
    return this.#bulletin.say({ time: now, tone: 'running', module: model.run?.module ?? '', text, key: undefined })
  }

  end(summary: ViewSummary | undefined): void {
    this.#timer?.cancel()
    const { output, view } = this.#stage
    const { color, unicode } = view
    // What was held back is counted in the summary.
    if (summary === undefined) output.lines(this.#bulletin.flush())
    else output.lines(summaryLines(summary, { color, unicode, columns: known(view.output.columns) ?? summaryColumns }))
  }
}

/** `21 of 80, 26 %, 15 s left; loss 0.412; ` */
function statusText(model: ViewModel, now: number): string {
  const item = model.run?.item
  const { done, total } = item?.progress ?? {}
  const share = item === undefined ? undefined : shareOf(item)
  const left = total === undefined ? undefined : item?.pace.remainingMillis(now, total)
  const progress = [
    done === undefined || total === undefined ? '' : `${count(done)} of ${count(total)}`,
    share === undefined ? '' : `${Math.floor(share * 100)} %`,
    left === undefined || share === 1 ? '' : `${elapsed(left)} left`,
  ]
  const numbers = [...model.series.values()].slice(0, 4).map((series) => `${series.name} ${measure(series.last)}`)
  return [progress, numbers]
    .map((parts) => parts.filter((part) => part !== '').join(', '))
    .filter((part) => part !== '')
    .map((part) => `${part}; `)
    .join('')
}
