import { describe, expect, test } from 'vitest'
import { type Environment, readEnvironment } from '../../../src/setup/environment.js'
import type { Variables } from '../../../src/setup/environment-values.js'

type Row = readonly [variables: Variables, read: (environment: Environment) => unknown, value: unknown]

const traces = ({ targets }: Environment) => targets.traces

describe('the environment is read as the specification says', () => {
  test.each<Row>([
    [{}, (e) => e.disabled, false],
    [{ UNDERWAY_DISABLED: 'true' }, (e) => e.disabled, true],
    [{ OTEL_SDK_DISABLED: 'TRUE' }, (e) => e.sdkDisabled, true],
    [{ OTEL_SDK_DISABLED: '' }, (e) => e.sdkDisabled, false],
    [{ OTEL_SERVICE_NAME: 'a', OTEL_RESOURCE_ATTRIBUTES: 'service.name=b' }, (e) => e.serviceName, 'a'],
    [{ OTEL_SERVICE_NAME: '', OTEL_RESOURCE_ATTRIBUTES: 'service.name=b' }, (e) => e.serviceName, 'b'],
    [{ OTEL_RESOURCE_ATTRIBUTES: 'a=1%2C2, b = x=y ,' }, (e) => e.resourceAttributes, { a: '1,2', b: 'x=y' }],
    [{ OTEL_TRACES_EXPORTER: 'none' }, (e) => e.exporters, { traces: [], metrics: ['otlp'], logs: ['otlp'] }],
    [{ OTEL_LOGS_EXPORTER: 'Console, otlp,console' }, (e) => e.exporters.logs, ['otlp', 'console']],
    [{ OTEL_METRICS_EXPORTER: 'prometheus' }, (e) => e.exporters.metrics, ['prometheus']],
    [{ OTEL_METRICS_EXPORTER: 'Prometheus,otlp' }, (e) => e.exporters.metrics, ['otlp', 'prometheus']],
    [{}, (e) => e.pullTarget, { host: 'localhost', port: 9464 }],
    [
      { OTEL_EXPORTER_PROMETHEUS_HOST: '0.0.0.0', OTEL_EXPORTER_PROMETHEUS_PORT: '0' },
      (e) => e.pullTarget,
      { host: '0.0.0.0', port: 0 },
    ],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: '0', OTEL_BSP_EXPORT_TIMEOUT: '0' }, (e) => traces(e).timeoutMillis, 2 ** 31 - 1],
    [{ OTEL_BSP_EXPORT_TIMEOUT: '3' }, (e) => [traces(e).timeoutMillis, e.targets.logs.timeoutMillis], [3, 10_000]],
    [{ OTEL_BLRP_EXPORT_TIMEOUT: '3' }, (e) => [traces(e).timeoutMillis, e.targets.logs.timeoutMillis], [10_000, 3]],
    [{ OTEL_METRIC_EXPORT_TIMEOUT: '3' }, (e) => [e.metricTimeoutMillis, e.targets.metrics.timeoutMillis], [3, 3]],
    [{ OTEL_METRIC_EXPORT_TIMEOUT: '0' }, (e) => e.metricTimeoutMillis, 60_000],
    [{ OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: 'HTTP/JSON' }, (e) => e.targets.logs.protocol, 'http/json'],
    [{ OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '0' }, (e) => e.logLimits, { attributeValueLengthLimit: 0 }],
    [{ OTEL_LOG_LEVEL: 'VERBOSE' }, (e) => [e.logLevel, e.sdkLogLevel], ['debug', 'verbose']],
    [{ OTEL_LOG_LEVEL: 'none', UNDERWAY_LOG_LEVEL: 'info' }, (e) => [e.logLevel, e.sdkLogLevel], ['info', 'none']],
    [{ OTEL_METRICS_EXEMPLAR_FILTER: 'always_off' }, (e) => e.warnings, []],
    [{}, (e) => traces(e).url, 'http://localhost:4318/v1/traces'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:1/base/' }, (e) => traces(e).url, 'http://c:1/base/v1/traces'],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c:1' }, (e) => traces(e).url, 'http://c:1/'],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: '5', OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '7' }, (e) => traces(e).timeoutMillis, 7],
    [{ OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' }, (e) => traces(e).compression, 'gzip'],
    [{ OTEL_EXPORTER_OTLP_HEADERS: 'k=v%3D1' }, (e) => traces(e).headers, { k: 'v=1' }],
    [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' }, (e) => e.sampler.ratio, 0.25],
    [
      { OTEL_BSP_MAX_QUEUE_SIZE: '100' },
      (e) => e.spanQueue,
      { maxQueueSize: 100, maxBatchSize: 100, delayMillis: 5_000 },
    ],
    [{ OTEL_BLRP_SCHEDULE_DELAY: '0' }, (e) => e.logQueue.delayMillis, 0],
    [{ OTEL_METRIC_EXPORT_INTERVAL: '1000' }, (e) => [e.metricIntervalMillis, e.metricTimeoutMillis], [1_000, 1_000]],
    [{ OTEL_ATTRIBUTE_COUNT_LIMIT: '5' }, (e) => e.spanLimits, { attributeCountLimit: 5 }],
    [{ OTEL_PROPAGATORS: 'baggage' }, (e) => e.propagators, ['baggage']],
    [{ OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN: 'logs/dup' }, (e) => e.exceptionSignal, 'logs/dup'],
    [{ UNDERWAY_LOG_LEVEL: 'Error' }, (e) => e.logLevel, 'error'],
  ])('%o', (variables, read, value) => {
    const environment = readEnvironment(variables)
    expect(read(environment)).toEqual(value)
    expect(environment.warnings).toEqual([])
  })
})

describe('what cannot be used is said by its name, and its default is used', () => {
  test.each<Row>([
    [{ UNDERWAY_DISABLED: '1' }, (e) => e.disabled, false],
    [{ OTEL_RESOURCE_ATTRIBUTES: 'a=1,b' }, (e) => e.resourceAttributes, {}],
    [{ OTEL_RESOURCE_ATTRIBUTES: 'a=%E0%A4%A' }, (e) => e.resourceAttributes, {}],
    [{ OTEL_TRACES_EXPORTER: 'prometheus' }, (e) => e.exporters.traces, ['otlp']],
    [{ OTEL_EXPORTER_PROMETHEUS_PORT: '65536' }, (e) => e.pullTarget.port, 9464],
    [{ OTEL_EXPORTER_PROMETHEUS_PORT: 'http' }, (e) => e.pullTarget.port, 9464],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317' }, (e) => traces(e).url, 'http://localhost:4318/v1/traces'],
    [{ OTEL_TRACES_EXPORTER: 'zipkin,console' }, (e) => e.exporters.traces, ['console']],
    [{ OTEL_LOG_LEVEL: 'loud' }, (e) => e.sdkLogLevel, 'info'],
    [{ OTEL_METRICS_EXEMPLAR_FILTER: 'trace_based' }, (e) => e.warnings.length, 1],
    [{ OTEL_CONFIG_FILE: 'otel.yaml' }, (e) => e.warnings.length, 1],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: '-1' }, (e) => traces(e).timeoutMillis, 10_000],
    [{ OTEL_EXPORTER_OTLP_COMPRESSION: 'zstd' }, (e) => traces(e).compression, 'none'],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, (e) => traces(e).url, 'http://localhost:4318/v1/traces'],
    [{ OTEL_TRACES_SAMPLER: 'jaeger_remote' }, (e) => e.sampler.name, 'parentbased_always_on'],
    [{ OTEL_TRACES_SAMPLER_ARG: '1.5' }, (e) => e.sampler.ratio, 1],
    [{ OTEL_BSP_MAX_QUEUE_SIZE: '-1' }, (e) => e.spanQueue.maxQueueSize, 65_536],
    [{ OTEL_BSP_SCHEDULE_DELAY: '5s' }, (e) => e.spanQueue.delayMillis, 5_000],
    [{ OTEL_PROPAGATORS: 'b3,baggage' }, (e) => e.propagators, ['baggage']],
    [{ UNDERWAY_LOG_LEVEL: 'loud' }, (e) => e.logLevel, 'warn'],
  ])('%o', (variables, read, value) => {
    const environment = readEnvironment(variables)
    expect(read(environment)).toEqual(value)
    const [name = ''] = Object.keys(variables)
    expect(new Set(environment.warnings.map((warning) => warning.split(':')[0]))).toEqual(new Set([name]))
  })
})
