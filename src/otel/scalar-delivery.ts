import { bounds } from '../activity/bounds.js'

/** What one attempt to export came to. */
export type ScalarAnswer =
  | { readonly kind: 'delivered' }
  /** The same request would be refused again. */
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'retry'; readonly why: string; readonly afterMillis?: number }

/** The part of a metric exporter of the SDK that is called; it fits 2.x and 3.x. It must write protobuf: as JSON, NaN and the infinities are lost. */
export interface ScalarExporter {
  // The SDK's own shape, which this room does not know by name.
  export(metrics: never, done: (result: { readonly code: number; readonly error?: unknown }) => void): void
  shutdown(): Promise<void>
}

/** HTTP: what is in the request is wrong, or too much. gRPC: invalid argument, out of range. */
const refusals: ReadonlySet<unknown> = new Set([400, 413, 422, 3, 11])

/** Whatever an exporter answers: no credentials, a wrong address and the like may be mended while points wait. */
export function answerOf(result: { readonly code: number; readonly error?: unknown } | undefined): ScalarAnswer {
  try {
    return result?.code === 0 ? { kind: 'delivered' } : failureOf(result?.error)
  } catch {
    return { kind: 'retry', why: 'the export failed, and why cannot be read' }
  }
}

function failureOf(error: unknown): ScalarAnswer {
  if (typeof error !== 'object' || error === null) return { kind: 'retry', why: 'the export failed' }
  const { message, code, retryAfterMillis } = error as { [key in 'message' | 'code' | 'retryAfterMillis']?: unknown }
  const why = typeof message === 'string' && message !== '' ? message.slice(0, bounds.message) : 'the export failed'
  if (refusals.has(code)) return { kind: 'refused', why: `${why} (${String(code)})` }
  return typeof retryAfterMillis === 'number' && retryAfterMillis > 0
    ? { kind: 'retry', why, afterMillis: retryAfterMillis }
    : { kind: 'retry', why }
}
