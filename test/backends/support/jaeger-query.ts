import { getJson } from './http.js'

interface Tag {
  readonly key: string
  readonly value: unknown
}

interface JaegerSpan {
  readonly spanID: string
  readonly operationName: string
  readonly references: readonly { readonly refType: string; readonly spanID: string }[]
  readonly tags: readonly Tag[]
  readonly logs: readonly { readonly fields: readonly Tag[] }[]
}

/** A span as Jaeger shows it. */
export interface ShownSpan {
  readonly id: string
  readonly name: string
  /** Name of the parent, `undefined` for the root. */
  readonly parent: string | undefined
  readonly tags: Readonly<Record<string, unknown>>
  /** Its events, one record of fields each. */
  readonly events: readonly Readonly<Record<string, unknown>>[]
}

interface Answer {
  readonly data: readonly { readonly spans: readonly JaegerSpan[] }[]
}

/** The spans of one trace by name; names must differ. Rejects where Jaeger does not know the trace. */
export async function readTrace(jaegerUrl: string, traceId: string): Promise<Map<string, ShownSpan>> {
  const { data } = (await getJson(`${jaegerUrl}/api/traces/${traceId}`)) as Answer
  return new Map(show(data[0]?.spans ?? []).map((span) => [span.name, span]))
}

/** The traces of a service, each a list of spans. */
export async function findTraces(jaegerUrl: string, service: string): Promise<ShownSpan[][]> {
  const url = new URL('/api/traces', jaegerUrl)
  url.search = String(new URLSearchParams({ service, lookback: '1h', limit: '20' }))
  const { data } = (await getJson(url)) as Answer
  return data.map(({ spans }) => show(spans))
}

function show(spans: readonly JaegerSpan[]): ShownSpan[] {
  const names = new Map(spans.map((span) => [span.spanID, span.operationName]))
  return spans.map((span) => {
    const parentId = span.references.find(({ refType }) => refType === 'CHILD_OF')?.spanID
    return {
      id: span.spanID,
      name: span.operationName,
      parent: parentId === undefined ? undefined : (names.get(parentId) ?? `unknown ${parentId}`),
      tags: toRecord(span.tags),
      events: span.logs.map(({ fields }) => toRecord(fields)),
    }
  })
}

function toRecord(tags: readonly Tag[]): Record<string, unknown> {
  return Object.fromEntries(tags.map(({ key, value }) => [key, value]))
}
