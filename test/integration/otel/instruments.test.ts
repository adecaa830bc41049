import { metrics } from '@opentelemetry/api'
import { afterEach, describe, expect, test } from 'vitest'
import { durationBuckets, metricNames } from '../../../src/activity/semantic-conventions.js'
import { planActivity, runActivity, startActivity } from '../../../src/index.js'
import { registerInstruments } from '../../../src/otel/instruments.js'
import { ManualClock } from '../../../src/testing/index.js'
import { lifecycleKey } from '../../../src/tracker/tracker.js'
import { newTracker } from '../../support/otel.js'
import { type Collected, registerMetrics } from '../../support/otel-metrics.js'

const active = metricNames.active.name
const started = metricNames.started.name
const ended = metricNames.ended.name
const duration = metricNames.duration.name

afterEach(() => metrics.disable())

function instrumented() {
  const sdk = registerMetrics()
  const clock = new ManualClock()
  const { tracker, faults, warnings } = newTracker({ clock })
  return { sdk, clock, tracker, faults, warnings, registration: registerInstruments({ tracker }) }
}

function total(collected: Collected, name: string): number {
  return collected.series(name).reduce((sum, [, value]) => sum + value, 0)
}

describe('what is open, began and ended', () => {
  test('is counted by module, group, type and state', async () => {
    const { sdk, tracker } = instrumented()
    startActivity({ tracker, module: 'Trainer', group: 'train', type: 'work_item', name: 'a' }).complete()
    startActivity({ tracker, module: 'Trainer', group: 'train', type: 'work_item', name: 'b' }).fail(new Error('no'))
    using _open = startActivity({ tracker, module: 'Trainer', group: 'train', type: 'work_item', name: 'c' })
    using _queued = planActivity({ tracker, module: 'Queue', name: 'd' })
    const collected = await sdk.collect()
    const trainer = { 'activity.module': 'Trainer', 'activity.group': 'train', 'activity.type': 'work_item' }
    expect(collected.series(started)).toEqual([
      [trainer, 3],
      [{ 'activity.module': 'Queue', 'activity.type': 'task' }, 0],
    ])
    expect(collected.series(ended)).toEqual([
      [{ ...trainer, 'activity.state': 'completed' }, 1],
      [{ ...trainer, 'activity.state': 'failed' }, 1],
    ])
    expect(collected.value(active, { ...trainer, 'activity.state': 'running' })).toBe(1)
    expect(collected.value(active, { 'activity.module': 'Queue', 'activity.state': 'planned' })).toBe(1)
    expect(collected.value(active, { 'activity.module': 'Queue', 'activity.state': 'running' })).toBe(0)
    expect(collected.value('activity.quiescent')).toBe(0)
  })

  test('goes back to zero, planned work too', async () => {
    const { sdk, tracker } = instrumented()
    const job = planActivity({ tracker, module: 'Queue', name: 'job' })
    expect((await sdk.collect()).value(active, { 'activity.state': 'planned' })).toBe(1)
    job.start()
    const running = await sdk.collect()
    expect(running.value(active, { 'activity.state': 'planned' })).toBe(0)
    expect(running.value(active, { 'activity.state': 'running' })).toBe(1)
    job.complete()
    const done = await sdk.collect()
    expect(total(done, active)).toBe(0)
    expect(done.value('activity.quiescent')).toBe(1)
  })

  test('loses nothing of 100,000 activities that end in one tick', async () => {
    const { sdk, tracker } = instrumented()
    for (let n = 0; n < 100_000; n += 1) startActivity({ tracker, module: 'Trainer', name: 'step' }).complete()
    const collected = await sdk.collect()
    expect(collected.value(started)).toBe(100_000)
    expect(collected.value(ended)).toBe(100_000)
    expect(collected.histogram(duration).count).toBe(100_000)
    expect(collected.value('underway.feed.dropped')).toBe(0)
  })
})

