/// <reference lib="esnext.disposable" preserve="true" />
import { stuckLeaves } from '../health/stuck-leaves.js'
import type { FeedItem } from '../tracker/change.js'
import { applyItem, applyOpen, moduleChanged } from './apply.js'
import type { Driver, Stage } from './driver.js'
import { JsonDriver } from './json-driver.js'
import { LinesDriver } from './lines-driver.js'
import { LiveDriver } from './live-driver.js'
import { createModel } from './model.js'
import { resolveView, type TerminalViewOptions, type ViewMode } from './options.js'
import { Output } from './output.js'
import { summarise, type ViewSummary } from './summary.js'

/** A view of a tracker in a terminal, a pipe or a file. */
export interface TerminalView extends Disposable {
  readonly mode: ViewMode
  /** Prints a line of your own; in a live view above the block. */
  log(line: string): void
  /** What it has seen until now. */
  summary(): ViewSummary
  /** Ends the view with its summary and gives the terminal back; safe to call twice. */
  stop(): void
}

/** A line may come from code without types. */
function written(line: unknown): string {
  return typeof line === 'string' || typeof line === 'number' || typeof line === 'bigint' ? `${line}` : ''
}

const drivers = {
  live: LiveDriver,
  lines: LinesDriver,
  json: JsonDriver,
} as const satisfies Record<ViewMode, new (stage: Stage) => Driver>

/**
 * Shows what a tracker's activities do, until `stop`. Never keeps the process alive. In a terminal it redraws a block in
 * place; in a pipe, in CI and in a dumb terminal it writes one line for what is worth it. It stops by itself once its
 * reader has gone (`| head`).
 *
 * @throws UnderwayError OPTIONS_INVALID
 */
export function terminalView(options: TerminalViewOptions = {}): TerminalView {
  const view = resolveView(options)
  const { tracker, clock, title, color, unicode } = view
  const model = createModel(clock.wallMillis())
  const output = new Output(view.output)
  const stage: Stage = {
    view,
    model,
    output,
    frame: () => ({
      columns: output.columns,
      rows: output.rows,
      now: clock.wallMillis(),
      title,
      color,
      unicode,
      health: tracker.errorHealth(),
      summary: tracker.runningSummary(),
      stuck: stuckLeaves({ tracker, limit: 3 }).map(({ message }) => message),
    }),
  }
  applyOpen(model, tracker.openActivities())
  for (const module of tracker.modules()) moduleChanged(model, module)
  const driver = new drivers[view.mode](stage)
  const unsubscribe = tracker.subscribe(
    (items: readonly FeedItem[]) => {
      for (const item of items) applyItem(model, item)
      // What was missed may have ended meanwhile.
      if (items.some(({ kind }) => kind === 'gap')) applyOpen(model, tracker.openActivities())
      driver.changed(items)
    },
    { name: `terminal ${view.mode}` },
  )
  const summary = (): ViewSummary => summarise(model, title, clock.wallMillis())
  let stopped = false
  const stop = (): void => {
    if (stopped) return
    stopped = true
    forget()
    unsubscribe()
    driver.end(view.summary ? summary() : undefined)
  }
  // Whom nobody reads costs nothing: no subscriber, no timer, no write that passes through us.
  let forget = (): void => undefined
  forget = output.onGone(stop)
  return { mode: view.mode, log: (line: unknown) => driver.log(written(line)), summary, stop, [Symbol.dispose]: stop }
}
