import * as otel from '@opentelemetry/api'
import { detached } from './current.js'

/** The key under which the SDK looks whether tracing is switched off; `suppressTracing` of `@opentelemetry/core` sets it. */
const suppressKey = otel.createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING')
const ownWorkKey = otel.createContextKey('underway.own_work/1')

/** A context of our own work: without activity and span, with tracing suppressed, and marked. */
const ownWorkContext: otel.Context = otel.ROOT_CONTEXT.setValue(suppressKey, true).setValue(ownWorkKey, true)

/**
 * Runs work of this package itself, such as an export or a health check, so that nothing in it becomes a span or
 * belongs to an activity: outside of any activity, with tracing suppressed, and marked.
 */
export function asOwnWork<T>(work: () => T): T {
  return detached(() => otel.context.with(ownWorkContext, work))
}

/** Whether a context is that of work which this package does for itself. */
export function isOwnWork(context: otel.Context): boolean {
  return context.getValue(ownWorkKey) === true
}

/** A context of our own work that names a span, for a log record that belongs to it. */
export function ownWorkContextFor(
  span: { readonly traceId: string; readonly spanId: string; readonly traceFlags: number } | undefined,
): otel.Context {
  return span === undefined
    ? ownWorkContext
    : otel.trace.setSpan(ownWorkContext, otel.trace.wrapSpanContext({ ...span, isRemote: false }))
}
