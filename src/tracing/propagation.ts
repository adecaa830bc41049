import * as otel from '@opentelemetry/api'
import type { RemoteActivity, SpanReference } from '../activity/options.js'
import type { ActivityRecord } from '../activity/record.js'
import { carrierField } from '../activity/semantic-conventions.js'
import { type Faults, guarded } from '../base/faults.js'
import type { ActivityContext } from './activity-context.js'

const format = '1'
const maxField = 256

/** `1;<id>;<root id>`, both percent-encoded; the root is left out where it is the activity itself or does not fit. */
function fieldOf(record: ActivityRecord): string | undefined {
  const id = `${format};${encodeURIComponent(record.id)}`
  const withRoot = record.rootId === record.id ? id : `${id};${encodeURIComponent(record.rootId)}`
  return [withRoot, id].find((field) => field.length <= maxField)
}

function traceparentOf({ traceId, spanId, traceFlags }: SpanReference): string {
  return `00-${traceId}-${spanId}-${(traceFlags & 0xff).toString(16).padStart(2, '0')}`
}

/** `Headers` and maps are written and read through their methods, everything else by its properties. */
interface Methods {
  get(name: string): unknown
  set(name: string, value: string): unknown
}

function hasMethods(carrier: object): carrier is Methods {
  const { get, set } = carrier as Partial<Methods>
  return typeof get === 'function' && typeof set === 'function'
}

const setter: otel.TextMapSetter<object> = {
  set(carrier, name, value) {
    if (hasMethods(carrier)) carrier.set(name, value)
    else (carrier as Record<string, unknown>)[name] = value
  },
}

function fieldIn(carrier: object, name: string): unknown {
  return hasMethods(carrier) ? carrier.get(name) : (carrier as Record<string, unknown>)[name]
}

/** Writes the W3C fields and the field `underway`. What the global propagator does not write is written here. */
export function injectActivity(
  record: ActivityRecord,
  context: ActivityContext | undefined,
  carrier: object,
  faults: Faults,
): void {
  guarded(faults, 'propagation.failed', 'inject', undefined, () => {
    const before = fieldIn(carrier, 'traceparent')
    if (context !== undefined)
      guarded(faults, 'propagation.failed', 'inject', undefined, () =>
        otel.propagation.inject(context, carrier, setter),
      )
    // Headers that came in may be passed on: an older field is not what the propagator wrote.
    if (fieldIn(carrier, 'traceparent') === before)
      setter.set(carrier, 'traceparent', traceparentOf(record.spanReference()))
    const field = fieldOf(record)
    if (field !== undefined) setter.set(carrier, carrierField, field)
  })
}

// Version 00 ends with the flags; later ones may go on.
const traceparentPattern = /^(00(?=.{53}$)|(?!00|ff)[\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-.*)?$/

function header(carrier: object, name: string): string | undefined {
  const value = fieldIn(carrier, name)
  const first: unknown = Array.isArray(value) ? value[0] : value
  return typeof first === 'string' && first.length <= 8_192 ? first.trim() : undefined
}

function spanIn(carrier: object): SpanReference | undefined {
  const match = traceparentPattern.exec(header(carrier, 'traceparent') ?? '')
  const [, , traceId, spanId, flags] = match ?? []
  if (traceId === undefined || spanId === undefined || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  return { traceId, spanId, traceFlags: Number.parseInt(flags ?? '0', 16) }
}

function idsIn(carrier: object): { readonly id?: string; readonly rootId?: string } {
  const field = header(carrier, carrierField) ?? ''
  const [version, id, root] = field.split(';')
  if (field.length > maxField || version !== format || id === undefined || id === '') return {}
  try {
    const rootId = root === undefined || root === '' ? undefined : decodeURIComponent(root)
    return { id: decodeURIComponent(id), ...(rootId === undefined ? {} : { rootId }) }
  } catch {
    // A field that was damaged on its way does not cost the trace.
    return {}
  }
}

/**
 * Reads from headers which activity they came from, for `parent` or `from`. `undefined` if they name none; unknown
 * versions and fields are ignored; never throws.
 */
export function extract(carrier: unknown): RemoteActivity | undefined {
  if (typeof carrier !== 'object' || carrier === null) return undefined
  try {
    const span = spanIn(carrier)
    const ids = idsIn(carrier)
    if (span === undefined && ids.id === undefined) return undefined
    const traceState = header(carrier, 'tracestate')
    return { ...span, ...ids, ...(traceState === undefined ? {} : { traceState }) }
  } catch {
    return undefined
  }
}

/** A span that stands for one in another process, as a parent for ours. */
export function remoteSpan(remote: RemoteActivity): otel.Span | undefined {
  const { traceId, spanId, traceFlags = 0, traceState } = remote
  if (traceId === undefined || spanId === undefined || !otel.isValidTraceId(traceId) || !otel.isValidSpanId(spanId))
    return undefined
  const reference = { traceId, spanId, traceFlags, isRemote: true }
  return otel.trace.wrapSpanContext(
    traceState === undefined ? reference : { ...reference, traceState: otel.createTraceState(traceState) },
  )
}
