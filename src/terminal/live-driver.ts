import type { Timer } from '../base/clock.js'
import type { FeedItem } from '../tracker/change.js'
import { Bulletin } from './bulletin.js'
import { hideCursor } from './cursor.js'
import type { Driver, Stage } from './driver.js'
import { interceptWrites } from './foreign-writes.js'
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
  readonly #letGo: readonly (() => void)[]
  #above: string[] = []
  #drawn: readonly string[] = []
  #timer: Timer | undefined
  #dueAt = 0
  /** Whether the block is being written, by us. */
  #drawing = false
  /** Whether the program has left the cursor within a line. */
  #withinLine = false

  constructor(stage: Stage) {
    this.#stage = stage
    this.#bulletin = new Bulletin(stage, true)
    this.#restoreCursor = hideCursor(stage.output)
    this.#forgetResize = stage.output.onResize(() => this.#soon(refreshMillis))
    this.#letGo = stage.view.sharedStreams.map((stream) =>
      interceptWrites(stream, (text, write) => this.#aside(text, write)),
    )
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
    this.#write(`${beginFrame}${this.#toTop()}${linesOf([...above, ...block])}${clearBelow}${endFrame}`)
    this.#drawn = block
  }

  #write(text: string): void {
    this.#drawing = true
    this.#stage.output.write(text)
    this.#drawing = false
  }

  /** The program itself writes to the terminal: the block makes room, and comes back below. */
  #aside(text: string, write: () => unknown): unknown {
    if (this.#drawing) return write()
    const block = this.#drawn
    if (block.length > 0) this.#write(`${this.#toTop()}${clearBelow}`)
    this.#drawn = []
    const returned = write()
    if (text !== '') this.#withinLine = !text.endsWith('\n')
    if (this.#withinLine) this.#soon(refreshMillis)
    else {
      if (block.length > 0) this.#write(`${linesOf(block)}${clearBelow}`)
      this.#drawn = block
    }
    return returned
  }

  /** Moves to where the block begins, also if the terminal has become narrower and broken its lines since. */
  #toTop(): string {
    if (this.#withinLine) {
      this.#withinLine = false
      return '\n'
    }
    const { columns } = this.#stage.output
    const rows = this.#drawn.reduce((sum, line) => sum + Math.max(Math.ceil(widthOf(line) / columns), 1), 0)
    return rows === 0 ? '\r' : `\x1b[${rows}A\r`
  }

  end(summary: ViewSummary | undefined): void {
    this.#timer?.cancel()
    this.#forgetResize()
    for (const letGo of this.#letGo) letGo()
    const { output, view } = this.#stage
    const { color, unicode } = view
    // What was held back is counted in the summary.
    if (summary === undefined) this.#above.push(...this.#bulletin.flush())
    else this.#above.push(...summaryLines(summary, { color, unicode, columns: output.columns - 1 }))
    this.#draw([])
    this.#restoreCursor()
  }
}

function linesOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}${clearLine}\n`).join('')
}
