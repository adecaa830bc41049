import type { ActivityRecord } from '../activity/record.js'
import type { ActivityContext } from '../tracing/activity-context.js'
import { startSpan } from '../tracing/span.js'
import type { Lifecycle } from '../tracker/lifecycle.js'

/** The key under which a handle holds its record, for this and other copies of the package. */
export const recordKey: unique symbol = Symbol.for('underway.handle.record/1') as never

/** The tracker's inside that an activity belongs to. */
export function lifecycleOf(record: ActivityRecord): Lifecycle {
  return record.owner as Lifecycle
}

/** The planned activity begins: running, with a span, told to the feed. */
export function begin(record: ActivityRecord): boolean {
  const lifecycle = lifecycleOf(record)
  if (!lifecycle.start(record)) return false
  startSpan(
    record,
    record.tracing as ActivityContext,
    { kind: record.details?.kind, startTime: undefined, plain: false },
    lifecycle.faults,
  )
  const timeoutMillis = record.details?.timeoutMillis
  if (timeoutMillis !== undefined) lifecycle.deadline(record, timeoutMillis)
  return true
}

/**
 * From now on the activity stays open although its handle may be lost: others can reach it. What guards a generator or
 * a thenable is that object, without which nobody can go on with the work, whoever knows the id.
 */
export function release(record: ActivityRecord, handle: object): void {
  if (record.guard === undefined || record.control?.paused === true) return
  record.guard = undefined
  record.handle = handle
}
