import * as otel from '@opentelemetry/api'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { startActivity, startUnderway, type UnderwayHandle } from '../../../src/index.js'
import { unregisterAll } from '../../support/otel.js'
import { OtlpReceiver } from '../../support/otlp-receiver.js'

const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
const printed = vi.spyOn(console, 'dir').mockImplementation(() => {})
afterEach(() => {
  for (const spy of [warn, printed]) spy.mockClear()
  unregisterAll()
  otel.metrics.disable()
  otel.logs.disable()
  otel.diag.disable()
})

type Variables = Readonly<Record<string, string>>

interface Ran {
  readonly collector: OtlpReceiver
  readonly underway: UnderwayHandle
}

/** Starts under the given variables, makes one span, one metric of each kind and one log record, and exports them. */
async function runUnder(variables: Variables): Promise<Ran> {
  const collector = await OtlpReceiver.start()
  onTestFinished(() => collector[Symbol.asyncDispose]())
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    ...variables,
  }
  const underway = await startUnderway({ env })
  onTestFinished(async () => void (await underway.shutdown()))
  otel.trace
    .getTracer('test')
    .startSpan('spanned', { attributes: { first: 'abcdef', second: 'abcdef' } })
    .end()
  otel.metrics.getMeter('test').createCounter('counted').add(1)
  otel.metrics.getMeter('test').createHistogram('measured').record(1)
  otel.logs.getLogger('test').emit({ body: 'written', attributes: { first: 'abcdef', second: 'abcdef' } })
  await underway.flush()
  return { collector, underway }
}

/** Everything under that name in the JSON that came in, at any depth. */
function received({ collector }: Ran, name: string): unknown[] {
  const within = (value: unknown): unknown[] =>
    typeof value !== 'object' || value === null
      ? []
      : Object.entries(value).flatMap(([key, one]: [string, unknown]) =>
          key === name ? (Array.isArray(one) ? one : [one]) : within(one),
        )
  return collector.received.flatMap(({ json }) => within(json))
}

function one<T>(ran: Ran, list: string, name: string): T {
  return received(ran, list).find((item) => (item as { name?: string }).name === name) as T
}

const spans = (ran: Ran): unknown[] => received(ran, 'spans')
const spanAttributes = (ran: Ran): unknown =>
  one<{ attributes: { key: string; value: unknown }[] }>(ran, 'spans', 'spanned').attributes
const logAttributes = (ran: Ran): unknown => (received(ran, 'logRecords')[0] as { attributes: unknown }).attributes
const states = ({ underway }: Ran): unknown =>
  Object.values(underway.status().signals).map(({ state, queue }) => (queue === undefined ? state : 'sent'))
const injected = (): unknown => {
  const carrier = {}
  const span = otel.trace.wrapSpanContext({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 })
  const baggage = otel.propagation.createBaggage({ key: { value: 'value' } })
  const context = otel.propagation.setBaggage(otel.trace.setSpan(otel.ROOT_CONTEXT, span), baggage)
  otel.propagation.inject(context, carrier)
  return Object.keys(carrier).sort()
}
const text = (key: string, stringValue: string): unknown => ({ key, value: { stringValue } })

type Row = readonly [variables: Variables, read: (ran: Ran) => unknown, value: unknown]

