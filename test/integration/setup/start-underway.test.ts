import * as otel from '@opentelemetry/api'
import { LoggerProvider } from '@opentelemetry/sdk-logs'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { TracerProvider } from '@opentelemetry/sdk-trace'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { drain } from '../../../src/health/index.js'
import {
  ActivityTracker,
  getTracker,
  type StartUnderwayOptions,
  startActivity,
  startUnderway,
  type UnderwayHandle,
} from '../../../src/index.js'
import { ActivitySpanProcessor } from '../../../src/otel/index.js'
import { lifecycleKey } from '../../../src/tracker/tracker.js'
import type { OtlpReceiver } from '../../support/otlp-receiver.js'
import { quietSetup, receiver } from '../../support/quiet-setup.js'

const warn = quietSetup()

async function start(
  collector: OtlpReceiver,
  options: StartUnderwayOptions = {},
  env: Readonly<Record<string, string>> = {},
): Promise<UnderwayHandle> {
  const variables = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, ...env }
  const underway = await startUnderway({ serviceName: 'trainer', ...options, env: variables })
  onTestFinished(async () => void (await underway.shutdown()))
  return underway
}

function work(count: number): void {
  for (let index = 0; index < count; index++) startActivity({ name: 'work' }).complete()
}

describe('startUnderway', () => {
  test('counts what could not be delivered, by signal, for the metric', async () => {
    const tracker = new ActivityTracker()
    const collector = await receiver()
    const elsewhere = await receiver()
    const nobody = elsewhere.endpoint
    await elsewhere[Symbol.asyncDispose]()
    const underway = await start(
      collector,
      { tracker },
      {
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${nobody}/v1/traces`,
        OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '100',
      },
    )
    const lost = (): Record<string, number> =>
      Object.fromEntries([...tracker[lifecycleKey].lostExports].map(([signal, count]) => [signal, count()]))
    expect(lost()).toEqual({ traces: 0, metrics: 0, scalars: 0, logs: 0 })
    startActivity({ tracker, name: 'work' }).complete()
    await underway.flush()
    expect(lost()).toEqual({ traces: 1, metrics: 0, scalars: 0, logs: 0 })
    await underway.shutdown()
    expect(lost()).toEqual({})
  })

  test('is flushed by a drain', async () => {
    const collector = await receiver()
    const tracker = new ActivityTracker()
    await start(collector, { tracker })
    startActivity({ tracker, name: 'work' }).complete()
    expect(await drain({ tracker })).toMatchObject({ flushed: true, exitCode: 0 })
    expect(collector.names('traces')).toEqual(['work'])
  })

  test('sends traces, metrics and logs, each with the resource', async () => {
    const collector = await receiver()
    const underway = await start(
      collector,
      { resourceAttributes: { 'deployment.environment.name': 'code' } },
      { OTEL_RESOURCE_ATTRIBUTES: 'team=blue%20one,deployment.environment.name=env' },
    )
    work(1)
    otel.metrics.getMeter('test').createCounter('counted').add(1)
    otel.logs.getLogger('test').emit({ body: 'written' })
    expect(await underway.flush()).toBe(true)
    expect(collector.names('traces')).toEqual(['work'])
    expect(collector.names('metrics')).toEqual(
      expect.arrayContaining(['counted', 'activity.active', 'activity.ended', 'activity.quiescent']),
    )
    expect(collector.names('logs')).toEqual(['written'])
    const resource = {
      'service.name': 'trainer',
      'service.instance.id': getTracker().process.instance,
      team: 'blue one',
      'deployment.environment.name': 'code',
    }
    for (const one of collector.received) expect(one.resource).toMatchObject(resource)
  })

  test('makes spans of other code activities while they are open', async () => {
    await start(await receiver())
    const span = otel.trace.getTracer('test').startSpan('GET', { attributes: { 'http.request.method': 'GET' } })
    expect(getTracker().isQuiescent()).toBe(false)
    span.end()
    expect(getTracker().isQuiescent()).toBe(true)
  })

  test('names the default tracker even if somebody holds it already', async () => {
    const held = getTracker()
    await start(await receiver(), { serviceName: 'renamed' })
    expect(held.serviceName).toBe('renamed')
    expect(held.process.service).toBe('renamed')
    expect(startActivity('work').module).toBe('renamed')
    held.openActivities().forEach(({ id }) => void held.activity(id)?.complete())
  })

  test('called again returns the handle of the first call, until that is shut down', async () => {
    const collector = await receiver()
    const first = await start(collector)
    expect(await start(collector)).toBe(first)
    await first.shutdown()
    expect(await start(collector)).not.toBe(first)
  })

  test('called again with other options warns that they have no effect, once', async () => {
    const collector = await receiver()
    const first = await start(collector)
    expect(await startUnderway()).toBe(first)
    expect(await startUnderway({ serviceName: 'trainer', logs: undefined })).toBe(first)
    expect(warn).not.toHaveBeenCalled()
    for (let call = 0; call < 2; call++) expect(await startUnderway({ serviceName: 'other', logs: false })).toBe(first)
    const message =
      'startUnderway() runs already: serviceName, logs of another call has no effect; give it to the first call, or await shutdown() of its handle before'
    expect(warn.mock.calls).toEqual([[message, { type: 'UnderwayWarning', code: 'UNDERWAY_SETUP' }]])
    expect(first.status()).toMatchObject({ service: 'trainer', warnings: [message] })
  })

  test('sends what the headers, the compression and the endpoint of a signal say', async () => {
    const collector = await receiver()
    const underway = await start(
      collector,
      {},
      {
        OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20x,both=common',
        OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'both=traces',
        OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.endpoint}/custom`,
      },
    )
    work(1)
    await underway.flush()
    expect(collector.received[0]).toMatchObject({
      path: '/custom',
      headers: { authorization: 'Bearer x', both: 'traces', 'content-encoding': 'gzip' },
    })
  })

  test('disabled by the environment tracks nothing and registers nothing', async () => {
    const tracker = new ActivityTracker({ onWarning: () => {} })
    const underway = await start(await receiver(), { tracker }, { UNDERWAY_DISABLED: 'true' })
    expect(underway.status()).toMatchObject({ state: 'disabled', signals: { traces: { state: 'off' } } })
    expect(tracker.disabled).toBe(true)
    expect(otel.trace.getTracer('test').startSpan('x').isRecording()).toBe(false)
  })

  test('says what it could not use in the environment, but not the value', async () => {
    const underway = await start(await receiver(), {}, { OTEL_BSP_MAX_QUEUE_SIZE: 'secret' })
    expect(underway.status().warnings).toEqual([
      'OTEL_BSP_MAX_QUEUE_SIZE: expected a whole number of at least 1; using 65536',
    ])
    expect(warn).toHaveBeenCalledTimes(1)
  })

  test('is silent below the level warn', async () => {
    const tracker = new ActivityTracker()
    await start(await receiver(), { tracker }, { OTEL_BSP_MAX_QUEUE_SIZE: 'secret', UNDERWAY_LOG_LEVEL: 'error' })
    tracker.logScalars({ loss: 'high' as never })
    expect(tracker.snapshot().faults).toEqual({ 'scalar.invalid': 1 })
    expect(warn).not.toHaveBeenCalled()
  })

  test('is not silent to a listener of the tracker', async () => {
    const heard: string[] = []
    const tracker = new ActivityTracker({ onWarning: (_message, code) => heard.push(code) })
    await start(await receiver(), { tracker }, { UNDERWAY_LOG_LEVEL: 'none' })
    tracker.logScalars({ loss: 'high' as never })
    expect(heard).toEqual(['UNDERWAY_SCALAR_INVALID'])
  })

  test('refuses options that cannot be used', async () => {
    await expect(startUnderway({ serviceName: '' })).rejects.toMatchObject({ code: 'OPTIONS_INVALID' })
    await expect(startUnderway({ serviceNam: 'trainer' } as never)).rejects.toMatchObject({
      code: 'OPTIONS_INVALID',
      message: expect.stringContaining('startUnderway({ serviceNam }): unknown option; known are serviceName, '),
    })
    await expect(startUnderway({ endpoint: 'http://c:1' } as never)).rejects.toThrow(/OTEL_EXPORTER_OTLP_ENDPOINT/)
    await expect(startUnderway({ exitTimeoutMillis: -1 })).rejects.toMatchObject({ code: 'OPTIONS_INVALID' })
  })
})

