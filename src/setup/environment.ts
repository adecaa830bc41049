import { VariableReader, type Variables } from './environment-values.js'
import { type OtlpTarget, readOtlpTarget, type Signal, signals } from './otlp-environment.js'

export const samplerNames = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const
export type SamplerName = (typeof samplerNames)[number]

export const logLevels = ['none', 'error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof logLevels)[number]

export const exceptionSignals = ['events', 'logs', 'logs/dup'] as const

/** Bounds of a queue in front of an exporter. */
export interface QueueLimits {
  /** What is more is dropped, and counted. */
  readonly maxQueueSize: number
  readonly maxBatchSize: number
  /** How long something waits for company. */
  readonly delayMillis: number
}

/** Everything that the environment can say, resolved. */
export interface Environment {
  /** `UNDERWAY_DISABLED`: nothing is tracked and nothing is set up. */
  readonly disabled: boolean
  /** `OTEL_SDK_DISABLED`: work is tracked, no SDK is set up. */
  readonly sdkDisabled: boolean
  readonly logLevel: LogLevel
  readonly serviceName: string | undefined
  readonly resourceAttributes: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<Signal, boolean>>
  readonly targets: Readonly<Record<Signal, OtlpTarget>>
  readonly sampler: { readonly name: SamplerName; readonly ratio: number }
  readonly spanLimits: Readonly<Record<string, number>>
  readonly propagators: readonly ('tracecontext' | 'baggage' | 'none')[]
  readonly spanQueue: QueueLimits
  readonly logQueue: QueueLimits
  readonly metricIntervalMillis: number
  readonly metricTimeoutMillis: number
  readonly temporality: 'cumulative' | 'delta' | 'lowmemory'
  /** `OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN` */
  readonly exceptionSignal: (typeof exceptionSignals)[number]
  /** What could not be used. */
  readonly warnings: readonly string[]
}

const spanLimitVariables = {
  attributeCountLimit: ['OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', 'OTEL_ATTRIBUTE_COUNT_LIMIT'],
  attributeValueLengthLimit: ['OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'],
  eventCountLimit: ['OTEL_SPAN_EVENT_COUNT_LIMIT'],
  linkCountLimit: ['OTEL_SPAN_LINK_COUNT_LIMIT'],
  attributePerEventCountLimit: ['OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT'],
  attributePerLinkCountLimit: ['OTEL_LINK_ATTRIBUTE_COUNT_LIMIT'],
} as const satisfies Readonly<Record<string, readonly string[]>>

/** Reads the environment; the only place that knows the names of variables, with the two files that it calls. */
export function readEnvironment(variables: Variables): Environment {
  const read = new VariableReader(variables)
  const resourceAttributes = read.pairs('OTEL_RESOURCE_ATTRIBUTES')
  const interval = read.count('OTEL_METRIC_EXPORT_INTERVAL', 60_000, 1)
  return {
    disabled: read.boolean('UNDERWAY_DISABLED'),
    sdkDisabled: read.boolean('OTEL_SDK_DISABLED'),
    logLevel: read.oneOf('UNDERWAY_LOG_LEVEL', logLevels, 'warn'),
    serviceName: read.text('OTEL_SERVICE_NAME') ?? (resourceAttributes['service.name'] || undefined),
    resourceAttributes,
    exports: perSignal((signal) => readExporter(read, signal) === 'otlp'),
    targets: perSignal((signal) => readOtlpTarget(read, signal)),
    sampler: {
      name: read.oneOf('OTEL_TRACES_SAMPLER', samplerNames, 'parentbased_always_on'),
      ratio: read.ratio('OTEL_TRACES_SAMPLER_ARG', 1),
    },
    spanLimits: readSpanLimits(read),
    propagators: read.someOf('OTEL_PROPAGATORS', ['tracecontext', 'baggage', 'none'], ['tracecontext', 'baggage']),
    spanQueue: readQueue(read, 'BSP', 5_000),
    logQueue: readQueue(read, 'BLRP', 1_000),
    metricIntervalMillis: interval,
    metricTimeoutMillis: Math.min(read.count('OTEL_METRIC_EXPORT_TIMEOUT', 30_000, 1), interval),
    temporality: read.oneOf(
      'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE',
      ['cumulative', 'delta', 'lowmemory'],
      'cumulative',
    ),
    exceptionSignal: read.oneOf('OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN', exceptionSignals, 'events'),
    warnings: read.warnings,
  }
}

function perSignal<T>(read: (signal: Signal) => T): Readonly<Record<Signal, T>> {
  return Object.fromEntries(signals.map((signal) => [signal, read(signal)])) as Record<Signal, T>
}

function readExporter(read: VariableReader, signal: Signal): 'otlp' | 'none' {
  return read.oneOf(`OTEL_${signal.toUpperCase()}_EXPORTER`, ['otlp', 'none'], 'otlp')
}

/** The specification's default is 2,048, which a burst within one turn of the event loop overflows. */
function readQueue(read: VariableReader, prefix: string, delayMillis: number): QueueLimits {
  const maxQueueSize = read.count(`OTEL_${prefix}_MAX_QUEUE_SIZE`, 65_536, 1)
  return {
    maxQueueSize,
    maxBatchSize: Math.min(read.count(`OTEL_${prefix}_MAX_EXPORT_BATCH_SIZE`, 512, 1), maxQueueSize),
    delayMillis: read.count(`OTEL_${prefix}_SCHEDULE_DELAY`, delayMillis),
  }
}

function readSpanLimits(read: VariableReader): Readonly<Record<string, number>> {
  const limits: Record<string, number> = {}
  for (const [limit, names] of Object.entries(spanLimitVariables)) {
    const value = names.map((name) => read.count(name, undefined)).find((count) => count !== undefined)
    if (value !== undefined) limits[limit] = value
  }
  return limits
}
