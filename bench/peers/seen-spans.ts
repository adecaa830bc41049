import type { SeenSpan } from '../../src/testing/index.ts'

/** The part of a finished SDK span that is looked at; fits both lines. */
export interface FinishedSpan {
  readonly name: string
  readonly status: { readonly code: number }
  readonly events: readonly { readonly name: string; readonly attributes?: Readonly<Record<string, unknown>> }[]
  readonly parentSpanContext?: { readonly spanId: string } | undefined
  spanContext(): { readonly spanId: string }
}

const errorStatus = 2

/** Spans as the suite wants them, with parents by name. */
export function seenSpans(spans: readonly FinishedSpan[], nameOf: (spanId: string) => string | undefined): SeenSpan[] {
  return spans.map((span) => ({
    name: span.name,
    parent: span.parentSpanContext === undefined ? undefined : nameOf(span.parentSpanContext.spanId),
    failed: span.status.code === errorStatus,
    exceptions: span.events
      .filter(({ name }) => name === 'exception')
      .map(({ attributes }) => String(attributes?.['exception.message'])),
  }))
}
