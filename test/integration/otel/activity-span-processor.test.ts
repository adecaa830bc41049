import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { unsuppressTracing } from '@opentelemetry/core'
import {
  AlwaysOffSampler,
  InMemorySpanExporter,
  type Sampler,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { afterEach, describe, expect, test } from 'vitest'
import { currentActivity, runActivity, startActivity } from '../../../src/index.js'
import {
  ActivitySpanProcessor,
  type ActivitySpanProcessorOptions,
  defaultSpanRules,
  recordingSampler,
} from '../../../src/otel/index.js'
import { asOwnWork, isOwnWork } from '../../../src/tracing/suppressed.js'
import { balanceAfterEach, newTracker, turn } from '../../support/tracked.js'

balanceAfterEach()

afterEach(() => {
  trace.disable()
  context.disable()
})

function setUp(options: Omit<ActivitySpanProcessorOptions, 'tracker'> & { readonly sampler?: Sampler } = {}) {
  const { tracker, clock } = newTracker({ serviceName: 'service' })
  const exporter = new InMemorySpanExporter()
  const { sampler, ...rest } = options
  const processor = new ActivitySpanProcessor({ tracker, ...rest })
  const provider = new TracerProvider({
    spanProcessors: [processor, new SimpleSpanProcessor({ exporter })],
    ...(sampler === undefined ? {} : { sampler }),
  })
  trace.setGlobalTracerProvider(provider)
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  return { tracker, clock, exporter, processor, tracer: trace.getTracer('someone-else') }
}

const query = { attributes: { 'db.system.name': 'postgresql' }, kind: SpanKind.CLIENT }

describe('a span of other code', () => {
  test('is an activity while it is open, and ends with it', () => {
    const { tracker, tracer } = setUp()
    const span = tracer.startSpan('SELECT', query)
    expect(tracker.isQuiescent()).toBe(false)
    const [open] = tracker.openActivities()
    expect(open).toMatchObject({ name: 'SELECT', type: 'db_operation', module: 'service', ...idsOf(span) })
    span.end()
    expect(tracker.isQuiescent()).toBe(true)
    expect(tracker.snapshot().totals).toMatchObject({ created: 1, completed: 1 })
  })

  test('that no rule knows is left alone', () => {
    const { tracker, tracer } = setUp()
    const span = tracer.startSpan('something')
    expect(tracker.isQuiescent()).toBe(true)
    span.end()
    expect(tracker.snapshot().totals.created).toBe(0)
  })

  test('that carries activity.module counts in that module, with its group and type', () => {
    const { tracker, tracer } = setUp()
    const attributes = { 'activity.module': 'Crawler', 'activity.group': 'workers', 'activity.type': 'agent_action' }
    const span = tracer.startSpan('fetch', { attributes })
    expect(tracker.isQuiescent({ module: 'Crawler' })).toBe(false)
    expect(tracker.isQuiescent({ group: 'workers' })).toBe(false)
    expect(tracker.isQuiescent({ type: 'agent_action' })).toBe(false)
    span.end()
  })

  test.each([
    ['ai_inference', { 'gen_ai.operation.name': 'chat', 'http.request.method': 'POST' }],
    ['ai_inference', { 'gen_ai.system': 'openai' }],
    ['db_operation', { 'db.system': 'mysql' }],
    ['work_item', { 'messaging.system': 'kafka' }],
    ['api_call', { 'http.method': 'GET' }],
    ['api_call', { 'http.request.method': 'GET' }],
    ['api_call', { 'rpc.system': 'grpc' }],
  ])('is of type %s by %o', (type, attributes) => {
    const { tracker, tracer } = setUp()
    const span = tracer.startSpan('work', { attributes: attributes as Record<string, string> })
    expect(tracker.openActivities().map((activity) => activity.type)).toEqual([type])
    span.end()
  })

  test('with the status error has failed, with its exception', () => {
    const { tracker, tracer } = setUp()
    const ended: unknown[] = []
    tracker.on('activity.failed', (change) => ended.push(change))
    const span = tracer.startSpan('SELECT', query)
    span.recordException(new RangeError('out of range'))
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'no' })
    span.end()
    tracker.flushNow()
    expect(ended).toMatchObject([{ activity: { error: { type: 'RangeError', message: 'out of range' } } }])
    expect(tracker.errorHealth().status).toBe('error')
  })

  test('whose error the activity around it fails with too counts once', async () => {
    const { tracker, tracer } = setUp()
    const work = runActivity({ tracker, name: 'load' }, async () => {
      const span = tracer.startSpan('SELECT', query)
      const error = new RangeError('out of range')
      span.recordException(error)
      span.setStatus({ code: SpanStatusCode.ERROR })
      span.end()
      throw error
    })
    await expect(work).rejects.toThrow('out of range')
    expect(tracker.errorHealth().errorLevelCount).toBe(1)
  })

  test('that ends after the activity around it, with the same error, counts once', async () => {
    const { tracker, tracer } = setUp()
    const error = new RangeError('out of range')
    const span = await new Promise<ReturnType<typeof tracer.startSpan>>((resolve) => {
      const work = runActivity({ tracker, name: 'load' }, async () => {
        const started = tracer.startSpan('SELECT', query)
        started.setAttribute('error.type', 'RangeError')
        started.setStatus({ code: SpanStatusCode.ERROR, message: error.message })
        queueMicrotask(() => void work.catch(() => resolve(started)))
        throw error
      })
    })
    span.end()
    expect(tracker.snapshot().totals.failed).toBe(2)
    expect(tracker.errorHealth().errorLevelCount).toBe(1)
  })

  test('that records an exception without what could be sensitive in it counts once', async () => {
    const { tracker, tracer } = setUp()
    const error = new RangeError('no row 17')
    const work = runActivity({ tracker, name: 'load' }, async () => {
      const span = tracer.startSpan('SELECT', query)
      span.recordException('an error of the database')
      span.setStatus({ code: SpanStatusCode.ERROR, message: error.message })
      span.end()
      throw error
    })
    await expect(work).rejects.toThrow(error)
    expect(tracker.errors()).toMatchObject([{ type: 'Error', message: 'an error of the database' }])
  })

  test('that nobody ends is cancelled as abandoned once it was collected', async () => {
    const { tracker, tracer, clock } = setUp()
    startAndForget(tracer)
    await clock.settle()
    globalThis.gc?.()
    await clock.settle()
    await clock.advance(5_000)
    expect(tracker.isQuiescent()).toBe(true)
    expect(tracker.snapshot().totals.cancelled).toBe(1)
  })
})