describe('flush and shutdown of a handle', () => {
  test.each([
    ['of a set-up', {}],
    ['of one that is disabled', { OTEL_SDK_DISABLED: 'true' }],
  ])(
    'go on without an option that does not exist, and say which there are: %s',
    async (_of, env: Record<string, string>) => {
      const said: string[] = []
      const tracker = new ActivityTracker({ onWarning: (message) => said.push(message) })
      const underway = await start(await receiver(), { tracker }, env)
      expect(await underway.flush({ timeout: 5 } as never)).toBe(true)
      expect(await underway.shutdown({ timeoutMillis: '5' } as never)).toBe(true)
      expect(said).toEqual([
        expect.stringContaining('flush({ timeout }): unknown option; known are timeoutMillis'),
        expect.stringContaining("shutdown({ timeoutMillis }): expected a number from 0 on, got string '5'"),
      ])
    },
  )
})

describe('a propagator that was registered before', () => {
  const b3: otel.TextMapPropagator = {
    inject: (_context, carrier, setter) => setter.set(carrier, 'b3', '0'),
    extract: (context) => context,
    fields: () => ['b3'],
  }

  test.each(['b3', 'b3multi,baggage', ''])('is kept, and OTEL_PROPAGATORS=%s may name it', async (names) => {
    otel.propagation.setGlobalPropagator(b3)
    const underway = await start(await receiver(), {}, { OTEL_PROPAGATORS: names })
    expect(otel.propagation.fields()).toEqual(['b3'])
    expect(underway.status().warnings).toEqual([])
  })

  test('is asked for where there is none', async () => {
    const underway = await start(await receiver(), {}, { OTEL_PROPAGATORS: 'b3' })
    expect(otel.propagation.fields()).toEqual(['traceparent', 'tracestate', 'baggage'])
    expect(underway.status().warnings).toEqual([
      expect.stringMatching(/^OTEL_PROPAGATORS: .*register it yourself before startUnderway\(\)/),
    ])
  })
})

