import { getJson } from './http.js'

interface Tag {
  readonly key: string
  readonly value: unknown
}

interface JaegerSpan {
  readonly spanID: string
  readonly operationName: string
  readonly references: readonly { readonly refType: string; readonly spanID: string }[]
  readonly processID: string
  readonly tags: readonly Tag[]
  readonly logs: readonly { readonly fields: readonly Tag[] }[]
}

/** A span as Jaeger shows it. */
export interface ShownSpan {
  readonly id: string
  /** `service.instance.id` of its process. */
  readonly instance: unknown
  readonly name: string
  /** Name of the parent, `undefined` for the root. */
  readonly parent: string | undefined
  readonly tags: Readonly<Record<string, unknown>>
  /** Those of its process. */
  readonly processTags: Readonly<Record<string, unknown>>
  /** Its events, one record of fields each. */
  readonly events: readonly Readonly<Record<string, unknown>>[]
}

interface JaegerTrace {
  readonly spans: readonly JaegerSpan[]
  readonly processes: Readonly<Record<string, { readonly tags: readonly Tag[] }>>
}

interface Answer {
  readonly data: readonly JaegerTrace[]
}

/** The spans of one trace by name; names must differ. Rejects where Jaeger does not know the trace. */
export async function readTrace(jaegerUrl: string, traceId: string): Promise<Map<string, ShownSpan>> {
  const { data } = (await getJson(`${jaegerUrl}/api/traces/${traceId}`)) as Answer
  return new Map(
    data
      .slice(0, 1)
      .flatMap(show)
      .map((span) => [span.name, span]),
  )
}

/** The traces of a service, each a list of spans. */
export async function findTraces(jaegerUrl: string, service: string): Promise<ShownSpan[][]> {
  const url = new URL('/api/traces', jaegerUrl)
  url.search = String(new URLSearchParams({ service, lookback: '1h', limit: '20' }))
  const { data } = (await getJson(url)) as Answer
  return data.map(show)
}

function show({ spans, processes }: JaegerTrace): ShownSpan[] {
  const names = new Map(spans.map((span) => [span.spanID, span.operationName]))
  return spans.map((span) => {
    const parentId = span.references.find(({ refType }) => refType === 'CHILD_OF')?.spanID
    const processTags = toRecord(processes[span.processID]?.tags ?? [])
    return {
      id: span.spanID,
      instance: processTags['service.instance.id'],
      name: span.operationName,
      parent: parentId === undefined ? undefined : (names.get(parentId) ?? `unknown ${parentId}`),
      tags: toRecord(span.tags),
      processTags,
      events: span.logs.map(({ fields }) => toRecord(fields)),
    }
  })
}

function toRecord(tags: readonly Tag[]): Record<string, unknown> {
  return Object.fromEntries(tags.map(({ key, value }) => [key, value]))
}
