import { context, logs, trace } from '@opentelemetry/api'
import type { LogRecordProcessor } from '@opentelemetry/sdk-logs'
import { afterEach, describe, expect, test } from 'vitest'
import { watchSilence } from '../../../src/health/index.js'
import { currentActivity, planActivity, runActivity, startActivity } from '../../../src/index.js'
import {
  exceptionSignalsOf,
  type LifecycleLogsOptions,
  registerLifecycleLogs,
} from '../../../src/otel/lifecycle-logs.js'
import { ManualClock } from '../../../src/testing/index.js'
import { isOwnWork } from '../../../src/tracing/suppressed.js'
import { newTracker, registerSdk, unregisterAll } from '../../support/otel.js'
import { millis, registerLogs } from '../../support/otel-logs.js'

afterEach(() => {
  unregisterAll()
  logs.disable()
})

function logged(options: LifecycleLogsOptions = {}, processors: readonly LogRecordProcessor[] = []) {
  const sdk = registerLogs(processors)
  const clock = new ManualClock()
  const { tracker, faults, warnings } = newTracker({ clock })
  const registration = registerLifecycleLogs({ tracker, ...options })
  return { sdk, clock, tracker, faults, warnings, registration }
}

test('without a provider it is said that there is none', () => {
  const { tracker, faults, warnings } = newTracker()
  registerLifecycleLogs({ tracker })
  expect(faults('signal.missing')).toBe(1)
  expect(warnings).toEqual([expect.stringMatching(/^registerLifecycleLogs\(\): .*register the SDK first/)])
})

describe('a start and its end', () => {
  test('are sent of work that outlives the start delay', async () => {
    const { sdk, clock, tracker } = logged()
    const began = clock.wallMillis()
    const activity = startActivity({ tracker, module: 'Trainer', name: 'train', plan: 'Train 10 epochs' })
    await clock.advance(999)
    expect(sdk.story()).toEqual([])
    await clock.advance(1)
    expect(sdk.story()).toEqual(['activity.started Train 10 epochs'])
    expect(millis(sdk.record('activity.started').hrTime)).toBe(began)
    expect(millis(sdk.record('activity.started').hrTimeObserved)).toBe(began + 1_000)
    await clock.advance(500)
    activity.complete('10 epochs trained')
    await clock.settle()
    expect(sdk.story()).toEqual(['activity.started Train 10 epochs', 'activity.ended 10 epochs trained'])
    expect(sdk.record('activity.ended').attributes).toMatchObject({
      'activity.id': activity.id,
      'activity.name': 'train',
      'activity.module': 'Trainer',
      'activity.type': 'task',
      'activity.state': 'completed',
      'activity.did': '10 epochs trained',
      'activity.duration': 1.5,
    })
  })

  test('of short work are not sent', async () => {
    const { sdk, clock, tracker } = logged()
    for (let n = 0; n < 100; n += 1) startActivity({ tracker, name: 'short' }).complete()
    await clock.advance(60_000)
    expect(sdk.story()).toEqual([])
  })

  test('of planned work are told from its start on', async () => {
    const { sdk, clock, tracker } = logged()
    const job = planActivity({ tracker, name: 'job' })
    const withdrawn = planActivity({ tracker, name: 'withdrawn' })
    await clock.advance(10_000)
    withdrawn.cancel()
    job.start()
    await clock.advance(1_000)
    job.cancel('not needed')
    await clock.settle()
    expect(sdk.story()).toEqual(['activity.started job', 'activity.ended not needed'])
  })

  test('of work that was open before, and of work that began before it was told, are sent at once when due', async () => {
    const sdk = registerLogs()
    const clock = new ManualClock()
    const { tracker } = newTracker({ clock })
    startActivity({ tracker, name: 'old' })
    await clock.advance(5_000)
    startActivity({ tracker, name: 'young' })
    registerLifecycleLogs({ tracker })
    expect(sdk.story()).toEqual(['activity.started old'])
    startActivity({ tracker, name: 'backdated', startTime: clock.wallMillis() - 2_000 })
    await clock.settle()
    expect(sdk.story()).toEqual(['activity.started old', 'activity.started backdated'])
    await clock.advance(1_000)
    expect(sdk.story()).toContain('activity.started young')
  })

  test('carry the run that the work belongs to, and what the user set', async () => {
    const { sdk, clock, tracker } = logged()
    const run = startActivity({ tracker, type: 'run', name: 'nightly' })
    startActivity({ tracker, name: 'step', parent: run, attributes: { 'batch.size': 32, 'activity.module': 'lies' } })
    await clock.advance(1_000)
    const step = sdk.records().find(({ attributes }) => attributes['activity.name'] === 'step')
    expect(step?.attributes).toMatchObject({
      'activity.parent.id': run.id,
      'activity.run.id': run.id,
      'activity.run.name': 'nightly',
      'activity.module': 'unknown_service',
      'batch.size': 32,
    })
  })
})