describe('a variable does what the specification says', () => {
  test.each<Row>([
    [{}, (ran) => spans(ran).length, 1],
    [{ OTEL_TRACES_SAMPLER: '' }, (ran) => spans(ran).length, 1],
    [{ OTEL_TRACES_SAMPLER: 'Always_Off' }, (ran) => spans(ran).length, 0],
    [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' }, (ran) => spans(ran).length, 0],
    [{ OTEL_TRACES_SAMPLER: 'always_on', OTEL_TRACES_SAMPLER_ARG: '0' }, (ran) => spans(ran).length, 1],
    [{ OTEL_SDK_DISABLED: 'True' }, (ran) => ran.collector.received, []],
    [{ OTEL_SDK_DISABLED: 'True', OTEL_PROPAGATORS: 'tracecontext' }, injected, ['traceparent']],
    [{}, injected, ['baggage', 'traceparent']],
    [{ OTEL_PROPAGATORS: 'baggage,baggage' }, injected, ['baggage']],
    [{ OTEL_PROPAGATORS: 'none' }, injected, []],
    [{ OTEL_TRACES_EXPORTER: 'none', OTEL_PROPAGATORS: 'baggage' }, injected, ['baggage']],
    [{ OTEL_TRACES_EXPORTER: 'none', OTEL_LOGS_EXPORTER: '' }, states, ['off', 'sent', 'sent']],
    [{ OTEL_TRACES_EXPORTER: 'console' }, states, ['exporting', 'sent', 'sent']],
    [{ OTEL_TRACES_EXPORTER: 'otlp,none' }, states, ['sent', 'sent', 'sent']],
    [{ OTEL_RESOURCE_ATTRIBUTES: 'team=blue%2Cgreen' }, (ran) => resource(ran), text('team', 'blue,green')],
    [{ OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '3' }, spanAttributes, [text('first', 'abc'), text('second', 'abc')]],
    [{ OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '3' }, logAttributes, [text('first', 'abc'), text('second', 'abc')]],
    [{ OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '1' }, spanAttributes, [text('first', 'abcdef')]],
    [{ OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT: '1' }, logAttributes, [text('first', 'abcdef')]],
    [{}, temporality, 2],
    [{ OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'DELTA' }, temporality, 1],
    [{}, histogramKind, 'histogram'],
    [
      { OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: 'base2_exponential_bucket_histogram' },
      histogramKind,
      'exponentialHistogram',
    ],
    [
      { OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf' },
      contentTypes,
      ['application/json', 'application/x-protobuf'],
    ],
    [{ OTEL_EXPORTER_OTLP_COMPRESSION: 'none' }, (ran) => spans(ran).length, 1],
    [{ OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' }, (ran) => spans(ran).length, 1],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: '0', OTEL_BSP_EXPORT_TIMEOUT: '0' }, (ran) => spans(ran).length, 1],
    [{ OTEL_METRIC_EXPORT_TIMEOUT: '0' }, temporality, 2],
  ])('%o', async (variables, read, value) => {
    const ran = await runUnder(variables)
    expect(read(ran)).toEqual(value)
    expect(ran.underway.status().warnings).toEqual([])
  })
})

function resource(ran: Ran): unknown {
  return received(ran, 'resource')
    .flatMap((value) => (value as { attributes: { key: string }[] }).attributes)
    .find(({ key }) => key === 'team')
}

function temporality(ran: Ran): unknown {
  return one<{ sum: { aggregationTemporality: number } }>(ran, 'metrics', 'counted').sum.aggregationTemporality
}

function histogramKind(ran: Ran): unknown {
  return Object.keys(one<object>(ran, 'metrics', 'measured')).find((key) => /histogram/i.test(key))
}

function contentTypes({ collector }: Ran): unknown {
  return [...new Set(collector.received.map(({ headers }) => headers['content-type']))].sort()
}

describe('what cannot be used is warned of once, and everything is exported all the same', () => {
  test.each<readonly [name: string, value: string, says: string]>([
    ['OTEL_SDK_DISABLED', 'yes', 'expected true or false; using false'],
    ['OTEL_TRACES_SAMPLER', 'xray', 'expected always_on, always_off,'],
    ['OTEL_TRACES_SAMPLER_ARG', 'half', 'expected a number from 0 to 1; using 1'],
    [
      'OTEL_PROPAGATORS',
      'b3',
      'using tracecontext,baggage; for another one, register it yourself before startUnderway()',
    ],
    ['OTEL_TRACES_EXPORTER', 'zipkin', 'expected otlp, console, none; using otlp'],
    ['OTEL_METRICS_EXPORTER', 'statsd,otlp', 'expected otlp, console, prometheus, none; using otlp'],
    ['OTEL_LOG_LEVEL', 'loud', 'expected none, error, warn, info, debug, verbose, all; using info'],
    ['OTEL_BSP_EXPORT_TIMEOUT', '-1', 'expected a whole number of at least 0; using 30000'],
    ['OTEL_BLRP_MAX_QUEUE_SIZE', '0', 'expected a whole number of at least 1; using 65536'],
    ['OTEL_SPAN_LINK_COUNT_LIMIT', 'many', 'expected a whole number of at least 0; using the default'],
    ['OTEL_METRIC_EXPORT_INTERVAL', '1s', 'expected a whole number of at least 1; using 60000'],
    ['OTEL_METRICS_EXEMPLAR_FILTER', 'always_on', 'records no exemplars; using always_off'],
    ['OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION', 'summary', 'using explicit_bucket_histogram'],
    ['OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', 'both', 'using cumulative'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'no-value', 'expected key=value pairs'],
    ['OTEL_EXPORTER_OTLP_COMPRESSION', 'zstd', 'expected gzip, none; using none'],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'collector:4317', 'expected an http:// or https:// address'],
    ['OTEL_CONFIG_FILE', 'otel.yaml', 'no such file is read'],
  ])('%s=%s', async (name, value, says) => {
    const ran = await runUnder({ [name]: value })
    expect(ran.underway.status().warnings).toEqual([expect.stringMatching(`^${name}: `)])
    expect(ran.underway.status().warnings[0]).toContain(says)
    expect(warn).toHaveBeenCalledTimes(1)
    expect([spans(ran).length, received(ran, 'logRecords').length]).toEqual([1, 1])
    expect(one(ran, 'metrics', 'counted')).toBeDefined()
  })

  test('gRPC is answered with what to do', async () => {
    const { collector, underway } = await runUnder({ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' })
    expect(underway.status().warnings).toEqual([
      'OTEL_EXPORTER_OTLP_PROTOCOL: grpc is not spoken here; using http/protobuf, so let OTEL_EXPORTER_OTLP_ENDPOINT name the HTTP port of the collector, usually 4318',
    ])
    expect(collector.names('traces')).toEqual(['spanned'])
  })

  test('a certificate that cannot be read is said by the status', async () => {
    const { underway } = await runUnder({
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://127.0.0.1:1/v1/traces',
      OTEL_EXPORTER_OTLP_CERTIFICATE: 'no-such-file.pem',
    })
    expect(underway.status().signals.traces).toMatchObject({
      queue: { failed: 1 },
      lastError: expect.stringContaining('no-such-file.pem'),
    })
  })
})

describe('the console', () => {
  test('gets every signal that asks for it, beside the collector if it is asked for too', async () => {
    const ran = await runUnder({
      OTEL_TRACES_EXPORTER: 'console',
      OTEL_METRICS_EXPORTER: 'console',
      OTEL_LOGS_EXPORTER: 'console,otlp',
    })
    expect(printed.mock.calls.map(([item]) => item as object)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'spanned' }),
        expect.objectContaining({ body: 'written' }),
        expect.objectContaining({ descriptor: expect.objectContaining({ name: 'counted' }) }),
      ]),
    )
    expect([spans(ran).length, received(ran, 'metrics').length, received(ran, 'logRecords').length]).toEqual([0, 0, 1])
    startActivity({ name: 'more' }).complete()
    expect(await ran.underway.shutdown()).toBe(true)
  })
})

describe('OTEL_LOG_LEVEL', () => {
  test('leaves a logger alone that the application set', async () => {
    const debug = vi.fn()
    const logger = { debug, verbose: debug, info: debug, warn: debug, error: debug }
    otel.diag.setLogger(logger, otel.DiagLogLevel.DEBUG)
    await runUnder({ OTEL_LOG_LEVEL: 'debug' })
    otel.diag.debug('said')
    expect(debug).toHaveBeenCalledWith('said')
  })

  test('none silences our warnings too', async () => {
    const { underway } = await runUnder({ OTEL_LOG_LEVEL: 'none', OTEL_BSP_MAX_QUEUE_SIZE: 'many' })
    expect(underway.status().warnings).toHaveLength(1)
    expect(warn).not.toHaveBeenCalled()
  })
})
