import type { Progress } from '../activity/options.js'
import { type ActivityRecord, never } from '../activity/record.js'
import type { ActivityCondition, OpenState } from '../activity/states.js'
import type { CallSite } from '../base/call-site.js'
import { conditionOf } from './condition.js'
import type { Lifecycle } from './lifecycle.js'
import type { StartSites } from './start-sites.js'

/** One reason why a scope is not quiescent. */
export interface Blocker {
  /** What blocks; more kinds come with other processes. */
  readonly kind: 'activity'
  /** The tracker that holds it. */
  readonly instance: string
  readonly id: string
  readonly name: string
  readonly module: string
  readonly group?: string
  readonly type: string
  readonly state: OpenState
  readonly condition: ActivityCondition
  /** Names from the root down to the activity itself. */
  readonly path: readonly string[]
  /** Since it was started, or planned if it was not started yet. */
  readonly ageMillis: number
  /** Since it was last heard of. */
  readonly silenceMillis: number
  /** Milliseconds since the Unix epoch. */
  readonly lastProgressAt: number
  readonly plan?: string
  readonly doing?: string
  readonly progress?: Progress
  /** `file:line` in your code where it was started, or where work of its module and name was last seen to start. */
  readonly startedFrom?: string
  /** Other places where work of its module and name was seen to start, the latest first. */
  readonly orStartedFrom?: readonly string[]
}

const maxPath = 64

/** Names from the root down; a very deep path keeps its two ends. */
function pathOf(record: ActivityRecord): string[] {
  const names: string[] = []
  for (let at: ActivityRecord | undefined = record; at !== undefined; at = at.origin) names.push(at.name)
  names.reverse()
  return names.length <= maxPath ? names : [...names.slice(0, maxPath / 2), '…', ...names.slice(-maxPath / 2)]
}

function written({ file, line }: CallSite): string {
  return `${file}:${line}`
}

function startOf({ startedFrom }: ActivityRecord, sites: StartSites): Pick<Blocker, 'startedFrom' | 'orStartedFrom'> {
  if (startedFrom === undefined) return {}
  const others = sites.besides(startedFrom)
  return {
    startedFrom: written(startedFrom),
    ...(others.length === 0 ? {} : { orStartedFrom: others.map(written) }),
  }
}

export function blockerOf(record: ActivityRecord, lifecycle: Lifecycle, nowMonotonic: number): Blocker {
  const { details } = record
  const since = record.startedMonotonic > never ? record.startedMonotonic : record.createdMonotonic
  return {
    kind: 'activity',
    instance: lifecycle.process.instance,
    id: record.id,
    name: record.name,
    module: record.module,
    ...(record.group === undefined ? {} : { group: record.group }),
    type: record.type,
    state: record.state === 'planned' ? 'planned' : 'running',
    condition: conditionOf(lifecycle, record, nowMonotonic),
    path: pathOf(record),
    ageMillis: nowMonotonic - since,
    silenceMillis: nowMonotonic - record.progressMonotonic,
    lastProgressAt: record.createdAt + (record.progressMonotonic - record.createdMonotonic),
    ...(details?.plan === undefined ? {} : { plan: details.plan }),
    ...(details?.doing === undefined ? {} : { doing: details.doing }),
    ...(details?.progress === undefined ? {} : { progress: details.progress }),
    ...startOf(record, lifecycle.sites),
  }
}