describe('durations', () => {
  test('fall into buckets from 5 ms to 24 h, in seconds, by how the work ended', async () => {
    const { sdk, clock, tracker } = instrumented()
    const fast = startActivity({ tracker, module: 'Trainer', name: 'fast' })
    const slow = startActivity({ tracker, module: 'Trainer', name: 'slow' })
    await clock.advance(40)
    fast.complete()
    await clock.advance(7_200_000)
    slow.fail('too slow')
    const collected = await sdk.collect()
    expect(collected.metric(duration).descriptor).toMatchObject({ unit: 's', type: 'HISTOGRAM' })
    const completed = collected.histogram(duration, { 'activity.state': 'completed' })
    expect(completed).toMatchObject({ count: 1, sum: 0.04 })
    expect(completed.buckets.boundaries).toEqual(durationBuckets)
    expect(completed.buckets.counts[durationBuckets.indexOf(0.05)]).toBe(1)
    expect(collected.histogram(duration, { 'activity.state': 'failed' }).sum).toBeCloseTo(7_200.04)
  })

  test('of waiting are recorded when planned work starts, and only then', async () => {
    const { sdk, clock, tracker } = instrumented()
    const job = planActivity({ tracker, module: 'Queue', name: 'job' })
    const withdrawn = planActivity({ tracker, module: 'Queue', name: 'other' })
    await clock.advance(3_000)
    job.start()
    withdrawn.cancel()
    await clock.advance(1_000)
    job.complete()
    const collected = await sdk.collect()
    expect(collected.histogram('activity.queue.duration')).toMatchObject({ count: 1, sum: 3 })
    expect(collected.histogram(duration)).toMatchObject({ count: 1, sum: 1 })
  })

  test('are recorded outside of the call in which the work ended', async () => {
    const { sdk, tracker } = instrumented()
    const { tracker: inner } = newTracker()
    let inside = false
    const meter = sdk.provider.getMeter('spy')
    const spied = Object.create(meter) as typeof meter
    let recordedInside = 0
    spied.createHistogram = (...args) => {
      const made = meter.createHistogram(...args)
      return {
        record: (...values) => {
          if (inside) recordedInside += 1
          made.record(...values)
        },
      }
    }
    registerInstruments({ tracker: inner, meter: spied })
    inside = true
    for (let n = 0; n < 1_000; n += 1) startActivity({ tracker: inner, name: 'step' }).complete()
    inside = false
    expect(recordedInside).toBe(0)
    await sdk.collect()
    expect(recordedInside).toBe(0)
    expect(tracker.snapshot().open).toBe(0)
  })
})

describe('age and silence', () => {
  test('are those of the oldest and the most silent running activity of each module', async () => {
    const { sdk, clock, tracker } = instrumented()
    const first = startActivity({ tracker, module: 'Trainer', name: 'first' })
    await clock.advance(10_000)
    const second = startActivity({ tracker, module: 'Trainer', name: 'second' })
    planActivity({ tracker, module: 'Queue', name: 'waits' })
    await clock.advance(20_000)
    first.heartbeat()
    await clock.advance(5_000)
    const collected = await sdk.collect()
    expect(collected.series('activity.oldest.age')).toEqual([[{ 'activity.module': 'Trainer' }, 35]])
    expect(collected.series('activity.silence.max')).toEqual([[{ 'activity.module': 'Trainer' }, 25]])
    first.complete()
    second.complete()
    expect((await sdk.collect()).value('activity.oldest.age')).toBe(0)
  })

  test('what waits for something open below it is not silent', async () => {
    const { sdk, clock, tracker } = instrumented()
    const run = startActivity({ tracker, module: 'Controller', type: 'run', name: 'fit' })
    await clock.advance(60_000)
    const step = startActivity({ tracker, module: 'Trainer', name: 'step', parent: run })
    await clock.advance(10_000)
    const collected = await sdk.collect()
    expect(collected.value('activity.silence.max', { 'activity.module': 'Controller' })).toBe(0)
    expect(collected.value('activity.silence.max', { 'activity.module': 'Trainer' })).toBe(10)
    step.complete()
    expect((await sdk.collect()).value('activity.silence.max', { 'activity.module': 'Controller' })).toBe(70)
  })
})

