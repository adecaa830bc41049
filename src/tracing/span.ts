import * as otel from '@opentelemetry/api'
import type { ActivitySpanKind, KeptLink } from '../activity/options.js'
import type { ActivityDetails, ActivityRecord } from '../activity/record.js'
import { attributeNames as names, scopeName } from '../activity/semantic-conventions.js'
import type { EndedState } from '../activity/states.js'
import type { Attributes } from '../activity/values.js'
import type { Faults } from '../base/faults.js'
import { version } from '../base/version.js'
import type { Lifecycle } from '../tracker/lifecycle.js'
import { type ActivityContext, spanRecordKey } from './activity-context.js'
import { noticeDuplicatedApi, type Registered, registered } from './registered.js'

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

let knownEntry: unknown
let knownProvider: Provider
let knownDelegate: unknown
let knownTracer: otel.Tracer | undefined

/** The SDK's tracer, or `undefined` where our copy of the api does not see that SDK and a span would only cost. */
function tracerOf(entry: otel.TracerProvider): otel.Tracer | undefined {
  // The api would look it up for every span, and compare the versions of its copies.
  if (entry !== knownEntry) {
    knownEntry = entry
    knownProvider = otel.trace.getTracerProvider() as Provider
  }
  const provider = knownProvider
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

/** What only some activities have from the start on. */
function furtherAttributes(record: ActivityRecord): Writable | undefined {
  const { details, group } = record
  const idIsKnown = record.hasId
  const parentIsKnown = record.origin?.idIsKnown === true || record.remote?.id !== undefined
  const isInRun = record.root.type === 'run'
  if (details === undefined && group === undefined && !idIsKnown && !parentIsKnown && !isInRun) return undefined
  const attributes: Writable = {}
  if (group !== undefined) attributes[names.group] = group
  if (idIsKnown) {
    // Known from now on by its span too. An id that is read later, such as by a subscriber, is on no span.
    record.markIdKnown()
    attributes[names.id] = record.id
  }
  if (parentIsKnown) attributes[names.parentId] = record.parentId as string
  if (isInRun) {
    attributes[names.runId] = record.rootId
    attributes[names.runName] = record.root.name
  }
  if (details === undefined) return attributes
  Object.assign(attributes, details.attributes)
  if (details.plan !== undefined) attributes[names.plan] = details.plan
  if (details.attempt !== undefined) attributes[names.attempt] = details.attempt.number
  if (details.severity !== undefined) attributes[names.severity] = details.severity
  return attributes
}

/** What the span of an activity carries from its start on, for a sampler that asks before there is a span. */
export function startAttributes(record: ActivityRecord): Readonly<Writable> {
  const { module, type, startedFrom } = record.shared
  return {
    [names.module]: module,
    [names.type]: type,
    ...(startedFrom === undefined
      ? {}
      : { [names.codeFilePath]: startedFrom.file, [names.codeLineNumber]: startedFrom.line }),
    ...furtherAttributes(record),
  }
}

type OwnSpan = otel.Span & { [spanRecordKey]?: ActivityRecord }

/**
 * Gives a span that has just started the attributes of its activity, and marks it as that activity's; the second time
 * nothing happens. Not in the options of the start, where the SDK cleans each of them twice, which takes longer than
 * anything else that is done here.
 */
export function describeSpan(span: OwnSpan, record: ActivityRecord): void {
  if (span[spanRecordKey] === record) return
  span[spanRecordKey] = record
  if (!span.isRecording()) return
  const { module, type, startedFrom } = record.shared
  span.setAttribute(names.module, module)
  span.setAttribute(names.type, type)
  if (startedFrom !== undefined) {
    span.setAttribute(names.codeFilePath, startedFrom.file)
    span.setAttribute(names.codeLineNumber, startedFrom.line)
  }
  const further = furtherAttributes(record)
  if (further !== undefined) span.setAttributes(further)
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

/**
 * Starts the span of an activity inside its context, and puts it there. Without an SDK nothing happens.
 *
 * @param there what is registered
 */
export function startSpan(
  record: ActivityRecord,
  context: ActivityContext,
  start: SpanStart,
  faults: Faults,
  there: Registered | undefined = registered(),
): void {
  try {
    const entry = there?.trace
    if (entry === undefined) return
    const tracer = tracerOf(entry)
    if (tracer === undefined) return noticeDuplicatedApi(faults)
    const options: otel.SpanOptions = {}
    if (!start.plain) addOptions(options, record, start)
    context.starting = true
    const span = tracer.startSpan(record.name, options, context)
    context.starting = false
    // A span that cannot name itself fails here, and not wherever its ids are asked for.
    record.takeSpan(span, start.plain || start.startTime === undefined)
    context.span = span
    describeSpan(span, record)
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

/** In milliseconds; `undefined` where it is none. */
function millisOf(duration: unknown): number | undefined {
  const parts = duration as readonly unknown[]
  const seconds = parts[0]
  const nanoseconds = parts[1]
  if (typeof seconds !== 'number' || typeof nanoseconds !== 'number' || seconds < 0) return undefined
  return seconds * 1_000 + nanoseconds / 1_000_000
}

/**
 * Ends the span of an activity: what it did, how it ended, and with which error.
 *
 * @returns how long the span took, in milliseconds, if it measures that and had not been ended before
 */
export function endSpan(record: ActivityRecord, state: EndedState, faults: Faults): number | undefined {
  const span = record.span as otel.Span | undefined
  if (span === undefined) return undefined
  try {
    const recording = span.isRecording()
    if (recording) {
      span.setAttribute(names.state, state)
      if (record.details !== undefined) span.setAttributes(endAttributes(record.details))
      if (state === 'failed')
        describeFailure(span, record, (record.owner as Partial<Lifecycle>).exceptionsOnSpans !== false)
    }
    span.end()
    return recording && record.timedBySpan ? millisOf(record.span?.duration) : undefined
  } catch (error) {
    faults.count('tracing.failed', 'span.end', error)
    return undefined
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
