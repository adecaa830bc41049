import { configVariable, monitorVariables } from '../health/monitor-variables.js'
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

/** What the SDK's own logger of the api knows. */
export const sdkLogLevels = [...logLevels, 'verbose', 'all'] as const
export type SdkLogLevel = (typeof sdkLogLevels)[number]

const exporterNames = ['otlp', 'console'] as const
export type ExporterName = (typeof exporterNames)[number] | 'prometheus'

export const exceptionSignals = ['events', 'logs', 'logs/dup'] as const

/** Bounds of a queue in front of an exporter. */
export interface QueueLimits {
  /** What is more is dropped, and counted. */
  readonly maxQueueSize: number
  readonly maxBatchSize: number
  /** How long something waits for company. */
  readonly delayMillis: number
}

/** Where metrics can be fetched. */
export interface PullTarget {
  readonly host: string
  /** 0 is any that is free. */
  readonly port: number
}

/** Everything that the environment can say, resolved. */
export interface Environment {
  /** `UNDERWAY_DISABLED`: nothing is tracked and nothing is set up. */
  readonly disabled: boolean
  /** `OTEL_SDK_DISABLED`: work is tracked, no SDK is set up. */
  readonly sdkDisabled: boolean
  readonly logLevel: LogLevel
  /** `OTEL_LOG_LEVEL` */
  readonly sdkLogLevel: SdkLogLevel | undefined
  readonly serviceName: string | undefined
  /** `UNDERWAY_CONFIG`: a YAML file. */
  readonly configFile: string | undefined
  readonly resourceAttributes: Readonly<Record<string, string>>
  /** Empty where a signal is switched off. */
  readonly exporters: Readonly<Record<Signal, readonly ExporterName[]>>
  readonly targets: Readonly<Record<Signal, OtlpTarget>>
  /** For the metrics exporter `prometheus`. */
  readonly pullTarget: PullTarget
  readonly sampler: { readonly name: SamplerName; readonly ratio: number }
  readonly spanLimits: Readonly<Record<string, number>>
  readonly logLimits: Readonly<Record<string, number>>
  readonly propagators: readonly Propagator[]
  readonly spanQueue: QueueLimits
  readonly logQueue: QueueLimits
  readonly metricIntervalMillis: number
  readonly metricTimeoutMillis: number
  readonly temporality: 'cumulative' | 'delta' | 'lowmemory'
  readonly histograms: (typeof histogramKinds)[number]
  /** `OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN` */
  readonly exceptionSignal: (typeof exceptionSignals)[number]
  /** Whether there is a variable for any setting of a monitor of health, which reads them itself. */
  readonly monitorIsSet: boolean
  /** What could not be used. */
  readonly warnings: readonly string[]
}

const defaultPullPort = 9464

const histogramKinds = ['explicit_bucket_histogram', 'base2_exponential_bucket_histogram'] as const

const logLimitVariables = {
  attributeCountLimit: ['OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT', 'OTEL_ATTRIBUTE_COUNT_LIMIT'],
  attributeValueLengthLimit: ['OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'],
} as const satisfies Readonly<Record<string, readonly string[]>>

const spanLimitVariables = {
  attributeCountLimit: ['OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', 'OTEL_ATTRIBUTE_COUNT_LIMIT'],
  attributeValueLengthLimit: ['OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'],
  eventCountLimit: ['OTEL_SPAN_EVENT_COUNT_LIMIT'],
  linkCountLimit: ['OTEL_SPAN_LINK_COUNT_LIMIT'],
  attributePerEventCountLimit: ['OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT'],
  attributePerLinkCountLimit: ['OTEL_LINK_ATTRIBUTE_COUNT_LIMIT'],
} as const satisfies Readonly<Record<string, readonly string[]>>

const ownPropagators = ['tracecontext', 'baggage', 'none'] as const
/** Others of the specification, which come in packages of their own. */
const otherPropagators = ['b3', 'b3multi', 'jaeger', 'xray', 'ottrace'] as const
type Propagator = (typeof ownPropagators)[number] | (typeof otherPropagators)[number]

function readPropagators(read: VariableReader, isKept: boolean): readonly Propagator[] {
  return read.someOf<Propagator>(
    'OTEL_PROPAGATORS',
    isKept ? [...ownPropagators, ...otherPropagators] : ownPropagators,
    ['tracecontext', 'baggage'],
    isKept ? '' : '; for another one, register it yourself before startUnderway(), which keeps it',
  )
}

/**
 * Reads the environment; the only place that knows the names of variables, with the two files that it calls.
 *
 * @param propagatorIsKept whether somebody has registered one, which may be any
 */