describe('while it runs', () => {
  test('of the updates of one interval the latest is sent', async () => {
    const { sdk, clock, tracker } = logged()
    const activity = startActivity({ tracker, name: 'train' })
    await clock.advance(1_000)
    for (let done = 1; done <= 100; done += 1) activity.update(`batch ${done}`, { done, total: 100 })
    await clock.settle()
    await clock.advance(5_000)
    activity.log('checkpoint written', { percent: 100 })
    await clock.settle()
    await clock.advance(5_000)
    expect(sdk.story()).toEqual([
      'activity.started train',
      'activity.updated batch 100',
      'activity.updated checkpoint written',
    ])
    expect(sdk.records()[1]?.attributes).toMatchObject({
      'activity.doing': 'batch 100',
      'activity.progress.done': 100,
      'activity.progress.total': 100,
    })
  })

  test('what has sent nothing for an interval sends a heartbeat with its age and silence', async () => {
    const { sdk, clock, tracker } = logged()
    const activity = startActivity({ tracker, name: 'train' })
    await clock.advance(1_000)
    await clock.advance(20_000)
    activity.heartbeat()
    await clock.advance(10_000)
    expect(sdk.story()).toEqual(['activity.started train', 'activity.heartbeat'])
    expect(sdk.record('activity.heartbeat')).toMatchObject({
      severityText: 'DEBUG',
      attributes: { 'activity.age': 31, 'activity.silence': 10 },
    })
    await clock.advance(30_000)
    expect(sdk.story().filter((line) => line === 'activity.heartbeat')).toHaveLength(2)
    activity.complete()
    await clock.advance(120_000)
    expect(sdk.story()).toHaveLength(4)
  })

  test('falling silent and being heard of again are sent, while somebody watches', async () => {
    const { sdk, clock, tracker } = logged()
    using _watch = watchSilence({ tracker })
    const activity = startActivity({ tracker, name: 'train', silenceBudgetMillis: 4_000 })
    await clock.advance(6_000)
    activity.update('alive')
    await clock.advance(1_000)
    expect(sdk.story()).toEqual([
      'activity.started train',
      'activity.condition silent',
      'activity.condition progressing',
    ])
    expect(sdk.records()[1]).toMatchObject({
      severityText: 'WARN',
      attributes: { 'activity.id': activity.id, 'activity.condition': 'silent', 'activity.silence': 5 },
    })
  })

  test('an end leaves out an update that waits', async () => {
    const { sdk, clock, tracker } = logged()
    const activity = startActivity({ tracker, name: 'train' })
    await clock.advance(1_000)
    activity.update('almost')
    activity.complete('done')
    await clock.advance(60_000)
    expect(sdk.story()).toEqual(['activity.started train', 'activity.ended done'])
  })
})

