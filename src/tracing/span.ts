import * as otel from '@opentelemetry/api'
import type { ActivitySpanKind, KeptLink } from '../activity/options.js'
import type { ActivityDetails, ActivityRecord, SharedFields } from '../activity/record.js'
import { attributeNames as names, scopeName } from '../activity/semantic-conventions.js'
import type { EndedState } from '../activity/states.js'
import type { Attributes } from '../activity/values.js'
import type { Faults } from '../base/faults.js'
import { version } from '../base/version.js'
import type { Lifecycle } from '../tracker/lifecycle.js'
import { type ActivityContext, spanRecordKey } from './activity-context.js'
import { noticeDuplicatedApi } from './registered.js'

const kinds: Readonly<Record<ActivitySpanKind, otel.SpanKind>> = {
  internal: otel.SpanKind.INTERNAL,
  server: otel.SpanKind.SERVER,
  client: otel.SpanKind.CLIENT,
  producer: otel.SpanKind.PRODUCER,
  consumer: otel.SpanKind.CONSUMER,
}

/** The part of a tracer provider we read. The api's own one stands in front of the SDK's and knows whether there is one. */
interface Provider {
  getTracer(name: string, version?: string): otel.Tracer
  getDelegate?(): unknown
  getDelegateTracer?(name: string, version?: string): otel.Tracer | undefined
}

let knownDelegate: unknown
let knownTracer: otel.Tracer | undefined

/** The SDK's tracer, or `undefined` where there is no SDK and a span would only cost. */
function currentTracer(): otel.Tracer | undefined {
  const provider = otel.trace.getTracerProvider() as Provider
  const delegate = provider.getDelegate?.() ?? provider
  if (delegate !== knownDelegate) {
    knownDelegate = delegate
    knownTracer =
      provider.getDelegateTracer === undefined
        ? provider.getTracer(scopeName, version)
        : provider.getDelegateTracer(scopeName, version)
  }
  return knownTracer
}

export interface SpanStart {
  readonly kind: ActivitySpanKind | undefined
  readonly startTime: number | Date | undefined
  /** Neither of the two, nor links. */
  readonly plain: boolean
}

type Writable = Record<string, otel.AttributeValue>

/** The names are spelled out, and checked here: V8 makes an object of computed keys several times slower. */
type OwnAttributes = Writable &
  Record<typeof names.module | typeof names.type, string> &
  Partial<Record<typeof names.codeFilePath, string> & Record<typeof names.codeLineNumber, number>>

function ownAttributes({ module, type, startedFrom }: SharedFields): OwnAttributes {
  return startedFrom === undefined
    ? { 'activity.module': module, 'activity.type': type }
    : {
        'activity.module': module,
        'activity.type': type,
        'code.file.path': startedFrom.file,
        'code.line.number': startedFrom.line,
      }
}

function startAttributes(record: ActivityRecord): Writable {
  const attributes: Writable = ownAttributes(record.shared)
  if (record.group !== undefined) attributes[names.group] = record.group
  // Known from now on by its span too. An id that is read later, such as by a subscriber, is on no span.
  if (record.hasId) record.markIdKnown()
  if (record.idIsKnown) attributes[names.id] = record.id
  if (record.origin?.idIsKnown === true || record.remote?.id !== undefined)
    attributes[names.parentId] = record.parentId as string
  if (record.root.type === 'run') {
    attributes[names.runId] = record.rootId
    attributes[names.runName] = record.root.name
  }
  const { details } = record
  if (details !== undefined) {
    if (details.attributes !== undefined) Object.assign(attributes, details.attributes)
    if (details.plan !== undefined) attributes[names.plan] = details.plan
    if (details.attempt !== undefined) attributes[names.attempt] = details.attempt.number
    if (details.severity !== undefined) attributes[names.severity] = details.severity
  }
  return attributes
}

/** Only where the other's ids are known; the relation stays in the activity's `links` in any case. */
function spanLink({ relation, traceId, spanId }: KeptLink): otel.Link[] {
  if (traceId === undefined || spanId === undefined) return []
  return [
    { context: { traceId, spanId, traceFlags: otel.TraceFlags.NONE }, attributes: { [names.linkRelation]: relation } },
  ]
}

function addOptions(options: otel.SpanOptions, record: ActivityRecord, { kind, startTime }: SpanStart): void {
  if (kind !== undefined) options.kind = kinds[kind]
  const links = record.details?.links?.flatMap(spanLink) ?? []
  if (links.length > 0) options.links = links
  if (startTime !== undefined) options.startTime = startTime
}

/** Starts the span of an activity inside its context, and puts it there. Without an SDK nothing happens. */
export function startSpan(record: ActivityRecord, context: ActivityContext, start: SpanStart, faults: Faults): void {
  try {
    const tracer = currentTracer()
    if (tracer === undefined) return noticeDuplicatedApi(faults)
    const options: otel.SpanOptions = { attributes: startAttributes(record) }
    if (!start.plain) addOptions(options, record, start)
    context.starting = true
    const span = tracer.startSpan(record.name, options, context)
    context.starting = false
    // A span that cannot name itself fails here, and not wherever its ids are asked for.
    record.takeSpan(span)
    context.span = span
    ;(span as { [spanRecordKey]?: ActivityRecord })[spanRecordKey] = record
  } catch (error) {
    context.starting = false
    faults.count('tracing.failed', 'startSpan', error)
  }
}

function endAttributes(details: ActivityDetails): Writable {
  const attributes: Writable = {}
  const { progress } = details
  if (details.doing !== undefined) attributes[names.doing] = details.doing
  if (details.did !== undefined) attributes[names.did] = details.did
  if (details.reason !== undefined) attributes[names.reason] = details.reason
  if (details.step !== undefined) attributes[names.step] = details.step
  if (details.result !== undefined)
    attributes[names.result] = typeof details.result === 'string' ? details.result : JSON.stringify(details.result)
  if (details.error !== undefined) attributes[names.errorType] = details.error.type
  if (progress?.done !== undefined) attributes[names.progressDone] = progress.done
  if (progress?.total !== undefined) attributes[names.progressTotal] = progress.total
  if (progress?.percent !== undefined) attributes[names.progressPercent] = progress.percent
  return attributes
}

/** Ends the span of an activity: what it did, how it ended, and with which error. */
export function endSpan(record: ActivityRecord, state: EndedState, faults: Faults): void {
  const span = record.span as otel.Span | undefined
  if (span === undefined) return
  try {
    if (span.isRecording()) {
      span.setAttribute(names.state, state)
      if (record.details !== undefined) span.setAttributes(endAttributes(record.details))
      if (state === 'failed')
        describeFailure(span, record, (record.owner as Partial<Lifecycle>).exceptionsOnSpans !== false)
    }
    span.end()
  } catch (error) {
    faults.count('tracing.failed', 'span.end', error)
  }
}

function describeFailure(span: otel.Span, record: ActivityRecord, withException: boolean): void {
  const error = record.details?.error
  if (error === undefined) {
    span.setStatus({ code: otel.SpanStatusCode.ERROR })
    return
  }
  const { type, message, stack } = error
  span.setStatus({ code: otel.SpanStatusCode.ERROR, message })
  if (withException) span.recordException({ name: type, message, ...(stack === undefined ? {} : { stack }) })
}

/** Passes attributes that were set while the activity runs on to its span. */
export function setSpanAttributes(record: ActivityRecord, attributes: Attributes, faults: Faults): void {
  try {
    ;(record.span as otel.Span | undefined)?.setAttributes(attributes as otel.Attributes)
  } catch (error) {
    faults.count('tracing.failed', 'span.setAttributes', error)
  }
}
