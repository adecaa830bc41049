import type { ActivityRecord } from '../activity/record.js'
import type { EndedState } from '../activity/states.js'
import type { Faults } from '../base/faults.js'
import type { ActivityContext } from '../tracing/activity-context.js'
import { currentRecord, detached } from '../tracing/current.js'
import { endSpan, startSpan } from '../tracing/span.js'
import { asOwnWork } from '../tracing/suppressed.js'
import { getTracker } from '../tracker/default-tracker.js'
import type { Lifecycle } from '../tracker/lifecycle.js'
import type { TrackerPorts } from '../tracker/ports.js'
import { type ActivityTracker, lifecycleKey } from '../tracker/tracker.js'
import { handleOf } from './handle.js'

function portsFor(lifecycle: Lifecycle): TrackerPorts {
  const { faults } = lifecycle
  return {
    currentRecord,
    handleOf,
    detached,
    ownWork: asOwnWork,
    ended(record, state, from) {
      if (from === 'planned') spanOfNeverStarted(record, state, faults)
      return endSpan(record, state, faults)
    },
  }
}

/** Planned work that was done, or failed, without a start counts as started when it was planned; what was withdrawn has no span. */
function spanOfNeverStarted(record: ActivityRecord, state: EndedState, faults: Faults): void {
  if (state !== 'completed' && state !== 'failed') return
  startSpan(
    record,
    record.tracing as ActivityContext,
    { kind: record.details?.kind, startTime: record.createdAt, plain: false },
    faults,
  )
}

function lifecycleIn(tracker: unknown): Lifecycle | undefined {
  if (typeof tracker !== 'object' || tracker === null) return undefined
  try {
    return (tracker as Partial<ActivityTracker>)[lifecycleKey]
  } catch {
    return undefined
  }
}

/** The tracker to use: the one that is asked for, else the current activity's, else the default. Fills its ports at first use. */
export function lifecycleFor(tracker: unknown, current: ActivityRecord | undefined): Lifecycle {
  const asked = lifecycleIn(tracker)
  const chosen = asked ?? (current?.owner as Lifecycle | undefined) ?? getTracker()[lifecycleKey]
  if (tracker !== undefined && asked === undefined) chosen.faults.count('option.invalid', 'tracker')
  chosen.ports ??= portsFor(chosen)
  if (chosen.disabled) chosen.faults.count('disabled')
  return chosen
}
