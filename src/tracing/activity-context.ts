import * as otel from '@opentelemetry/api'
import type { ActivityRecord } from '../activity/record.js'

/** The context key of the current activity; all copies of the package share it. */
export const activityKey: symbol = otel.createContextKey('underway.activity/1')

/** The context key of the active span, learned from the api itself by letting it write into a context of ours. */
function learnSpanKey(): symbol {
  let learned = activityKey
  const spy: otel.Context = {
    getValue: () => undefined,
    setValue(key) {
      learned = key
      return spy
    },
    deleteValue: () => spy,
  }
  otel.trace.setSpan(spy, otel.trace.wrapSpanContext(otel.INVALID_SPAN_CONTEXT))
  return learned
}

const spanKey = learnSpanKey()

/** Under this key a span of ours holds its record, so that a span that was carried to another context leads to it. */
export const spanRecordKey: unique symbol = Symbol.for('underway.span.record/1') as never
const baseKey: unique symbol = Symbol.for('underway.context.base/1') as never

/**
 * A context that holds an activity and its span over some base. Flat: its base is never another of its kind, so code
 * that reschedules itself for ever does not grow a chain of contexts.
 */
export class ActivityContext implements otel.Context {
  readonly [baseKey]: otel.Context
  readonly record: ActivityRecord | undefined
  /** While the activity's span is being started, the span above it. */
  span: otel.Span | undefined
  /** True just while the SDK starts the span of this activity; processors recognise it by that. */
  starting = false
  /** It was entered both here and in our own storage: only the former counts once the manager is proven. */
  inBoth = false

  constructor(over: otel.Context, span: otel.Span | undefined, record: ActivityRecord | undefined) {
    this[baseKey] = (over as Partial<ActivityContext>)[baseKey] ?? over
    this.span = span
    this.record = record
  }

  getValue(key: symbol): unknown {
    if (key === spanKey) return this.span
    if (key === activityKey) return this.record
    return this[baseKey].getValue(key)
  }

  setValue(key: symbol, value: unknown): otel.Context {
    if (key === spanKey) return new ActivityContext(this[baseKey], value as otel.Span, this.record)
    if (key === activityKey) return new ActivityContext(this[baseKey], this.span, value as ActivityRecord)
    return new ActivityContext(this[baseKey].setValue(key, value), this.span, this.record)
  }

  deleteValue(key: symbol): otel.Context {
    if (key === spanKey) return new ActivityContext(this[baseKey], undefined, this.record)
    if (key === activityKey) return new ActivityContext(this[baseKey], this.span, undefined)
    return new ActivityContext(this[baseKey].deleteValue(key), this.span, this.record)
  }
}