function startAndForget(tracer: ReturnType<typeof trace.getTracer>): void {
  tracer.startSpan('SELECT', query)
}

function idsOf(span: { spanContext(): { traceId: string; spanId: string } }) {
  const { traceId, spanId } = span.spanContext()
  return { traceId, spanId }
}

describe('parents are right both ways', () => {
  test('a foreign span inside an activity', () => {
    const { tracker, tracer } = setUp()
    runActivity({ tracker, name: 'outer', module: 'M' }, (outer) => {
      const span = tracer.startSpan('SELECT', query)
      const open = tracker.openActivities({ type: 'db_operation' })
      expect(open).toMatchObject([{ parentId: outer.id, module: 'M' }])
      span.end()
    })
  })

  test('an activity inside a foreign span, and a foreign span inside that', () => {
    const { tracker, tracer, exporter } = setUp()
    tracer.startActiveSpan('GET /users', { attributes: { 'http.request.method': 'GET' } }, (request) => {
      expect(currentActivity()?.name).toBe('GET /users')
      runActivity({ tracker, name: 'load users' }, (load) => {
        expect(load.parentId).toBe(tracker.openActivities({ type: 'api_call' })[0]?.id)
        tracer.startActiveSpan('SELECT', query, (span) => {
          expect(currentActivity()?.parentId).toBe(load.id)
          span.end()
        })
      })
      request.end()
    })
    const spans = new Map(exporter.getFinishedSpans().map((span) => [span.name, span]))
    expect(spans.get('load users')?.parentSpanContext?.spanId).toBe(spans.get('GET /users')?.spanContext().spanId)
    expect(spans.get('SELECT')?.parentSpanContext?.spanId).toBe(spans.get('load users')?.spanContext().spanId)
  })

  test('an activity counts within the foreign span around it, and the asker leaves both out', async () => {
    const { tracker, tracer } = setUp()
    await tracer.startActiveSpan('GET /users', { attributes: { 'http.request.method': 'GET' } }, async (request) => {
      expect(tracker.isQuiescent()).toBe(true)
      const inner = startActivity({ tracker, name: 'background' })
      expect(tracker.isQuiescent({ within: currentActivity() })).toBe(false)
      inner.complete()
      expect(await tracker.waitQuiescent()).toBe(true)
      request.end()
    })
  })

  test('its handle can run more work below it, and end it', () => {
    const { tracker, tracer, exporter } = setUp()
    const span = tracer.startSpan('SELECT', query)
    const id = tracker.openActivities()[0]?.id ?? ''
    const handle = tracker.activity(id)
    handle?.bind(() => runActivity('below', () => undefined))()
    handle?.complete('enough')
    expect(tracker.isQuiescent()).toBe(true)
    span.end()
    expect(exporter.getFinishedSpans()[0]?.parentSpanContext?.spanId).toBe(span.spanContext().spanId)
    expect(tracker.snapshot().faults).toEqual({})
  })
})

