import { bounds } from '../activity/bounds.js'
import type { ParentActivity, RemoteActivity } from '../activity/options.js'
import type { ActivityRecord, RemoteParent } from '../activity/record.js'
import { type CallSite, callSite } from '../base/call-site.js'
import { ActivityContext } from '../tracing/activity-context.js'
import { type Context, type Span, trace } from '../tracing/api.js'
import { activeContext, recordIn } from '../tracing/current.js'
import { remoteSpan } from '../tracing/propagation.js'
import { startSpan } from '../tracing/span.js'
import type { Lifecycle } from '../tracker/lifecycle.js'
import { recordKey } from './begin.js'
import type { Description } from './description.js'

interface Origin {
  readonly record: ActivityRecord | undefined
  readonly remote: RemoteParent | undefined
  /** The span above, where it is not that of the active context. */
  readonly span: Span | undefined
}

function remoteOrigin(remote: RemoteActivity): Origin {
  return { record: undefined, remote: remote as RemoteParent, span: remoteSpan(remote) }
}

function recordOf(parent: ParentActivity, lifecycle: Lifecycle): ActivityRecord | undefined {
  if (typeof parent === 'string') return lifecycle.find(parent)
  return (
    (parent as { [recordKey]?: ActivityRecord })[recordKey] ??
    (typeof parent.id === 'string' ? lifecycle.find(parent.id) : undefined)
  )
}

function explicitOrigin(parent: ParentActivity, lifecycle: Lifecycle): Origin {
  const record = recordOf(parent, lifecycle)
  if (record === undefined)
    return remoteOrigin(typeof parent === 'string' ? { id: parent } : (parent as RemoteActivity))
  return foreignOrOwn(record, lifecycle, record.span as Span | undefined)
}

/** An activity of another tracker is a parent like one in another process: by its ids. */
function foreignOrOwn(record: ActivityRecord, lifecycle: Lifecycle, span: Span | undefined): Origin {
  if (record.owner === lifecycle) return { record, remote: undefined, span }
  const reference = record.knownSpan()
  return { record: undefined, remote: { id: record.id, rootId: record.rootId, ...reference }, span }
}

function originOf(what: Description, lifecycle: Lifecycle, active: Context): Origin {
  if (what.from !== undefined) {
    const { rootId, traceId, spanId, traceFlags, traceState } = what.from
    return {
      ...remoteOrigin({ traceId, spanId, traceFlags, traceState } as RemoteActivity),
      remote: { rootId, traceId, spanId, traceFlags } as RemoteParent,
    }
  }
  if (what.parent === null) return { record: undefined, remote: undefined, span: undefined }
  if (what.parent !== undefined) return explicitOrigin(what.parent, lifecycle)
  const span = trace.getSpan(active)
  const current = recordIn(active)
  if (current !== undefined) return foreignOrOwn(current, lifecycle, span)
  // A span that is no activity: its trace goes on, without a parent among the activities.
  const reference = span?.spanContext()
  if (reference === undefined || !trace.isSpanContextValid(reference))
    return { record: undefined, remote: undefined, span }
  const { traceId, spanId, traceFlags } = reference
  return { record: undefined, remote: { traceId, spanId, traceFlags }, span }
}

function chosenId(what: Description, lifecycle: Lifecycle): string | undefined {
  const id = what.id ?? (typeof what.from?.id === 'string' ? what.from.id.slice(0, bounds.name) : undefined)
  if (id === undefined || lifecycle.find(id) === undefined) return id
  lifecycle.faults.count('id.duplicate', id)
  return undefined
}

function describeRecord(record: ActivityRecord, what: Description, startedFrom: CallSite | undefined): void {
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
  if (startedFrom !== undefined) details.startedFrom = startedFrom
}

export interface Launch {
  readonly name: string
  readonly asPlanned: boolean
  readonly startedFrom: CallSite | undefined
}

/** Brings an activity to life: counted first, then its span, then told to the feed. */
export function launch(lifecycle: Lifecycle, what: Description, how: Launch): ActivityRecord {
  const active = activeContext()
  const origin = originOf(what, lifecycle, active)
  const module = what.module ?? origin.record?.module ?? lifecycle.serviceName
  const group = what.group ?? lifecycle.groupOf(module)
  const row = lifecycle.counters.row(module, group, what.type)
  const identity = { name: how.name, module, group, type: what.type }
  const startTime = what.startTime instanceof Date ? what.startTime.getTime() : what.startTime
  const record = lifecycle.create(identity, row, origin.record, chosenId(what, lifecycle), how.asPlanned, startTime)
  record.remote = origin.remote
  describeRecord(record, what, how.startedFrom)
  const context = new ActivityContext(active, origin.span, record)
  record.tracing = context
  if (!how.asPlanned) startSpan(record, context, what, lifecycle.faults)
  else if (what.kind !== undefined) record.detail().kind = what.kind
  lifecycle.announce(record)
  if (what.timeoutMillis !== undefined) lifecycle.deadline(record, what.timeoutMillis)
  return record
}

const maxKnownSites = 1_000

/** Where blocks and handles of a module and name were first started from; looked up once for each of them. */
export function siteOf(
  lifecycle: Lifecycle,
  module: string | undefined,
  name: string,
  below: (...args: never[]) => unknown,
): CallSite | undefined {
  const key = `${module ?? ''} ${name}`
  const known = lifecycle.sites.get(key)
  if (known !== undefined || lifecycle.sites.size >= maxKnownSites) return known
  const found = callSite(below)
  if (found !== undefined) lifecycle.sites.set(key, found)
  return found
}
