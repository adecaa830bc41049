import type { Timer } from '../base/clock.js'
import type { FeedItem } from '../tracker/change.js'
import { Bulletin } from './bulletin.js'
import { hideCursor } from './cursor.js'
import type { Driver, Stage } from './driver.js'
import { render } from './render.js'
import type { ViewSummary } from './summary.js'
import { summaryLines } from './summary-lines.js'
import { widthOf } from './text.js'

const refreshMillis = 100
/** Ages and rates change although nothing happens. */
const idleMillis = 1_000
const clearLine = '\x1b[K'
const clearBelow = '\x1b[J'
/** Terminals that know it show a frame at once; the others pass over it. */
const beginFrame = '\x1b[?2026h'
const endFrame = '\x1b[?2026l'

/** Redraws a block in place, at most ten times a second; lines that stay are printed above it. */
export class LiveDriver implements Driver {
  readonly #stage: Stage
  readonly #bulletin: Bulletin
  readonly #restoreCursor: () => void
  readonly #forgetResize: () => void
  #above: string[] = []
  #drawn: readonly string[] = []
  #timer: Timer | undefined
  #dueAt = 0

  constructor(stage: Stage) {
    this.#stage = stage
    this.#bulletin = new Bulletin(stage, true)
    this.#restoreCursor = hideCursor(stage.output)
    this.#forgetResize = stage.output.onResize(() => this.#soon(refreshMillis))
    this.#soon(refreshMillis)
  }

  changed(items: readonly FeedItem[]): void {
    this.#above.push(...this.#bulletin.of(items))
    this.#soon(refreshMillis)
  }

  log(line: string): void {
    this.#above.push(...line.split('\n'))
    this.#soon(refreshMillis)
  }

  #soon(delayMillis: number): void {
    const { clock } = this.#stage.view
    const dueAt = clock.monotonicMillis() + delayMillis
    if (this.#timer !== undefined) {
      if (this.#dueAt <= dueAt) return
      this.#timer.cancel()
    }
    this.#dueAt = dueAt
    this.#timer = clock.backgroundTimer(() => {
      this.#timer = undefined
      this.#above.push(...this.#bulletin.due())
      this.#draw(render(this.#stage.model, this.#stage.frame()))
      this.#soon(idleMillis)
    }, delayMillis)
  }

  #draw(block: readonly string[]): void {
    const above = this.#above
    const same = block.length === this.#drawn.length && block.every((line, index) => line === this.#drawn[index])
    if (same && above.length === 0) return
    this.#above = []
    const lines = [...above, ...block].map((line) => `${line}${clearLine}\n`)
    this.#stage.output.write(`${beginFrame}${this.#toTop()}${lines.join('')}${clearBelow}${endFrame}`)
    this.#drawn = block
  }

  /** Moves to where the block begins, also if the terminal has become narrower and broken its lines since. */
  #toTop(): string {
    const { columns } = this.#stage.output
    const rows = this.#drawn.reduce((sum, line) => sum + Math.max(Math.ceil(widthOf(line) / columns), 1), 0)
    return rows === 0 ? '\r' : `\x1b[${rows}A\r`
  }

  end(summary: ViewSummary | undefined): void {
    this.#timer?.cancel()
    this.#forgetResize()
    const { output, view } = this.#stage
    const { color, unicode } = view
    // What was held back is counted in the summary.
    if (summary === undefined) this.#above.push(...this.#bulletin.flush())
    else this.#above.push(...summaryLines(summary, { color, unicode, columns: output.columns - 1 }))
    this.#draw([])
    this.#restoreCursor()
  }
}