export function readEnvironment(variables: Variables, propagatorIsKept = false): Environment {
  const read = new VariableReader(variables)
  const resourceAttributes = read.pairs('OTEL_RESOURCE_ATTRIBUTES')
  const interval = read.count('OTEL_METRIC_EXPORT_INTERVAL', 60_000, 1)
  const sdkLogLevel = read.text('OTEL_LOG_LEVEL') && read.oneOf('OTEL_LOG_LEVEL', sdkLogLevels, 'info')
  sayWhatIsMissing(read)
  return {
    disabled: read.boolean('UNDERWAY_DISABLED'),
    sdkDisabled: read.boolean('OTEL_SDK_DISABLED'),
    logLevel: read.oneOf('UNDERWAY_LOG_LEVEL', logLevels, ownLevel(sdkLogLevel || undefined)),
    sdkLogLevel: sdkLogLevel || undefined,
    serviceName: read.text('OTEL_SERVICE_NAME') ?? (resourceAttributes['service.name'] || undefined),
    configFile: read.text(configVariable),
    resourceAttributes,
    exporters: perSignal((signal) => readExporters(read, signal)),
    targets: perSignal((signal) => readOtlpTarget(read, signal)),
    pullTarget: readPullTarget(read),
    sampler: {
      name: read.oneOf('OTEL_TRACES_SAMPLER', samplerNames, 'parentbased_always_on'),
      ratio: read.ratio('OTEL_TRACES_SAMPLER_ARG', 1),
    },
    spanLimits: readLimits(read, spanLimitVariables),
    logLimits: readLimits(read, logLimitVariables),
    propagators: readPropagators(read, propagatorIsKept),
    spanQueue: readQueue(read, 'BSP', 5_000),
    logQueue: readQueue(read, 'BLRP', 1_000),
    metricIntervalMillis: interval,
    metricTimeoutMillis: Math.min(read.timeout('OTEL_METRIC_EXPORT_TIMEOUT', 30_000), interval),
    temporality: read.oneOf(
      'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE',
      ['cumulative', 'delta', 'lowmemory'],
      'cumulative',
    ),
    histograms: read.oneOf(
      'OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION',
      histogramKinds,
      'explicit_bucket_histogram',
    ),
    exceptionSignal: readExceptionSignal(read),
    // Each of them is asked for, as the table in the documents is compared with what is.
    monitorIsSet: monitorVariables.filter(({ variable }) => read.text(variable) !== undefined).length > 0,
    warnings: read.warnings,
  }
}

/** A list; both is stronger than one. */
function readExceptionSignal(read: VariableReader): Environment['exceptionSignal'] {
  const given = read.someOf('OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN', exceptionSignals, ['events'])
  return exceptionSignals.findLast((signal) => given.includes(signal)) ?? 'events'
}

function perSignal<T>(read: (signal: Signal) => T): Readonly<Record<Signal, T>> {
  return Object.fromEntries(signals.map((signal) => [signal, read(signal)])) as Record<Signal, T>
}

function readExporters(read: VariableReader, signal: Signal): readonly ExporterName[] {
  const known: readonly ExporterName[] = signal === 'metrics' ? [...exporterNames, 'prometheus'] : exporterNames
  const given = read.someOf(`OTEL_${signal.toUpperCase()}_EXPORTER`, [...known, 'none'], ['otlp'])
  return known.filter((name) => given.includes(name))
}

function readPullTarget(read: VariableReader): PullTarget {
  const name = 'OTEL_EXPORTER_PROMETHEUS_PORT'
  const port = read.count(name, defaultPullPort)
  if (port > 65_535) read.refuse(name, 'a port', defaultPullPort)
  return {
    host: read.text('OTEL_EXPORTER_PROMETHEUS_HOST') ?? 'localhost',
    port: port > 65_535 ? defaultPullPort : port,
  }
}

/** Who asks the SDK for more, or for silence, means us too. */
function ownLevel(sdkLevel: SdkLogLevel | undefined): LogLevel {
  if (sdkLevel === undefined) return 'warn'
  return logLevels.find((level) => level === sdkLevel) ?? 'debug'
}

/** What is in the specification and cannot be had. */
function sayWhatIsMissing(read: VariableReader): void {
  const exemplars = 'OTEL_METRICS_EXEMPLAR_FILTER'
  if (read.oneOf(exemplars, ['always_on', 'always_off', 'trace_based'], 'always_off') !== 'always_off') {
    read.say(exemplars, 'the metrics SDK for JavaScript records no exemplars; using always_off')
  }
  for (const name of ['OTEL_CONFIG_FILE', 'OTEL_EXPERIMENTAL_CONFIG_FILE']) {
    if (read.text(name) !== undefined) read.say(name, 'no such file is read; using the other variables')
  }
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

function readLimits(
  read: VariableReader,
  variables: Readonly<Record<string, readonly string[]>>,
): Readonly<Record<string, number>> {
  const limits: Record<string, number> = {}
  for (const [limit, names] of Object.entries(variables)) {
    const value = names.map((name) => read.count(name, undefined)).find((count) => count !== undefined)
    if (value !== undefined) limits[limit] = value
  }
  return limits
}
