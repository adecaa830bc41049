import type { KnownActivityType } from '../activity/activity-types.js'
import { type ActivityState, activityStates } from '../activity/states.js'
import type { Change, ChangeBody, FeedItem } from './change.js'

/** What can happen to an activity: entering a state, or news while it runs. */
export type ActivityEvent = Exclude<ActivityState, 'running'> | 'started' | 'updated' | 'ended'

/**
 * `<type>.<event>`, where the type may be `activity` for all: `run.failed`, `activity.started`, `decision.completed`.
 * Also `error`, `step`, `message`, `module.up`, `module.down`.
 */
export type EventName =
  | `${'activity' | KnownActivityType}.${ActivityEvent}`
  // A type of your own.
  | `${string}.${ActivityEvent}`
  | 'error'
  | 'step'
  | 'message'
  | 'module.up'
  | 'module.down'

/** The change that comes with an event. */
export type ChangeOf<E extends EventName> = Change &
  Extract<
    ChangeBody,
    E extends 'error' | 'step' | 'message'
      ? { readonly kind: E }
      : E extends 'module.up' | 'module.down'
        ? { readonly kind: 'module' }
        : { readonly kind: 'planned' | 'started' | 'updated' | 'ended' }
  >

const events: ReadonlySet<string> = new Set([
  ...Object.keys(activityStates).filter((state) => state !== 'running'),
  'started',
  'updated',
  'ended',
])

/** The test for a name of {@link EventName}, or `undefined` if there is no such event. */
export function eventMatcher(name: unknown): ((change: Change) => boolean) | undefined {
  if (typeof name !== 'string') return undefined
  if (name === 'error' || name === 'step' || name === 'message') return (change) => change.kind === name
  if (name === 'module.up' || name === 'module.down')
    return (change) => change.kind === 'module' && `module.${change.module.state}` === name
  const dot = name.lastIndexOf('.')
  const type = name.slice(0, dot)
  const event = name.slice(dot + 1)
  if (dot < 1 || !events.has(event)) return undefined
  return (change) => {
    if (!('activity' in change) || (type !== 'activity' && change.activity.type !== type)) return false
    return change.kind === event || (change.kind === 'ended' && change.activity.state === event)
  }
}

export function isChange(item: FeedItem): item is Change {
  return item.kind !== 'gap'
}
