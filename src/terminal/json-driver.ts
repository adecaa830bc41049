import type { FeedItem } from '../tracker/change.js'
import type { Driver, Stage } from './driver.js'
import type { ViewSummary } from './summary.js'

/** Every change as a line of JSON, for another program; the last line is the summary. */
export class JsonDriver implements Driver {
  readonly #stage: Stage

  constructor(stage: Stage) {
    this.#stage = stage
  }

  changed(items: readonly FeedItem[]): void {
    this.#stage.output.lines(items.map((item) => JSON.stringify(item)))
  }

  log(line: string): void {
    this.#stage.output.lines([JSON.stringify({ kind: 'log', message: line })])
  }

  end(summary: ViewSummary | undefined): void {
    if (summary !== undefined) this.#stage.output.lines([JSON.stringify(summary)])
  }
}
