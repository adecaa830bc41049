import { defaultActivityType } from '../activity/activity-types.js'
import type { ActivityHandle } from '../activity/handle.js'
import { ActivityRecord, SharedFields } from '../activity/record.js'
import type { Lifecycle } from '../tracker/lifecycle.js'
import { Handle } from './handle.js'

/** A handle for a tracker that is disabled: of an activity that never was, so every call is ignored and `run` just calls. */
export function inertHandle(lifecycle: Lifecycle, name: string): ActivityHandle {
  const what = { name, module: lifecycle.serviceName, group: undefined, type: defaultActivityType }
  const record = new ActivityRecord(
    new SharedFields(lifecycle, what, undefined, undefined),
    undefined,
    undefined,
    lifecycle.clock.wallMillis(),
    lifecycle.clock.monotonicMillis(),
  )
  record.state = 'skipped'
  return new Handle(record)
}
