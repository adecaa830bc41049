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
  readonly name: string
  readonly spanId: string
  /** Name of the parent, `undefined` for the root. */
  readonly parent: string | undefined
  readonly tags: Readonly<Record<string, unknown>>
  /** Its events, one record of fields each. */
  readonly events: readonly Readonly<Record<string, unknown>>[]
}

/** The spans of one trace by name. Rejects where Jaeger does not know the trace. */
export async function readTrace(jaegerUrl: string, traceId: string): Promise<Map<string, ShownSpan>> {
  const answer = (await getJson(`${jaegerUrl}/api/traces/${traceId}`)) as {
    data: readonly { spans: readonly JaegerSpan[] }[]
  }
  const spans = answer.data[0]?.spans ?? []
  const names = new Map(spans.map((span) => [span.spanID, span.operationName]))
  const shown = spans.map((span): ShownSpan => {
    const parentId = span.references.find((reference) => reference.refType === 'CHILD_OF')?.spanID
    return {
      name: span.operationName,
      spanId: span.spanID,
      parent: parentId === undefined ? undefined : (names.get(parentId) ?? `unknown ${parentId}`),
      tags: toRecord(span.tags),
      events: span.logs.map(({ fields }) => toRecord(fields)),
    }
  })
  return new Map(shown.map((span) => [span.name, span]))
}

function toRecord(tags: readonly Tag[]): Record<string, unknown> {
  return Object.fromEntries(tags.map(({ key, value }) => [key, value]))
}
