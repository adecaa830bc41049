import { expect, test } from 'vitest'
import { planActivity, runActivity, startActivity } from '../../src/index.js'
import { applyItem, applyOpen } from '../../src/terminal/apply.js'
import { createModel, kept, type ViewModel } from '../../src/terminal/model.js'
import { summarise } from '../../src/terminal/summary.js'
import { newTracker } from '../support/tracked.js'

/** A tracker, and a model that has applied everything that happened in it once `now` is called. */
function modelled() {
  const tracked = newTracker()
  const model = createModel(tracked.clock.wallMillis())
  tracked.tracker.subscribe((items) => {
    for (const item of items) applyItem(model, item)
  })
  const now = (): ViewModel => {
    tracked.tracker.flushNow()
    return model
  }
  return { ...tracked, now }
}

test('work is counted in its module from planning to its end', () => {
  const { tracker, now } = modelled()
  const planned = planActivity({ tracker, module: 'queue', name: 'job' })
  const running = startActivity({ tracker, module: 'queue', name: 'job' })
  expect(now().rows.get('queue')).toMatchObject({ planned: 1, running: 1, completed: 0 })
  planned.start()
  expect(now()).toMatchObject({ planned: 0, running: 2 })
  planned.complete()
  running.fail(new Error('no'))
  expect(now().rows.get('queue')).toMatchObject({ planned: 0, running: 0, completed: 1, failed: 1, timed: 2 })
  expect(now().open.size).toBe(0)
})

test('work that is cancelled before it began counts as cancelled, but has no duration', () => {
  const { tracker, now } = modelled()
  planActivity({ tracker, module: 'queue' }).cancel()
  expect(now().rows.get('queue')).toMatchObject({ planned: 0, cancelled: 1, timed: 0 })
})

test('second attempts are counted as retries when they end', () => {
  const { tracker, now } = modelled()
  for (const number of [1, 2, 3]) startActivity({ tracker, module: 'worker', attempt: { number, of: 3 } }).complete()
  expect(now().rows.get('worker')).toMatchObject({ completed: 3, retried: 2 })
})

test('mean and longest duration come from the work that was started', async () => {
  const { tracker, clock, now } = modelled()
  for (const millis of [100, 300]) {
    const activity = startActivity({ tracker, module: 'worker' })
    await clock.advance(millis)
    activity.complete()
  }
  const [module] = summarise(now(), 'test', clock.wallMillis()).modules
  expect(module).toMatchObject({ module: 'worker', completed: 2, meanMillis: 200, maxMillis: 300 })
})

test('the group of a registered module is that of its row', () => {
  const { tracker, now } = modelled()
  tracker.registerModule('worker-1', { group: 'workers' })
  expect(now().rows.get('worker-1')).toMatchObject({ group: 'workers', down: undefined })
})

test('a module that does not answer is down until it answers again', async () => {
  const { tracker, now } = modelled()
  let well = false
  tracker.registerModule('worker', { healthCheck: () => well })
  await tracker.checkModuleLiveness()
  expect(now().rows.get('worker')?.down).toBe('health check returned false')
  well = true
  await tracker.checkModuleLiveness()
  expect(now().rows.get('worker')?.down).toBeUndefined()
})

test('numbers in the results of work that belongs to a step make a series, others do not', () => {
  const { tracker, now } = modelled()
  for (const step of [1, 2, 3]) {
    startActivity({ tracker, module: 'trainer' }).complete('', { step, result: { loss: 1 / step, name: 'x' } })
    startActivity({ tracker, module: 'worker' }).complete('', { result: { reward: step } })
  }
  const { series } = summarise(now(), 'test', 0)
  expect(series).toEqual([
    { name: 'loss', module: 'trainer', count: 3, first: 1, last: 1 / 3, lowest: 1 / 3, highest: 1 },
  ])
})

test('errors that differ only in numbers and module are one group', () => {
  const { tracker, now } = modelled()
  for (const number of [1, 2])
    tracker.reportError(new RangeError(`task ${number} failed`), { module: `worker-${number}` })
  tracker.reportError('slow', { module: 'worker-1', severity: 'warning' })
  const summary = summarise(now(), 'test', 0)
  expect(summary.errors).toEqual({ info: 0, warning: 1, error: 2, critical: 0 })
  expect(summary.errorGroups.map(({ count, message, modules }) => [count, message, modules])).toEqual([
    [2, 'task 1 failed', ['worker-1', 'worker-2']],
    [1, 'slow', ['worker-1']],
  ])
})

test('decisions are kept with what was considered and why', () => {
  const { tracker, now } = modelled()
  const decision = startActivity({ tracker, module: 'trainer', name: 'rate', type: 'decision' })
  decision.update({ considered: ['0.1', '0.01'], reason: 'the loss rose' })
  decision.complete('0.01')
  expect(summarise(now(), 'test', 0).decisions).toMatchObject({
    count: 1,
    byName: { rate: 1 },
    recent: [{ outcome: '0.01', considered: ['0.1', '0.01'], reason: 'the loss rose' }],
  })
})

test('how a run ended is how the whole ended', () => {
  const { tracker, clock, now } = modelled()
  expect(() =>
    runActivity({ tracker, module: 'controller', name: 'training', type: 'run' }, () => {
      throw new Error('out of data')
    }),
  ).toThrow('out of data')
  expect(summarise(now(), 'test', clock.wallMillis())).toMatchObject({
    state: 'failed',
    reason: 'out of data',
    run: 'training',
    open: 0,
  })
})

test('a run that is still open is the one that is shown, although an earlier one ends later', () => {
  const { tracker, now } = modelled()
  const first = startActivity({ tracker, name: 'first', type: 'run' })
  startActivity({ tracker, name: 'second', type: 'run' })
  first.complete()
  expect(now().run).toMatchObject({ name: 'second', state: 'running' })
})

test('what was open before the view came is in it, and what ended unseen leaves it', () => {
  const { tracker, clock } = newTracker()
  const model = createModel(clock.wallMillis())
  const early = startActivity({ tracker, module: 'early' })
  planActivity({ tracker, module: 'queue' })
  applyOpen(model, tracker.openActivities())
  expect(model).toMatchObject({ running: 1, planned: 1 })
  early.complete()
  applyOpen(model, tracker.openActivities())
  expect(model).toMatchObject({ running: 0, planned: 1 })
})

test('a gap is counted', () => {
  const model = createModel(0)
  applyItem(model, { kind: 'gap', from: 11, to: 20 })
  expect(summarise(model, 'test', 0).missed).toBe(10)
})

test('there is no end of modules, errors and series, but of what is kept of them', () => {
  const { tracker, now } = modelled()
  for (let number = 0; number < kept.rows + 10; number += 1)
    startActivity({ tracker, module: `module ${number}` }).complete()
  for (let number = 0; number < kept.errors + 10; number += 1)
    tracker.reportError('x'.repeat(number + 1), { severity: 'warning' })
  const result = Object.fromEntries(Array.from({ length: kept.series + 10 }, (_, at) => [`n${at}`, at]))
  startActivity({ tracker, module: 'module 1' }).complete('', { step: 1, result })
  const model = now()
  expect([model.rows.size, model.errors.size, model.series.size]).toEqual([kept.rows + 1, kept.errors, kept.series])
  expect(model.rows.get('(other)')?.completed).toBe(10)
  expect(model.severities.warning).toBe(kept.errors + 10)
})
