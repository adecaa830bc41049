import type { ActivityRecord } from '../activity/record.js'
import { currentRecord, detached } from '../tracing/current.js'
import { endSpan } from '../tracing/span.js'
import { getTracker } from '../tracker/default-tracker.js'
import type { Lifecycle } from '../tracker/lifecycle.js'
import type { TrackerPorts } from '../tracker/ports.js'
import { type ActivityTracker, lifecycleKey } from '../tracker/tracker.js'
import { handleOf } from './handle.js'

function portsFor(lifecycle: Lifecycle): TrackerPorts {
  return { currentRecord, handleOf, detached, ended: (record, state) => endSpan(record, state, lifecycle.faults) }
}

/** The tracker to use: the one that is asked for, else the current activity's, else the default. Fills its ports at first use. */
export function lifecycleFor(tracker: unknown, current: ActivityRecord | undefined): Lifecycle {
  const asked =
    typeof tracker === 'object' && tracker !== null ? (tracker as Partial<ActivityTracker>)[lifecycleKey] : undefined
  const chosen = asked ?? (current?.owner as Lifecycle | undefined) ?? getTracker()[lifecycleKey]
  chosen.ports ??= portsFor(chosen)
  if (chosen.disabled) chosen.faults.count('disabled')
  return chosen
}
