import { describe, expect, test } from 'vitest'
import { drain, drainOnSignals } from '../../../src/health/index.js'
import { planActivity, runActivity, startActivity } from '../../../src/index.js'
import { lifecycleKey } from '../../../src/tracker/tracker.js'
import { balanceAfterEach, deferred, newTracker } from '../../support/tracked.js'

balanceAfterEach()

/** Work that ends as soon as its signal is aborted. */
function obedient(tracker: ReturnType<typeof newTracker>['tracker'], module: string) {
  const { promise, reject } = deferred()
  const work = runActivity({ tracker, module, name: 'work' }, (activity) => {
    activity.signal.addEventListener('abort', () => reject(activity.signal.reason as Error))
    return promise
  })
  return work.catch((error: unknown) => error)
}

describe('draining', () => {
  test('waits for what is open, sends, and reports', async () => {
    const { tracker, clock } = newTracker()
    const work = startActivity({ tracker, name: 'work' })
    const order: string[] = []
    tracker[lifecycleKey].flushers.add(() => order.push('exported'))
    const report = drain({ tracker, flush: () => order.push('flushed') })
    await clock.advance(2_000)
    expect(order).toEqual([])
    work.complete()
    await clock.settle()
    expect(await report).toEqual({
      quiescent: true,
      left: [],
      startedMeanwhile: 0,
      flushed: true,
      durationMillis: 2_000,
      exitCode: 0,
    })
    expect(order.toSorted()).toEqual(['exported', 'flushed'])
  })

  test('aborts at once the modules whose policy says so, and lets the others finish', async () => {
    const { tracker, clock } = newTracker()
    const loader = obedient(tracker, 'Loader')
    const trainer = startActivity({ tracker, module: 'Trainer', name: 'step' })
    const report = drain({ tracker, modules: { Loader: 'abort' } })
    expect(await loader).toMatchObject({ name: 'AbortError', message: 'the program is draining' })
    expect(trainer.signal.aborted).toBe(false)
    trainer.complete()
    await clock.settle()
    expect((await report).quiescent).toBe(true)
  })

  test('aborts what is left at the timeout, and names what does not even end then', async () => {
    const { tracker, clock } = newTracker()
    const ends = obedient(tracker, 'Trainer')
    const stays = startActivity({ tracker, module: 'Stubborn', name: 'loop' })
    const report = drain({ tracker, timeoutMillis: 5_000, graceMillis: 500 })
    await clock.advance(5_000)
    expect(await ends).toMatchObject({ message: 'still open 5000 ms after draining began' })
    expect(stays.signal.aborted).toBe(true)
    await clock.advance(500)
    expect(await report).toMatchObject({
      quiescent: false,
      left: [{ module: 'Stubborn', name: 'loop' }],
      durationMillis: 5_500,
      exitCode: 1,
    })
    stays.cancel()
  })

  test('a root that is started meanwhile runs, with an aborted signal, and is counted; what is below open work is not', async () => {
    const { tracker, clock } = newTracker()
    const open = startActivity({ tracker, name: 'open' })
    const report = drain({ tracker })
    const root = runActivity({ tracker, name: 'root', parent: null }, ({ signal }) => signal.aborted)
    expect(root).toBe(true)
    const planned = planActivity({ tracker, name: 'planned', parent: null })
    expect(planned.signal.aborted).toBe(true)
    planned.cancel()
    expect(runActivity({ tracker, name: 'child', parent: open }, ({ signal }) => signal.aborted)).toBe(false)
    open.complete()
    await clock.settle()
    expect(await report).toMatchObject({ startedMeanwhile: 2, quiescent: true })
  })

  test('a flush that hangs or fails does not hold it, and shows in the exit code', async () => {
    for (const flush of [() => new Promise(() => {}), () => Promise.reject(new Error('no'))]) {
      const { tracker, clock } = newTracker()
      const report = drain({ tracker, flush, flushMillis: 100 })
      await clock.settle()
      await clock.advance(100)
      expect(await report).toMatchObject({ quiescent: true, flushed: false, exitCode: 1 })
    }
  })

  test('is not sent what a flush says was not sent, or what was lost after draining began', async () => {
    const failing = newTracker()
    const report = drain({ tracker: failing.tracker, flush: async () => false })
    await failing.clock.settle()
    expect(await report).toMatchObject({ flushed: false, exitCode: 1 })

    const { tracker, clock } = newTracker()
    let lost = 3
    tracker[lifecycleKey].lostExports.set('traces', () => lost)
    const work = startActivity({ tracker, name: 'work' })
    const second = drain({ tracker })
    lost = 4
    work.complete()
    await clock.settle()
    expect(await second).toMatchObject({ flushed: false, exitCode: 1 })
  })

  test('is not blamed for what was lost before, and gives exporters all of flushMillis', async () => {
    const { tracker, clock } = newTracker()
    const { flushers, lostExports } = tracker[lifecycleKey]
    lostExports.set('traces', () => 3)
    const given: unknown[] = []
    flushers.add((timeoutMillis) => given.push(timeoutMillis))
    const report = drain({ tracker, flushMillis: 7_000, flush: (...args: unknown[]) => given.push(args) })
    await clock.settle()
    expect(await report).toMatchObject({ flushed: true, exitCode: 0 })
    expect(given).toEqual([[], 7_000])
  })

  test('a second call gives the report of the first', async () => {
    const { tracker, clock } = newTracker()
    const first = drain({ tracker })
    expect(drain({ tracker, timeoutMillis: 1 })).toBe(first)
    await clock.settle()
    await first
  })

  test('inside an activity leaves that one out', async () => {
    const { tracker, clock } = newTracker()
    const report = runActivity({ tracker, name: 'controller' }, () => drain({ tracker }))
    await clock.settle()
    expect(await report).toMatchObject({ quiescent: true })
  })
})

test.each([
  [{ timeoutMillis: -1 }, 'drain({ timeoutMillis }): expected a number of milliseconds, got -1'],
  [{ policy: 'stop' }, "drain({ policy }): expected finish or abort, got 'stop'"],
  [{ modules: { Trainer: true } }, 'drain({ modules: { Trainer } }): expected finish or abort, got true'],
  [{ modules: 5 }, 'expected an object such as'],
  [{ flush: 5 }, 'drain({ flush }): expected a function, got 5'],
])('refuses %j', (options, message) => {
  const { tracker } = newTracker()
  const refused = expect.objectContaining({ code: 'OPTIONS_INVALID', message: expect.stringContaining(message) })
  expect(() => drain({ tracker, ...options } as never)).toThrow(refused)
  expect(() => drainOnSignals({ tracker, ...options } as never)).toThrow(refused)
  expect(() => drainOnSignals({ tracker, signals: ['SIGNOW' as never] })).toThrow(/there is no signal 'SIGNOW'/)
})
