import { CopiedError } from '../activity/error-info.js'
import type { SpanReference } from '../activity/options.js'
import type { ActivityRecord } from '../activity/record.js'
import { spanRecordKey } from '../tracing/activity-context.js'

/** The parts of an SDK span we read; fits 2.x and 3.x. */
export interface ForeignSpan {
  readonly name: string
  /** `SpanKind` of the api: 0 internal, 1 server, 2 client, 3 producer, 4 consumer. */
  readonly kind: number
  readonly attributes: Readonly<Record<string, unknown>>
  readonly instrumentationScope?: { readonly name: string }
  spanContext(): SpanReference
}

/** The parts of an ended SDK span we read. */
export interface EndedForeignSpan extends ForeignSpan {
  readonly status: { readonly code: number; readonly message?: string }
  readonly events: readonly {
    readonly name: string
    readonly attributes?: Readonly<Record<string, unknown>> | undefined
  }[]
}

/** The span leads to its activity, never the other way round: a registry entry must not keep a span of others alive. */
type Marked = { [spanRecordKey]?: ActivityRecord }

export function markSpan(span: object, record: ActivityRecord): void {
  ;(span as Marked)[spanRecordKey] = record
}

export function activityOf(span: object): ActivityRecord | undefined {
  return (span as Marked)[spanRecordKey]
}

const errorStatus = 2

/** What went wrong, from the exception that was recorded, else from the status; `undefined` if nothing did. */
export function failureOf(span: EndedForeignSpan): CopiedError | undefined {
  if (span.status.code !== errorStatus) return undefined
  const recorded = span.events.findLast((event) => event.name === 'exception')?.attributes
  const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
  const messages = [text(recorded?.['exception.message']), text(span.status.message)].filter(
    (said) => said !== undefined,
  )
  return new CopiedError({
    type: text(recorded?.['exception.type']) ?? text(span.attributes['error.type']) ?? httpStatus(span),
    messages: [messages[0] ?? `${span.name} failed`, ...messages.slice(1)],
    stack: text(recorded?.['exception.stacktrace']),
  })
}

/** Instrumentations for SDK 2.x do not repeat the status of a failed answer as `error.type`. */
function httpStatus({ attributes }: EndedForeignSpan): string | undefined {
  const status = attributes['http.response.status_code'] ?? attributes['http.status_code']
  return typeof status === 'number' && status >= 400 ? String(status) : undefined
}