describe('a provider that was registered before', () => {
  test('is kept, and the status says what is not attached and the line to add', async () => {
    const provider = new TracerProvider()
    otel.trace.setGlobalTracerProvider(provider)
    const underway = await start(await receiver())
    expect((otel.trace.getTracerProvider() as otel.ProxyTracerProvider).getDelegate()).toBe(provider)
    const { traces, metrics } = underway.status().signals
    expect(traces.state).toBe('kept')
    expect(traces.advice).toContain("new ActivitySpanProcessor() from 'underway/otel'")
    expect(metrics.state).toBe('exporting')
    expect(warn).toHaveBeenCalledTimes(1)
    await underway.shutdown()
    expect((otel.trace.getTracerProvider() as otel.ProxyTracerProvider).getDelegate()).toBe(provider)
  })
})

describe('a tracer provider that was registered before', () => {
  test('and has an ActivitySpanProcessor is not warned of', async () => {
    const provider = new TracerProvider({ spanProcessors: [new ActivitySpanProcessor()] })
    onTestFinished(() => provider.shutdown())
    otel.trace.setGlobalTracerProvider(provider)
    const underway = await start(await receiver())
    expect(underway.status().signals.traces).toEqual({ state: 'kept' })
    expect(warn).not.toHaveBeenCalled()
  })

  test('and had an ActivitySpanProcessor that was shut down is warned of', async () => {
    const processor = new ActivitySpanProcessor()
    for (let call = 0; call < 2; call++) await processor.shutdown()
    otel.trace.setGlobalTracerProvider(new TracerProvider())
    const underway = await start(await receiver())
    expect(underway.status().signals.traces.advice).toContain('ActivitySpanProcessor')
  })
})