describe('errors', () => {
  test('are sent of short work too, with the ids of its span', async () => {
    const spans = registerSdk()
    const { sdk, clock, tracker } = logged()
    startActivity({ tracker, module: 'Store', name: 'write' }).fail(new RangeError('disk is full'))
    await clock.settle()
    expect(sdk.story()).toEqual(['activity.error disk is full'])
    const record = sdk.record('activity.error')
    expect(record).toMatchObject({
      severityText: 'ERROR',
      attributes: { 'activity.module': 'Store', 'activity.name': 'write', 'error.type': 'RangeError' },
    })
    const { traceId, spanId, traceFlags } = spans.span('write').spanContext()
    expect(record.spanContext).toMatchObject({ traceId, spanId, traceFlags })
    expect(traceFlags).toBe(1)
  })

  test('reported without an activity stand alone, with their severity', async () => {
    const { sdk, clock, tracker } = logged()
    tracker.reportError('queue is long', { module: 'Queue', severity: 'warning' })
    tracker.reportError('gone', { module: 'Queue', severity: 'critical' })
    await clock.settle()
    expect(sdk.records().map(({ severityNumber, spanContext }) => [severityNumber, spanContext])).toEqual([
      [13, undefined],
      [21, undefined],
    ])
  })
})

describe('the exception of a failure', () => {
  async function failing(exceptions: LifecycleLogsOptions['exceptions']) {
    const spans = registerSdk()
    const { sdk, clock, tracker, registration } = logged({ exceptions })
    startActivity({ tracker, name: 'write' }).fail(new RangeError('disk is full'))
    await clock.settle()
    return { spans, record: sdk.record('activity.error'), tracker, registration }
  }

  test('is on the span alone unless asked otherwise', async () => {
    const { spans, record } = await failing(undefined)
    expect(spans.span('write').events.map(({ name }) => name)).toEqual(['exception'])
    expect(record.attributes).not.toHaveProperty('exception.stacktrace')
  })

  test('is on the log record alone with `logs`, until the registration ends', async () => {
    const { spans, record, tracker, registration } = await failing('logs')
    expect(spans.span('write').events).toEqual([])
    expect(spans.span('write').status.message).toBe('disk is full')
    expect(record.attributes).toMatchObject({
      'exception.type': 'RangeError',
      'exception.message': 'disk is full',
      'exception.stacktrace': expect.stringContaining('lifecycle-logs.test'),
    })
    registration.unregister()
    startActivity({ tracker, name: 'later' }).fail(new Error('no'))
    expect(spans.span('later').events).toHaveLength(1)
  })

  test('is on both with `logs/dup`', async () => {
    const { spans, record } = await failing('logs/dup')
    expect(spans.span('write').events).toHaveLength(1)
    expect(record.attributes).toHaveProperty('exception.type', 'RangeError')
  })

  test.each([
    [undefined, undefined],
    ['', undefined],
    ['spans', undefined],
    ['logs', 'logs'],
    [' LOGS ', 'logs'],
    ['logs/dup', 'logs/dup'],
    ['logs,logs/dup', 'logs/dup'],
  ])('is asked for by the environment value %j as %j', (value, expected) => {
    expect(exceptionSignalsOf(value)).toBe(expected)
  })
})

describe('our own sending', () => {
  test('has the ids of the span of each activity', async () => {
    const spans = registerSdk()
    const { sdk, clock, tracker } = logged()
    const a = startActivity({ tracker, name: 'a' })
    const b = startActivity({ tracker, name: 'b', parent: null })
    await clock.advance(1_000)
    expect(sdk.records().map(({ spanContext }) => spanContext?.spanId)).toEqual([a.spanId, b.spanId])
    expect(sdk.records().map(({ spanContext }) => spanContext?.traceId)).toEqual([a.traceId, b.traceId])
    a.complete()
    b.complete()
    expect(spans.span('a').spanContext().spanId).toBe(a.spanId)
  })

  test('has ids that stay the same without a tracing SDK', async () => {
    const { sdk, clock, tracker } = logged()
    const activity = startActivity({ tracker, name: 'a' })
    await clock.advance(1_000)
    activity.complete()
    await clock.settle()
    const ids = sdk.records().map(({ spanContext }) => spanContext?.spanId)
    expect(ids).toEqual([activity.spanId, activity.spanId])
  })

  test('runs outside of any activity, with tracing suppressed, and marked', async () => {
    const spans = registerSdk()
    const seen: unknown[] = []
    const processor: LogRecordProcessor = {
      onEmit(_record, recordContext) {
        trace.getTracer('exporter').startSpan('POST /v1/logs').end()
        seen.push([
          currentActivity(),
          isOwnWork(context.active()),
          recordContext !== undefined && isOwnWork(recordContext),
        ])
      },
      forceFlush: () => Promise.resolve(),
      shutdown: () => Promise.resolve(),
    }
    const { clock, tracker } = logged({}, [processor])
    await runActivity({ tracker, name: 'outer' }, async () => {
      const inner = startActivity('inner')
      await clock.advance(1_000)
      inner.fail('no')
      await clock.advance(5_000)
    })
    await clock.settle()
    expect(seen).toHaveLength(5)
    for (const one of seen) expect(one).toEqual([undefined, true, true])
    expect(spans.spans().map(({ name }) => name)).toEqual(['inner', 'outer'])
  })

  test('that fails is counted and reaches nobody', async () => {
    const logger = {
      emit: () => {
        throw new Error('logger')
      },
    }
    const { clock, tracker, faults } = logged({ logger })
    const activity = startActivity({ tracker, name: 'work' })
    await clock.advance(1_000)
    activity.complete()
    await clock.settle()
    expect(faults('signal.failed')).toBe(2)
  })
})

