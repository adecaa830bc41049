import * as otel from '@opentelemetry/api'
import { systemClock } from '../base/clock.js'
import { ActivitySpanProcessor } from '../otel/activity-span-processor.js'
import type { ActivityTracker } from '../tracker/tracker.js'
import type { Environment } from './environment.js'
import { isRegistered } from './globals.js'
import type { Signal } from './otlp-environment.js'
import { type Outlet, Pipeline } from './pipeline.js'
import { samplerOf } from './sampler.js'
import type { Sdk } from './sdk.js'
import type { LoggerProvider, MetricsPackage, Provider, ResourceLike } from './sdk-shapes.js'
import { LogQueueProcessor, type SampledSpan, SpanQueueProcessor } from './span-queue.js'

/** A provider of ours that is registered, and the way from it to the collector. */
export interface Running<P = unknown> {
  readonly provider: P & Provider
  readonly outlet: Outlet
  /** Takes the registration back. */
  unregister(): void
}

interface Ingredients {
  readonly sdk: Sdk
  readonly environment: Environment
  readonly resource: ResourceLike
  readonly tracker: ActivityTracker
}

/** Each returns `undefined` if a provider was registered in the meantime. */
export const providers = { traces: startTraces, metrics: startMetrics, logs: startLogs } as const satisfies Readonly<
  Record<Signal, (ingredients: Ingredients) => Running | undefined>
>

function startTraces({ sdk, environment, resource, tracker }: Ingredients): Running<otel.TracerProvider> | undefined {
  if (sdk.traces === undefined) return undefined
  const { ProtobufTraceSerializer } = sdk.transformer
  const pipeline = new Pipeline<SampledSpan>(environment.targets.traces, environment.spanQueue, systemClock, (batch) =>
    ProtobufTraceSerializer.serializeRequest(batch),
  )
  const provider = new sdk.traces.TracerProvider({
    resource,
    sampler: samplerOf(environment.sampler, sdk.traces),
    spanLimits: environment.spanLimits,
    spanProcessors: [new ActivitySpanProcessor({ tracker }), new SpanQueueProcessor(pipeline.queue)],
  })
  if (!otel.trace.setGlobalTracerProvider(provider)) return undefined
  registerContext(sdk, environment)
  return { provider, outlet: pipeline, unregister: () => otel.trace.disable() }
}

function registerContext(sdk: Sdk, { propagators }: Environment): void {
  if (!isRegistered('context')) {
    const manager = new sdk.context.AsyncLocalStorageContextManager()
    manager.enable()
    otel.context.setGlobalContextManager(manager)
  }
  if (isRegistered('propagation') || propagators.includes('none')) return
  const { CompositePropagator, W3CTraceContextPropagator, W3CBaggagePropagator } = sdk.core
  otel.propagation.setGlobalPropagator(
    new CompositePropagator({
      propagators: propagators.map((name) =>
        name === 'baggage' ? new W3CBaggagePropagator() : new W3CTraceContextPropagator(),
      ),
    }),
  )
}

/** A metric payload is everything of one collection, so a few of them are many. */
const metricQueue = { maxQueueSize: 16, maxBatchSize: 1, delayMillis: 0 }

function startMetrics({ sdk, environment, resource }: Ingredients): Running<otel.MeterProvider> | undefined {
  if (sdk.metrics === undefined) return undefined
  const { ProtobufMetricsSerializer } = sdk.transformer
  // The reader waits for its exporter with a timer that keeps the process alive, so it is answered at once.
  const pipeline = new Pipeline<Uint8Array>(
    environment.targets.metrics,
    metricQueue,
    systemClock,
    ([payload]) => payload,
  )
  const exporter = {
    export(metrics: object, done: (result: { code: number }) => void): void {
      const payload = ProtobufMetricsSerializer.serializeRequest(metrics)
      if (payload !== undefined) pipeline.queue.add(payload)
      done({ code: 0 })
    },
    selectAggregationTemporality: temporalitySelector(environment.temporality, sdk.metrics),
    async forceFlush(): Promise<void> {},
    async shutdown(): Promise<void> {},
  }
  const reader = new sdk.metrics.PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: environment.metricIntervalMillis,
    exportTimeoutMillis: environment.metricTimeoutMillis,
  })
  const provider = new sdk.metrics.MeterProvider({ resource, readers: [reader] })
  if (!otel.metrics.setGlobalMeterProvider(provider)) return undefined
  return { provider, outlet: pipeline, unregister: () => otel.metrics.disable() }
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

function startLogs({ sdk, environment, resource }: Ingredients): Running<LoggerProvider> | undefined {
  if (sdk.logs === undefined) return undefined
  const { api } = sdk.logs
  const { ProtobufLogsSerializer } = sdk.transformer
  const pipeline = new Pipeline<object>(environment.targets.logs, environment.logQueue, systemClock, (batch) =>
    ProtobufLogsSerializer.serializeRequest(batch),
  )
  const provider = new sdk.logs.sdk.LoggerProvider({ resource, processors: [new LogQueueProcessor(pipeline.queue)] })
  api.setGlobalLoggerProvider(provider)
  if (!isRegistered('logs')) return undefined
  return { provider, outlet: pipeline, unregister: () => api.disable() }
}
