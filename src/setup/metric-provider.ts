import * as otel from '@opentelemetry/api'
import { systemClock } from '../base/clock.js'
import type { Environment } from './environment.js'
import { Pipeline } from './pipeline.js'
import { PrometheusEndpoint } from './prometheus-endpoint.js'
import type { Ingredients, Running } from './running.js'
import { ScalarOutlet } from './scalar-outlet.js'
import type { MetricReader, MetricsPackage, TransformerPackage } from './sdk-shapes.js'

/** A metric payload is everything of one collection, so a few of them are many. */
const metricQueue = { maxQueueSize: 16, maxBatchSize: 1, delayMillis: 0 }

export function startMetrics(ingredients: Ingredients): Running<otel.MeterProvider> | undefined {
  const {
    sdk: { metrics: sdk, transformer },
    environment,
    exporters,
    resource,
    senderTo,
  } = ingredients
  if (sdk === undefined) return undefined
  const pipeline = exporters.includes('otlp')
    ? new Pipeline<Uint8Array>(senderTo(environment.targets.metrics), metricQueue, systemClock, ([payload]) => payload)
    : undefined
  const scalars = pipeline === undefined ? undefined : new ScalarOutlet(ingredients)
  const readers = [
    ...(pipeline === undefined ? [] : [otlpExporter(pipeline, environment, sdk, transformer)]),
    ...(exporters.includes('console') ? [new sdk.ConsoleMetricExporter()] : []),
  ].map(
    (exporter) =>
      new sdk.PeriodicExportingMetricReader({
        exporter,
        exportIntervalMillis: environment.metricIntervalMillis,
        exportTimeoutMillis: environment.metricTimeoutMillis,
      }),
  )
  const pulled = exporters.includes('prometheus') ? pullReader(sdk) : undefined
  const others = [scalars?.reader, pulled].filter((reader) => reader !== undefined)
  const provider = new sdk.MeterProvider({ resource, readers: [...readers, ...others] })
  if (!otel.metrics.setGlobalMeterProvider(provider)) {
    scalars?.close()
    return undefined
  }
  const endpoint = pulled === undefined ? undefined : new PrometheusEndpoint(pulled, environment.pullTarget)
  return {
    provider,
    outlet: pipeline,
    scalars,
    endpoint,
    unregister: () => {
      endpoint?.close()
      otel.metrics.disable()
    },
  }
}

/** Collects when it is asked, cumulatively and with the buckets of the instruments, as the text format wants it. */
function pullReader({ MetricReader }: MetricsPackage): MetricReader {
  class PullReader extends MetricReader {
    async onForceFlush(): Promise<void> {}
    async onShutdown(): Promise<void> {}
  }
  return new PullReader({})
}

/** The reader waits for its exporter with a timer that keeps the process alive, so it is answered at once. */
function otlpExporter(
  { queue }: Pipeline<Uint8Array>,
  { targets, temporality, histograms }: Environment,
  sdk: MetricsPackage,
  { JsonMetricsSerializer, ProtobufMetricsSerializer }: TransformerPackage,
): object {
  const serializer = targets.metrics.protocol === 'http/json' ? JsonMetricsSerializer : ProtobufMetricsSerializer
  return {
    export(metrics: object, done: (result: { code: number }) => void): void {
      const payload = serializer.serializeRequest(metrics)
      if (payload !== undefined) queue.add(payload)
      done({ code: 0 })
    },
    selectAggregationTemporality: temporalitySelector(temporality, sdk),
    selectAggregation: aggregationSelector(histograms, sdk),
    async forceFlush(): Promise<void> {},
    async shutdown(): Promise<void> {},
  }
}

/** As the specification of the OTLP metric exporter lists them. */
function temporalitySelector(
  preference: Environment['temporality'],
  { AggregationTemporality: { DELTA, CUMULATIVE } }: MetricsPackage,
): (instrument: string) => number {
  const deltas: readonly string[] = {
    cumulative: [],
    delta: ['COUNTER', 'OBSERVABLE_COUNTER', 'GAUGE', 'HISTOGRAM', 'OBSERVABLE_GAUGE'],
    lowmemory: ['COUNTER', 'HISTOGRAM'],
  }[preference]
  return (instrument) => (deltas.includes(instrument) ? DELTA : CUMULATIVE)
}

function aggregationSelector(
  histograms: Environment['histograms'],
  { AggregationType: { DEFAULT, EXPONENTIAL_HISTOGRAM } }: MetricsPackage,
): (instrument: string) => { readonly type: number } {
  const ofHistograms = histograms === 'base2_exponential_bucket_histogram' ? EXPONENTIAL_HISTOGRAM : DEFAULT
  return (instrument) => ({ type: instrument === 'HISTOGRAM' ? ofHistograms : DEFAULT })
}
