import type { Span } from '@opentelemetry/api'
import type { Surroundings, Work } from '../workload.ts'
import { activitiesPerIteration, module, nested, type, type Wrap } from './functions.ts'

/** Spans written by hand, as a careful user would: ended whatever happens, with the error on them. */
export async function setup({ packages, variant, registerSdk }: Surroundings): Promise<Work> {
  const sdk = await registerSdk()
  const { trace, SpanStatusCode } = await packages.api()
  const tracer = trace.getTracer('bench')
  const file = import.meta.filename

  function failed(span: Span, error: unknown): void {
    span.setAttribute('activity.state', 'failed')
    span.recordException(error as Error)
    span.setStatus({ code: SpanStatusCode.ERROR })
  }

  const start = <R>(name: string, line: number, fn: (span: Span) => R): R => {
    const attributes = {
      'activity.module': module,
      'activity.type': type,
      'code.file.path': file,
      'code.line.number': line,
    }
    return tracer.startActiveSpan(name, { attributes }, fn)
  }

  const wrapSync: Wrap = (name, line, fn) =>
    ((n: number) =>
      start(name, line, (span) => {
        try {
          const value = fn(n)
          span.setAttribute('activity.state', 'completed')
          return value
        } catch (error) {
          failed(span, error)
          throw error
        } finally {
          span.end()
        }
      })) as typeof fn

  const wrapAsync: Wrap = (name, line, fn) =>
    ((n: number) =>
      start(name, line, async (span) => {
        try {
          const value = await fn(n)
          span.setAttribute('activity.state', 'completed')
          return value
        } catch (error) {
          failed(span, error)
          throw error
        } finally {
          span.end()
        }
      })) as typeof fn

  return {
    iteration: nested(variant.async === true, variant.async === true ? wrapAsync : wrapSync),
    expected: (iterations) => ({ exported: iterations * activitiesPerIteration, nested: iterations }),
    async counted() {
      await sdk?.flush()
      return sdk?.counted() ?? {}
    },
  }
}