describe('what does not fit', () => {
  test('is counted, and the ends that were lost are told without how', async () => {
    const { sdk, clock, tracker, faults } = logged({ maxBatch: 2 })
    const lost = startActivity({ tracker, name: 'lost' })
    await clock.advance(1_000)
    tracker.step = 1
    tracker.step = 2
    lost.fail('no')
    const found = startActivity({ tracker, name: 'found' })
    await clock.advance(1_000)
    expect(sdk.story()).toEqual([
      'activity.started lost',
      'activity.ended ended; how is not known, as changes were dropped',
      'activity.started found',
    ])
    expect(sdk.record('activity.ended').attributes).not.toHaveProperty('activity.state')
    found.complete()
    expect(faults('signal.dropped')).toBe(1)
    expect(tracker.snapshot().subscribers).toMatchObject([{ name: 'lifecycle logs', dropped: 3 }])
  })

  test('beyond the activities that are followed at once is left out and counted', async () => {
    const { sdk, clock, tracker, faults } = logged({ maxActivities: 2 })
    const all = [1, 2, 3].map((n) => startActivity({ tracker, name: `${n}` }))
    await clock.advance(1_000)
    for (const activity of all) activity.complete()
    await clock.settle()
    expect(sdk.records()).toHaveLength(4)
    expect(faults('signal.dropped')).toBe(1)
    startActivity({ tracker, name: 'again' })
    await clock.advance(1_000)
    expect(sdk.story()).toContain('activity.started again')
  })
})

describe('registration', () => {
  test('twice for one tracker sends once', async () => {
    const { sdk, clock, tracker, registration } = logged()
    expect(registerLifecycleLogs({ tracker })).toBe(registration)
    startActivity({ tracker, name: 'work' })
    await clock.advance(1_000)
    expect(sdk.records()).toHaveLength(1)
  })

  test('ends with what waits sent and no timer left', async () => {
    const { sdk, clock, tracker, registration } = logged()
    const activity = startActivity({ tracker, name: 'train' })
    await clock.advance(1_000)
    activity.update('half way')
    registration.unregister()
    expect(sdk.story()).toEqual(['activity.started train', 'activity.updated half way'])
    const timers = clock.timers
    activity.complete()
    await clock.advance(60_000)
    expect(sdk.records()).toHaveLength(2)
    expect(timers).toBeLessThanOrEqual(1)
  })

  test('before the SDK works, as the api passes records on from then', async () => {
    const clock = new ManualClock()
    const { tracker } = newTracker({ clock })
    registerLifecycleLogs({ tracker })
    startActivity({ tracker, name: 'work' })
    const sdk = registerLogs()
    await clock.advance(1_000)
    expect(sdk.story()).toEqual(['activity.started work'])
  })

  test.each([
    { startDelayMillis: -1 },
    { heartbeatMillis: 0 },
    { updateMillis: Number.NaN },
    { maxActivities: 0 },
    { logger: {} as never },
    { exceptions: 'spans' as never },
  ])('with %j is refused', (options) => {
    expect(() => registerLifecycleLogs({ tracker: newTracker().tracker, ...options })).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID' }),
    )
  })
})