describe('health', () => {
  test('errors are counted for ever by module, type and severity, also those that left memory', async () => {
    const sdk = registerMetrics()
    const { tracker } = newTracker({ maxErrors: 2 })
    registerInstruments({ tracker })
    for (let n = 0; n < 10; n += 1) tracker.reportError(new RangeError(`${n}`), { module: 'Store' })
    tracker.reportError('slow', { module: 'Store', severity: 'warning' })
    const collected = await sdk.collect()
    expect(collected.series('activity.errors')).toEqual([
      [{ 'activity.module': 'Store', 'error.type': 'RangeError', 'activity.severity': 'error' }, 10],
      [{ 'activity.module': 'Store', 'error.type': 'message', 'activity.severity': 'warning' }, 1],
    ])
    expect(collected.value('activity.error_health')).toBe(2)
  })

  test('error health is 0, 1 or 2', async () => {
    const { sdk, tracker } = instrumented()
    expect((await sdk.collect()).value('activity.error_health')).toBe(0)
    tracker.reportError('slow', { severity: 'warning' })
    expect((await sdk.collect()).value('activity.error_health')).toBe(1)
  })

  test('a module is up or down', async () => {
    const { sdk, tracker } = instrumented()
    let well = true
    tracker.registerModule('Store', { healthCheck: () => well })
    expect((await sdk.collect()).value('activity.module.up', { 'activity.module': 'Store' })).toBe(1)
    well = false
    await tracker.checkModuleLiveness()
    expect((await sdk.collect()).value('activity.module.up', { 'activity.module': 'Store' })).toBe(0)
  })

  test('the progress of a run is a ratio under the name of the run', async () => {
    const { sdk, tracker } = instrumented()
    const run = startActivity({ tracker, type: 'run', name: 'train' })
    run.update('half', { done: 100, total: 200 })
    const other = startActivity({ tracker, type: 'run', name: 'evaluate', parent: null })
    other.update({ percent: 25 })
    const collected = await sdk.collect()
    expect(collected.value('activity.run.progress', { run: 'train' })).toBe(0.5)
    expect(collected.value('activity.run.progress', { run: 'evaluate' })).toBe(0.25)
  })

  test('the running runs of each name are counted, and 0 once they have ended', async () => {
    const { sdk, tracker } = instrumented()
    const runs = [1, 2].map(() => startActivity({ tracker, type: 'run', name: 'train', parent: null }))
    startActivity({ tracker, name: 'no run' })
    expect((await sdk.collect()).series('activity.run.open')).toEqual([[{ run: 'train' }, 2]])
    for (const run of runs) run.complete()
    expect((await sdk.collect()).series('activity.run.open')).toEqual([[{ run: 'train' }, 0]])
  })

  test('the step is there once it was set', async () => {
    const { sdk, tracker } = instrumented()
    expect((await sdk.collect()).names).not.toContain('experiment.current_step')
    tracker.step = 7
    expect((await sdk.collect()).value('experiment.current_step')).toBe(7)
  })

  test('faults and changes that subscribers lost are counted, also when the subscriber is gone', async () => {
    const { sdk, tracker } = instrumented()
    const off = tracker.subscribe(() => {}, { maxBatch: 1, whenFull: 'drop' })
    const activity = startActivity({ tracker, name: 'work' })
    activity.complete()
    activity.complete()
    off()
    const collected = await sdk.collect()
    expect(collected.value('underway.feed.dropped')).toBe(1)
    expect(collected.value('underway.faults', { 'underway.fault.kind': 'end.ignored' })).toBe(1)
  })
})

