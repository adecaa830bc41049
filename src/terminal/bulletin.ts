import type { FeedItem } from '../tracker/change.js'
import type { Stage } from './driver.js'
import { Limiter } from './limiter.js'
import { noticeLines } from './notice-line.js'
import { type Notice, noticeOf } from './notices.js'
import { Paint } from './paint.js'
import { widthOf } from './text.js'

const leastModuleWidth = 12
const mostModuleWidth = 20

/** Turns changes into lines that stay: what is worth one, not more than can be read, the columns in step. */
export class Bulletin {
  readonly #stage: Stage
  readonly #paint: Paint
  readonly #limiter = new Limiter()
  /** Breaks lines to the width of the terminal; a pipe has none. */
  readonly #breaks: boolean
  #moduleWidth = leastModuleWidth

  constructor(stage: Stage, breaks: boolean) {
    this.#stage = stage
    this.#breaks = breaks
    this.#paint = new Paint(stage.view)
  }

  of(items: readonly FeedItem[]): string[] {
    const lines: string[] = []
    for (const item of items) {
      const notice = noticeOf(item, this.#stage.view.longMillis)
      if (notice !== undefined) lines.push(...this.#admit(notice))
    }
    return lines
  }

  /** A line that is due anyhow. */
  say(notice: Notice): string[] {
    return this.#draw([notice])
  }

  due(): string[] {
    return this.#draw(this.#limiter.due(this.#stage.view.clock.wallMillis()))
  }

  flush(): string[] {
    return this.#draw(this.#limiter.flush(this.#stage.view.clock.wallMillis()))
  }

  #admit(notice: Notice): string[] {
    return this.#draw(this.#limiter.admit(notice))
  }

  #draw(notices: readonly Notice[]): string[] {
    const { model, output } = this.#stage
    const columns = this.#breaks ? output.columns : undefined
    return notices.flatMap((notice) => {
      // Grows with the longest name seen so far, registered ones included, and never shrinks again.
      for (const name of [...model.rows.keys()].slice(0, 50))
        this.#moduleWidth = Math.max(this.#moduleWidth, Math.min(widthOf(name), mostModuleWidth))
      return noticeLines(notice, { startedAt: model.startedAt, moduleWidth: this.#moduleWidth, columns }, this.#paint)
    })
  }
}
