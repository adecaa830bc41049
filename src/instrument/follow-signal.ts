import type { ActivityRecord } from '../activity/record.js'
import { type Intake, toText } from '../activity/values.js'
import { guarded } from '../base/faults.js'
import { atEnd } from '../tracker/at-end.js'
import type { Lifecycle } from '../tracker/lifecycle.js'

/** For people; the reason of somebody else's signal has not passed the intake. */
function textOf({ intake }: Lifecycle, reason: unknown): string {
  const text = messageOf(intake, reason)
  return typeof text === 'string' ? (toText(intake, 'reason', text) ?? '') : ''
}

/** Asked while the signal is aborted, where what is thrown would end the process. */
function messageOf(intake: Intake, reason: unknown): unknown {
  try {
    return reason instanceof Error ? reason.message : reason
  } catch (error) {
    intake.faults.countOnce(reason as object, 'value.unreadable', 'reason', error)
    return undefined
  }
}

/** Aborts the activity's own signal when another one is aborted, for as long as the activity is open. */
export function followSignal(lifecycle: Lifecycle, record: ActivityRecord, signal: AbortSignal): void {
  guarded(lifecycle.faults, 'option.threw', 'signal', undefined, () => {
    const follow = (): void => lifecycle.abort(record, signal.reason, textOf(lifecycle, signal.reason))
    if (signal.aborted) return follow()
    signal.addEventListener('abort', follow, { once: true })
    atEnd(record, () => signal.removeEventListener('abort', follow))
  })
}