describe('series', () => {
  test('have no other labels than their description lists', async () => {
    const { sdk, clock, tracker } = instrumented()
    tracker.registerModule('Trainer', { group: 'train' })
    tracker.step = 1
    tracker[lifecycleKey].lostExports.set('traces', () => 1)
    const job = planActivity({ tracker, module: 'Trainer', type: 'run', name: 'run' })
    await clock.advance(1)
    job.start().update({ percent: 10 })
    startActivity({ tracker, module: 'Trainer', name: 'failing' }).fail(new Error('no'))
    job.start()
    const collected = await sdk.collect()
    expect(collected.names.sort()).toEqual(
      Object.values(metricNames)
        .map(({ name }) => name)
        .sort(),
    )
    for (const { name, labels, unit, description } of Object.values(metricNames)) {
      const { descriptor, dataPoints } = collected.metric(name)
      expect(descriptor).toMatchObject({ unit, description })
      for (const { attributes } of dataPoints) expect(labels).toEqual(expect.arrayContaining(Object.keys(attributes)))
    }
  })

  test('a metric without points is not sent', async () => {
    const { sdk } = instrumented()
    expect((await sdk.collect()).names.sort()).toEqual([
      'activity.error_health',
      'activity.quiescent',
      'underway.feed.dropped',
    ])
  })

  test('are bounded: what comes later shares "(other)", and no count is lost', async () => {
    const { sdk, tracker } = instrumented()
    for (let n = 0; n < 5_000; n += 1) {
      using activity = startActivity({ tracker, module: `Worker-${n}`, name: 'work' })
      if (n % 2 === 0) activity.fail('no')
    }
    const collected = await sdk.collect()
    for (const name of [active, started, ended, 'activity.errors']) {
      expect(collected.series(name).length).toBeLessThan(2_000)
      expect(collected.series(name).some(([labels]) => labels['activity.module'] === '(other)')).toBe(true)
      expect(collected.series(name).some(([labels]) => 'otel.metric.overflow' in labels)).toBe(false)
    }
    expect(total(collected, started)).toBe(5_000)
    expect(total(collected, ended)).toBe(5_000)
    expect(total(collected, 'activity.errors')).toBe(2_500)
    const samples = collected.metric(duration).dataPoints as { readonly value: { readonly count: number } }[]
    expect(samples.length).toBeLessThan(2_000)
    expect(samples.reduce((sum, { value }) => sum + value.count, 0)).toBe(5_000)
  })
})

describe('registration', () => {
  test('twice for one tracker and meter counts once', async () => {
    const { sdk, tracker, registration } = instrumented()
    expect(registerInstruments({ tracker })).toBe(registration)
    startActivity({ tracker, name: 'work' }).complete()
    expect((await sdk.collect()).histogram(duration).count).toBe(1)
  })

  test('ends with what waits recorded, and nothing after it', async () => {
    const { sdk, tracker, registration } = instrumented()
    startActivity({ tracker, name: 'work' }).complete()
    registration.unregister()
    registration.unregister()
    startActivity({ tracker, name: 'work' }).complete()
    const collected = await sdk.collect()
    expect(collected.names).toEqual([duration])
    expect(collected.histogram(duration).count).toBe(1)
  })

  test('without an SDK says so once and changes nothing', () => {
    const { tracker, warnings } = newTracker()
    registerInstruments({ tracker })
    expect(runActivity({ tracker, name: 'work' }, () => 7)).toBe(7)
    expect(warnings.filter((warning) => warning.includes('register the SDK first'))).toHaveLength(1)
  })

  test('with something that is no meter is refused', () => {
    expect(() => registerInstruments({ meter: {} as never })).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID' }),
    )
  })

  test('reaches a second reader in full', async () => {
    const { sdk, tracker } = instrumented()
    startActivity({ tracker, name: 'work' }).complete()
    await sdk.collect()
    expect((await sdk.collect()).histogram(duration).count).toBe(1)
  })
})
