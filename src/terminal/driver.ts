import type { FeedItem } from '../tracker/change.js'
import type { Frame } from './frame.js'
import type { ViewModel } from './model.js'
import type { ResolvedView } from './options.js'
import type { Output } from './output.js'
import type { ViewSummary } from './summary.js'

/** What every way of showing works with. */
export interface Stage {
  readonly view: ResolvedView
  readonly model: ViewModel
  readonly output: Output
  /** The terminal and the tracker at this moment. */
  frame(): Frame
}

/** One way of showing what happens. */
export interface Driver {
  /** These changes are in the model now. */
  changed(items: readonly FeedItem[]): void
  /** A line of the user's own. */
  log(line: string): void
  /** The last word; timers and cursor are given back. @param summary absent where none is wanted */
  end(summary: ViewSummary | undefined): void
}