describe('our own spans', () => {
  test('are never counted twice', async () => {
    const { tracker } = setUp()
    await runActivity({ tracker, name: 'outer' }, async () => runActivity('inner', () => undefined))
    expect(tracker.snapshot().totals.created).toBe(2)
  })

  test('a foreign span inside an activity that began before there was an SDK is no span of ours', () => {
    const { tracker } = newTracker()
    runActivity({ tracker, name: 'early' }, () => {
      const provider = new TracerProvider({ spanProcessors: [new ActivitySpanProcessor({ tracker })] })
      trace.setGlobalTracerProvider(provider)
      const span = trace.getTracer('someone-else').startSpan('SELECT', query)
      expect(tracker.openActivities({ type: 'db_operation' })).toHaveLength(1)
      span.end()
    })
  })
})

describe('work of underway itself', () => {
  test('is no activity, also where something has lifted the suppression', () => {
    const { tracker, tracer } = setUp()
    asOwnWork(() => {
      expect(tracer.startSpan('POST /v1/traces', query).isRecording()).toBe(false)
      const lifted = unsuppressTracing(context.active())
      const span = tracer.startSpan('POST /v1/traces', query, lifted)
      expect(span.isRecording()).toBe(true)
      expect(tracker.isQuiescent()).toBe(true)
      span.end()
    })
    expect(tracker.snapshot().totals.created).toBe(0)
  })

  test('a call that a health check makes is neither a span nor an activity, nor part of the activity that asked', async () => {
    const { tracker, tracer, exporter } = setUp()
    const asked: boolean[] = []
    tracker.registerModule('Database', {
      healthCheck: async () => {
        await turn()
        const span = tracer.startSpan('SELECT 1', query)
        asked.push(span.isRecording(), isOwnWork(context.active()), currentActivity() === undefined)
        span.end()
      },
    })
    await runActivity({ tracker, name: 'supervisor' }, () => tracker.checkModuleLiveness())
    expect(asked).toEqual([false, true, true])
    expect(tracker.snapshot().totals.created).toBe(1)
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['supervisor'])
  })
})

describe('samplers', () => {
  test('what is not sampled does not reach the processor', () => {
    const { tracker, tracer } = setUp({ sampler: new AlwaysOffSampler() })
    tracer.startSpan('SELECT', query).end()
    expect(tracker.snapshot().totals.created).toBe(0)
  })

  test('recordingSampler lets it through without exporting it', () => {
    const { tracker, tracer, exporter } = setUp({ sampler: recordingSampler(new AlwaysOffSampler()) })
    const span = tracer.startSpan('SELECT', query)
    expect(tracker.isQuiescent()).toBe(false)
    span.end()
    expect(tracker.snapshot().totals.completed).toBe(1)
    expect(exporter.getFinishedSpans()).toHaveLength(0)
  })
})

describe('options and faults', () => {
  test('rules can be added to, and keep spans out', () => {
    const quiet = {
      name: 'health',
      type: null,
      matches: ({ name }: { readonly name: string }) => name === 'GET /health',
    }
    const { tracker, tracer } = setUp({ rules: [quiet, ...defaultSpanRules] })
    const health = tracer.startSpan('GET /health', { attributes: { 'http.request.method': 'GET' } })
    expect(tracker.isQuiescent()).toBe(true)
    health.end()
  })

  test('a rule that throws does not reach user code and is counted', () => {
    const broken = {
      name: 'broken',
      type: 'task',
      matches: () => {
        throw new Error('broken rule')
      },
    }
    const { tracker, tracer } = setUp({ rules: [broken] })
    expect(() => tracer.startSpan('work').end()).not.toThrow()
    expect(tracker.snapshot().faults['tracing.failed']).toBe(1)
  })

  test('after shutdown nothing new comes in, and what is open can end', async () => {
    const { tracker, tracer, processor } = setUp()
    const open = tracer.startSpan('SELECT', query)
    await processor.shutdown()
    tracer.startSpan('SELECT', query).end()
    expect(tracker.snapshot().totals.created).toBe(1)
    open.end()
    expect(tracker.isQuiescent()).toBe(true)
  })
})
