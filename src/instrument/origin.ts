import type { RemoteActivity } from '../activity/options.js'
import type { ActivityRecord, RemoteParent } from '../activity/record.js'
import { ActivityContext } from '../tracing/activity-context.js'
import { type Context, type Span, trace } from '../tracing/api.js'
import { recordIn } from '../tracing/current.js'
import { remoteSpan } from '../tracing/propagation.js'
import type { Lifecycle } from '../tracker/lifecycle.js'
import type { Description, ParentChoice } from './description.js'

/** Where an activity comes from: one here, one that is known by its ids only, or nothing. */
export interface Origin {
  readonly record: ActivityRecord | undefined
  readonly remote: RemoteParent | undefined
  /** The span above, for the new activity's context. */
  readonly span: Span | undefined
}

const nowhere: Origin = Object.freeze({ record: undefined, remote: undefined, span: undefined })

function fromElsewhere(remote: RemoteActivity): Origin {
  return { record: undefined, remote, span: remoteSpan(remote) }
}

/** An activity of another tracker is a parent like one in another process: by its ids. */
function fromRecord(record: ActivityRecord, lifecycle: Lifecycle, span: Span | undefined): Origin {
  if (record.owner === lifecycle) return { record, remote: undefined, span }
  return { record: undefined, remote: { id: record.id, rootId: record.rootId, ...record.spanReference() }, span }
}

function chosen(parent: ParentChoice, lifecycle: Lifecycle): Origin {
  const { remote } = parent
  const record = parent.record ?? (remote.id === undefined ? undefined : lifecycle.find(remote.id))
  if (record === undefined) return fromElsewhere(remote)
  // Until planned work starts, its context holds the span in which it was planned.
  return fromRecord(record, lifecycle, (record.tracing as ActivityContext | undefined)?.span)
}

/** The handed-off activity itself goes on here: its place in the trace, but not itself as its own parent. */
function continued({ id: _, ...remote }: RemoteActivity): Origin {
  return fromElsewhere(remote)
}

export function spanIn(context: Context): Span | undefined {
  return context instanceof ActivityContext ? context.span : trace.getSpan(context)
}

/** The activity of a context, else the trace of its span. */
export function parentInContext(
  lifecycle: Lifecycle,
  active: Context,
  current: ActivityRecord | undefined = recordIn(active),
): Origin {
  const span = spanIn(active)
  if (current !== undefined) return fromRecord(current, lifecycle, span)
  const reference = span?.spanContext()
  if (reference === undefined || !trace.isSpanContextValid(reference))
    return { record: undefined, remote: undefined, span }
  const { traceId, spanId, traceFlags } = reference
  return { record: undefined, remote: { traceId, spanId, traceFlags }, span }
}

/** The parent that an activity is given, else what the active context holds. */
export function originOf(
  what: Description,
  lifecycle: Lifecycle,
  active: Context,
  current: ActivityRecord | undefined,
): Origin {
  if (what.plain) return parentInContext(lifecycle, active, current)
  if (what.from !== undefined) return continued(what.from)
  if (what.parent === null) return nowhere
  if (what.parent !== undefined) return chosen(what.parent, lifecycle)
  return parentInContext(lifecycle, active, current)
}
