import { bounds } from '../activity/bounds.js'
import type { ActivityDetails, ActivityRecord } from '../activity/record.js'
import { type CallSite, callSite } from '../base/call-site.js'
import { ActivityContext } from '../tracing/activity-context.js'
import type { Context } from '../tracing/api.js'
import { startSpan } from '../tracing/span.js'
import type { Lifecycle } from '../tracker/lifecycle.js'
import type { Description } from './description.js'
import { originOf } from './origin.js'

function chosenId(what: Description, lifecycle: Lifecycle): string | undefined {
  const id = what.id ?? what.from?.id?.slice(0, bounds.name)
  if (id === undefined || lifecycle.find(id) === undefined) return id
  lifecycle.faults.count('id.duplicate', id)
  return undefined
}

function describeRecord(record: ActivityRecord, what: Description): void {
  if (!what.detailed) return
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

export interface Launch {
  readonly name: string
  readonly asPlanned: boolean
  readonly startedFrom: CallSite | undefined
}

function keepUntilStart(details: ActivityDetails, { kind, timeoutMillis }: Description): void {
  if (kind !== undefined) details.kind = kind
  if (timeoutMillis !== undefined) details.timeoutMillis = timeoutMillis
}

/** Brings an activity to life: counted first, then its span, then told to the feed. */
export function launch(lifecycle: Lifecycle, what: Description, how: Launch, active: Context): ActivityRecord {
  const origin = originOf(what, lifecycle, active)
  const module = what.module ?? origin.record?.module ?? lifecycle.serviceName
  const group = what.group ?? lifecycle.groupOf(module)
  const row = lifecycle.counters.row(module, group, what.type)
  const identity = { name: how.name.slice(0, bounds.name), module, group, type: what.type }
  const startTime = what.startTime instanceof Date ? what.startTime.getTime() : what.startTime
  const record = lifecycle.create(identity, row, origin.record, chosenId(what, lifecycle), how.asPlanned, startTime)
  record.remote = origin.remote
  record.startedFrom = how.startedFrom
  describeRecord(record, what)
  const context = new ActivityContext(active, origin.span, record)
  record.tracing = context
  if (!how.asPlanned) startSpan(record, context, what, lifecycle.faults)
  else keepUntilStart(record.detail(), what)
  lifecycle.announce(record, startTime === undefined ? record.createdAt : undefined)
  if (what.timeoutMillis !== undefined && !how.asPlanned) lifecycle.deadline(record, what.timeoutMillis)
  return record
}

/** Where a block or a handle is started from: looked up at the first start of its module and name, then now and then. */
export function siteOf(
  lifecycle: Lifecycle,
  module: string | undefined,
  name: string,
  below: (...args: never[]) => unknown,
): CallSite | undefined {
  return lifecycle.sites.of(module, name, () => callSite(below))
}
