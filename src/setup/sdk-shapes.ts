import type * as otel from '@opentelemetry/api'

/** The parts of the SDK packages we call; they fit 2.x and 3.x. */
export interface Provider {
  forceFlush(): Promise<void>
  shutdown(): Promise<void>
}

type Class<T> = new (...args: never[]) => T

export interface TracePackage {
  readonly SimpleSpanProcessor: new (options: { readonly exporter: object }) => object
  readonly ConsoleSpanExporter: new () => object
  readonly TracerProvider: new (options: object) => otel.TracerProvider & Provider
  readonly AlwaysOnSampler: new () => object
  readonly AlwaysOffSampler: new () => object
  readonly TraceIdRatioBasedSampler: new (ratio: number) => object
  readonly ParentBasedSampler: new (options: { readonly root: object }) => object
}

/** What collects metrics when it is asked. */
export interface MetricReader {
  collect(): Promise<{ readonly resourceMetrics: object }>
}

export interface MetricsPackage {
  readonly MetricReader: abstract new (options: object) => MetricReader
  readonly MeterProvider: new (options: object) => otel.MeterProvider & Provider
  readonly PeriodicExportingMetricReader: new (options: object) => object
  readonly ConsoleMetricExporter: new () => object
  readonly AggregationType: { readonly DEFAULT: number; readonly EXPONENTIAL_HISTOGRAM: number }
  readonly AggregationTemporality: { readonly DELTA: number; readonly CUMULATIVE: number }
}

/** A logger provider of the api, whose logs part is not in 1.9. */
export interface LoggerProvider {
  getLogger(name: string, version?: string): object
}

export interface LogsPackage {
  readonly SimpleLogRecordProcessor: new (options: { readonly exporter: object }) => object
  readonly ConsoleLogRecordExporter: new () => object
  readonly LoggerProvider: new (options: object) => LoggerProvider & Provider
}

/** The part of the api that registers a logger provider: in the api from 1.10 on, in `@opentelemetry/api-logs` before. */
export interface LogsApi {
  setGlobalLoggerProvider(provider: LoggerProvider): unknown
  disable(): void
}

export interface ResourcesPackage {
  resourceFromAttributes(attributes: Readonly<Record<string, string | number>>): ResourceLike
  defaultResource(): ResourceLike
}

export interface ResourceLike {
  merge(other: ResourceLike): ResourceLike
}

export interface CorePackage {
  readonly CompositePropagator: new (options: {
    readonly propagators: readonly otel.TextMapPropagator[]
  }) => otel.TextMapPropagator
  readonly W3CTraceContextPropagator: Class<otel.TextMapPropagator>
  readonly W3CBaggagePropagator: Class<otel.TextMapPropagator>
}

export interface ContextPackage {
  readonly AsyncLocalStorageContextManager: new () => otel.ContextManager
}

export interface Serializer<T> {
  serializeRequest(data: T): Uint8Array | undefined
}

export interface TransformerPackage {
  readonly ProtobufTraceSerializer: Serializer<readonly object[]>
  readonly ProtobufMetricsSerializer: Serializer<object>
  readonly ProtobufLogsSerializer: Serializer<readonly object[]>
  readonly JsonTraceSerializer: Serializer<readonly object[]>
  readonly JsonMetricsSerializer: Serializer<object>
  readonly JsonLogsSerializer: Serializer<readonly object[]>
}
