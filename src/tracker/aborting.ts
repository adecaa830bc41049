import type { ActivityControl } from '../activity/control.js'
import type { ActivityRecord } from '../activity/record.js'
import { descends } from './subtrees.js'

/** Why the signal of this activity is aborted, if it is: by itself or by one above it. */
export function abortOf(record: ActivityRecord): ActivityControl['aborted'] {
  for (let at: ActivityRecord | undefined = record; at !== undefined; at = at.origin) {
    if (at.control?.aborted !== undefined) return at.control.aborted
  }
  return undefined
}

export function signalOf(record: ActivityRecord): AbortSignal {
  const control = record.controls()
  if (control.abort === undefined) {
    control.abort = new AbortController()
    const aborted = abortOf(record)
    if (aborted !== undefined) control.abort.abort(aborted.reason)
  }
  return control.abort.signal
}

/** Aborts the signals of an activity and of everything open below it. */
export function abortBelow(
  record: ActivityRecord,
  oldest: ActivityRecord | undefined,
  reason: unknown,
  text: string | undefined,
): void {
  if (record.control?.aborted !== undefined) return
  // All are marked before any listener runs, as listeners may end some; a signal that is first read later is aborted too.
  const reached = [record, ...openBelow(record, oldest)]
  for (const one of reached) one.controls().aborted ??= { reason, text }
  for (const one of reached) one.control?.abort?.abort(reason)
}

function openBelow(record: ActivityRecord, oldest: ActivityRecord | undefined): ActivityRecord[] {
  const below: ActivityRecord[] = []
  if (!record.hasChildren) return below
  // Children come in after their parent, so the search can begin at the parent while that is itself in the list.
  for (let at = record.open ? record.next : oldest; at !== undefined; at = at.next) {
    if (descends(at, record)) below.push(at)
  }
  return below
}