describe('a meter or logger provider that was registered before', () => {
  test('is kept with its readers, and the status has the line to add', async () => {
    const provider = new MeterProvider()
    otel.metrics.setGlobalMeterProvider(provider)
    const underway = await start(await receiver())
    expect(otel.metrics.getMeterProvider()).toBe(provider)
    expect(underway.status().signals).toMatchObject({
      traces: { state: 'exporting' },
      metrics: { state: 'kept', advice: expect.stringContaining('registerInstruments()') },
      logs: { state: 'exporting' },
    })
    expect(warn).toHaveBeenCalledTimes(1)
    await underway.shutdown()
    expect(otel.metrics.getMeterProvider()).toBe(provider)
  })

  test('gets the records as before', async () => {
    const onEmit = vi.fn()
    const done = async (): Promise<void> => {}
    otel.logs.setGlobalLoggerProvider(
      new LoggerProvider({ processors: [{ onEmit, forceFlush: done, shutdown: done }] }),
    )
    const collector = await receiver()
    const underway = await start(collector)
    otel.logs.getLogger('test').emit({ body: 'written' })
    await underway.flush()
    expect(onEmit).toHaveBeenCalledTimes(1)
    expect(collector.names('logs')).toEqual([])
    expect(underway.status().signals.logs).toEqual({
      state: 'kept',
      advice: expect.stringContaining('registerLifecycleLogs()'),
    })
    expect(warn).toHaveBeenCalledTimes(1)
  })
})

describe('the queue', () => {
  test('takes 10,000 spans of one turn, and flush waits until they are there', async () => {
    const collector = await receiver()
    const underway = await start(collector)
    work(10_000)
    expect(await underway.flush()).toBe(true)
    expect(collector.names('traces')).toHaveLength(10_000)
    expect(underway.status().signals.traces.queue).toEqual({
      accepted: 10_000,
      exported: 10_000,
      failed: 0,
      dropped: 0,
      pending: 0,
    })
  })

  test('counts what it drops when it is full', async () => {
    const underway = await start(await receiver(), {}, { OTEL_BSP_MAX_QUEUE_SIZE: '10' })
    work(12)
    expect(underway.status().signals.traces.queue).toMatchObject({ accepted: 10, dropped: 2 })
  })

  test('counts what the collector refuses, and says why', async () => {
    const underway = await start(await receiver((response) => void response.writeHead(400).end()))
    work(1)
    expect(await underway.flush()).toBe(false)
    expect(underway.status().signals.traces).toMatchObject({
      queue: { failed: 1, pending: 0 },
      lastError: 'the collector answered 400',
    })
  })

  test('tries again when the collector is busy', async () => {
    const collector = await receiver((response, call) => {
      response.writeHead(call === 1 ? 503 : 200, { 'retry-after': '0' }).end()
    })
    const underway = await start(collector, { metrics: false, logs: false })
    work(1)
    expect(await underway.flush()).toBe(true)
    expect(collector.names('traces')).toEqual(['work', 'work'])
  })

  test('is given up by a shutdown that takes too long', async () => {
    const underway = await start(await receiver(() => {}))
    work(1)
    expect(await underway.shutdown({ timeoutMillis: 10 })).toBe(false)
    expect(underway.status()).toMatchObject({
      state: 'shut down',
      signals: { traces: { queue: { failed: 1, pending: 0 } } },
    })
  })
})
