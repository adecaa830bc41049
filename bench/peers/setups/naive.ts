import type { Span } from '@opentelemetry/api'
import type { PushMetricExporter } from '@opentelemetry/sdk-metrics'
import { activitiesPerIteration, module, nested, type, type Wrap } from '../../variants/functions.ts'
import type { Surroundings, Work } from '../../workload.ts'
import { spansOf } from './spans.ts'

/** Remembers how many values the histogram had when it was last exported. */
function metricsCounter(): { readonly exporter: PushMetricExporter; recorded(): number } {
  let recorded = 0
  const exporter: PushMetricExporter = {
    export({ scopeMetrics }, done) {
      recorded = 0
      for (const { metrics } of scopeMetrics)
        for (const { dataPoints } of metrics)
          for (const { value } of dataPoints) recorded += (value as { readonly count: number }).count
      done({ code: 0 })
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
  return { exporter, recorded: () => recorded }
}

/** What one writes by hand around every function: a span with attributes, status and exception, and a histogram. */
export async function setup({ packages, variant, registerSdk }: Surroundings): Promise<Work> {
  const sdk = await registerSdk()
  const { trace, SpanStatusCode } = await packages.api()
  const { MeterProvider, PeriodicExportingMetricReader } = await packages.metrics()
  const { exporter, recorded } = metricsCounter()
  const meters = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] })
  const seconds = meters.getMeter('bench').createHistogram('work.duration', { unit: 's' })
  const tracer = trace.getTracer('bench')
  const file = import.meta.filename

  const start = <R>(name: string, line: number, fn: (span: Span) => R): R => {
    return tracer.startActiveSpan(name, (span) => {
      span.setAttributes({
        'activity.module': module,
        'activity.type': type,
        'code.file.path': file,
        'code.line.number': line,
      })
      return fn(span)
    })
  }
  const failed = (span: Span, error: unknown): void => {
    span.recordException(error as Error)
    span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) })
  }
  const finish = (span: Span, name: string, state: string, since: number): void => {
    span.setAttribute('activity.state', state)
    span.end()
    seconds.record((performance.now() - since) / 1_000, { module, name, state })
  }

  const wrapSync: Wrap = (name, line, fn) =>
    ((n: number) =>
      start(name, line, (span) => {
        const since = performance.now()
        let state = 'failed'
        try {
          const value = fn(n)
          span.setStatus({ code: SpanStatusCode.OK })
          state = 'completed'
          return value
        } catch (error) {
          failed(span, error)
          throw error
        } finally {
          finish(span, name, state, since)
        }
      })) as typeof fn

  const wrapAsync: Wrap = (name, line, fn) =>
    ((n: number) =>
      start(name, line, async (span) => {
        const since = performance.now()
        let state = 'failed'
        try {
          const value = await fn(n)
          span.setStatus({ code: SpanStatusCode.OK })
          state = 'completed'
          return value
        } catch (error) {
          failed(span, error)
          throw error
        } finally {
          finish(span, name, state, since)
        }
      })) as typeof fn

  const { expected, counted } = spansOf(sdk)
  return {
    iteration: nested(variant.async === true, variant.async === true ? wrapAsync : wrapSync),
    expected: (iterations) => ({ ...expected(iterations), recorded: iterations * activitiesPerIteration }),
    async counted() {
      await meters.forceFlush()
      return { ...(await counted()), recorded: recorded() }
    },
  }
}
