import { bounds } from '../activity/bounds.js'
import { type ActivityDetails, type ActivityRecord, SharedFields } from '../activity/record.js'
import { ActivityContext } from '../tracing/activity-context.js'
import type { Context } from '../tracing/api.js'
import { registeredJustNow } from '../tracing/registered.js'
import { startSpan } from '../tracing/span.js'
import type { Lifecycle } from '../tracker/lifecycle.js'
import { unsettled } from '../tracker/settled.js'
import type { StartPlace } from '../tracker/start-sites.js'
import type { Description } from './description.js'
import { followSignal } from './follow-signal.js'
import { originOf, spanIn } from './origin.js'

function chosenId(what: Description, lifecycle: Lifecycle): string | undefined {
  const id = what.id ?? what.from?.id?.slice(0, bounds.name)
  if (id === undefined || lifecycle.find(id) === undefined) return id
  lifecycle.faults.count('id.duplicate', id)
  return undefined
}

function describeRecord(record: ActivityRecord, what: Description): void {
  const details = record.detail()
  if (what.plan !== undefined) details.plan = what.plan
  if (what.attributes !== undefined) details.attributes = what.attributes
  if (what.metadata !== undefined) details.metadata = what.metadata
  if (what.links !== undefined) details.links = what.links
  if (what.attempt !== undefined) details.attempt = what.attempt
  if (what.severity !== undefined) details.severity = what.severity
  if (what.errors !== undefined) details.errors = what.errors
  if (what.thread !== undefined) details.thread = what.thread
  if (what.considered !== undefined) details.considered = what.considered
  if (what.reason !== undefined) details.reason = what.reason
  if (what.silenceBudgetMillis !== undefined) details.silenceBudgetMillis = what.silenceBudgetMillis
}

function keepUntilStart(details: ActivityDetails, { kind, timeoutMillis }: Description): void {
  if (kind !== undefined) details.kind = kind
  if (timeoutMillis !== undefined) details.timeoutMillis = timeoutMillis
}

/** Those of the activity before, where nothing differs. */
function sharedFields(
  lifecycle: Lifecycle,
  place: StartPlace,
  name: string,
  module: string,
  group: string | undefined,
  type: string,
): SharedFields {
  const known = place.shared
  if (
    known !== undefined &&
    known.name === name &&
    known.module === module &&
    known.group === group &&
    known.type === type &&
    known.owner === lifecycle
  )
    return known
  const row = lifecycle.counters.row(module, group, type)
  place.shared = new SharedFields(lifecycle, { name, module, group, type }, place.startedFrom, row)
  return place.shared
}

function millisOf(time: number | Date | undefined): number | undefined {
  return time instanceof Date ? time.getTime() : time
}

/** What may end it from outside: a deadline, which runs from the start, and the user's signal. */
function bound(lifecycle: Lifecycle, record: ActivityRecord, what: Description, asPlanned: boolean): void {
  if (what.timeoutMillis !== undefined && !asPlanned) lifecycle.deadline(record, what.timeoutMillis)
  if (what.signal !== undefined) followSignal(lifecycle, record, what.signal)
}

/**
 * Brings an activity to life: counted first, then its span, then told to the feed.
 *
 * @param active the context of the running code, which was asked for just before
 * @param current the activity in it
 */
export function launch(
  lifecycle: Lifecycle,
  what: Description,
  name: string,
  place: StartPlace,
  active: Context,
  current: ActivityRecord | undefined,
  asPlanned = false,
): ActivityRecord {
  // Nearly all that is started inside another activity is simply that: no origin has to be made out.
  const isInside = what.plain && current !== undefined && current.owner === lifecycle
  const origin = isInside ? undefined : originOf(what, lifecycle, active, current)
  const above = isInside ? current : origin?.record
  const module = what.module ?? above?.module ?? lifecycle.serviceName
  const group = what.group ?? lifecycle.groupOf(module)
  const bounded = name.length > bounds.name ? name.slice(0, bounds.name) : name
  const shared = sharedFields(lifecycle, place, bounded, module, group, what.type)
  const { plain } = what
  const startTime = plain ? undefined : millisOf(what.startTime)
  const id = plain ? undefined : chosenId(what, lifecycle)
  const record = lifecycle.create(shared, above, id, asPlanned, startTime)
  try {
    if (origin?.remote !== undefined) record.remote = origin.remote
    if (what.detailed) describeRecord(record, what)
    const context = new ActivityContext(active, origin === undefined ? spanIn(active) : origin.span, record)
    record.tracing = context
    if (!asPlanned) startSpan(record, context, what, lifecycle.faults, registeredJustNow())
    else keepUntilStart(record.detail(), what)
    lifecycle.announce(record, startTime === undefined ? record.createdAt : undefined)
    if (!plain) bound(lifecycle, record, what, asPlanned)
  } catch (error) {
    // The stack has ended: what was counted as open must not stay so.
    record.functions = unsettled.threw
    lifecycle.stackError = error
    lifecycle.behind = true
    throw error
  }
  return record
}
