import { describe, expect, test, vi } from 'vitest'
import { type HealthMonitorOptions, monitorHealth, type StopReason } from '../../../src/health/index.js'
import { planActivity, runActivity, startActivity } from '../../../src/index.js'
import { balanceAfterEach, deferred, newTracker, turn } from '../../support/tracked.js'

balanceAfterEach()

function watched(options: HealthMonitorOptions = {}) {
  const made = newTracker()
  const stops: StopReason[] = []
  const monitor = monitorHealth({ tracker: made.tracker, onStop: (reason) => void stops.push(reason), ...options })
  return { ...made, monitor, stops }
}

describe('what the policy makes of errors', () => {
  test('stop_on_error stops at the next look after an error, once, with what was seen', async () => {
    const { tracker, clock, monitor, stops } = watched()
    await clock.advance(1_000)
    expect(stops).toEqual([])
    tracker.reportError(new Error('disk is full'), { module: 'Store', work: 'write' })
    await clock.advance(999)
    expect(stops).toEqual([])
    await clock.advance(1)
    expect(stops).toEqual([
      {
        policy: 'stop_on_error',
        cause: 'errors',
        message: '1 error and 0 warnings in the last 5 min (policy stop_on_error)',
        down: [],
        errorHealth: tracker.errorHealth(),
        time: clock.wallMillis(),
      },
    ])
    expect(monitor.stopReason).toBe(stops[0])
    expect(monitor.signal.aborted).toBe(true)
    tracker.reportError(new Error('and again'))
    await clock.advance(100_000)
    expect(stops).toHaveLength(1)
  })

  test('warnings do not stop it', async () => {
    const { tracker, clock, stops } = watched()
    tracker.reportError('slow', { severity: 'warning' })
    await clock.advance(10_000)
    expect(stops).toEqual([])
  })

  test('stop_on_critical waits for a critical one', async () => {
    const { tracker, clock, stops } = watched({ exceptionHandling: { policy: 'stop_on_critical', intervalMillis: 50 } })
    tracker.reportError('bad')
    await clock.advance(50)
    expect(stops).toEqual([])
    tracker.reportError('worse', { severity: 'critical' })
    await clock.advance(50)
    expect(stops.map(({ policy, cause }) => [policy, cause])).toEqual([['stop_on_critical', 'errors']])
  })

  test('continue never stops, nor does exception handling that is switched off', async () => {
    const carriesOn = watched({ exceptionHandling: { policy: 'continue' } })
    const off = watched({ exceptionHandling: { enabled: false } })
    for (const { tracker, clock, stops, monitor } of [carriesOn, off]) {
      tracker.registerModule('Worker', { healthCheck: () => false })
      tracker.reportError('worst', { severity: 'critical' })
      await clock.advance(60_000)
      expect(stops).toEqual([])
      expect(monitor.signal.aborted).toBe(false)
    }
  })
})

describe('what a module that is down makes of it', () => {
  test('it stops under stop_on_error, named with its reason', async () => {
    const { tracker, clock, stops } = watched({ exceptionHandling: { intervalMillis: 3_600_000 } })
    let well = true
    tracker.registerModule('Worker', { healthCheck: () => well })
    await clock.advance(30_000)
    expect(stops).toEqual([])
    well = false
    await clock.advance(30_000)
    expect(stops).toMatchObject([
      {
        cause: 'module',
        down: ['Worker'],
        message: 'Worker is down: health check returned false (policy stop_on_error)',
      },
    ])
  })

  test('a check that hangs is down after the timeout, and no second round begins before', async () => {
    const asked = vi.fn(() => new Promise(() => {}))
    const { tracker, clock, stops } = watched({
      exceptionHandling: { intervalMillis: 3_600_000 },
      healthCheck: { intervalMillis: 100, timeoutMillis: 5_000 },
    })
    tracker.registerModule('Worker', { healthCheck: asked })
    await clock.advance(5_000)
    expect(asked).toHaveBeenCalledTimes(1)
    expect(stops).toEqual([])
    await clock.advance(100)
    expect(stops).toMatchObject([{ down: ['Worker'], message: expect.stringContaining('no answer within 5000 ms') }])
  })

  test('under stop_on_critical it is an error like others', async () => {
    const { tracker, clock, stops } = watched({ exceptionHandling: { policy: 'stop_on_critical' } })
    tracker.registerModule('Worker', { healthCheck: () => false })
    await clock.advance(60_000)
    expect(stops).toEqual([])
    expect(tracker.errorHealth().errorLevelCount).toBe(1)
  })
})

describe('a stop', () => {
  test('tells first and then aborts what is open, which ends as cancelled with the reason', async () => {
    const order: string[] = []
    const { tracker, clock } = watched({ onStop: () => void order.push('told') })
    const running = runActivity({ tracker, name: 'train' }, async (activity) => {
      const { promise, reject } = deferred()
      activity.signal.addEventListener('abort', () => {
        order.push('aborted')
        reject(activity.signal.reason as Error)
      })
      await promise
    })
    const planned = planActivity({ tracker, name: 'later' })
    const failure = running.catch((error: unknown) => error)
    tracker.reportError('bad')
    await clock.advance(1_000)
    expect(await failure).toMatchObject({ name: 'AbortError' })
    expect(order).toEqual(['told', 'aborted'])
    expect(tracker.snapshot().totals.cancelled).toBe(1)
    expect(planned.signal.aborted).toBe(true)
    planned.cancel()
  })

  test('a run that onStop fails stays failed', async () => {
    const { tracker, clock } = newTracker()
    const run = runActivity({ tracker, type: 'run', name: 'train' }, async (activity) => {
      using monitor = monitorHealth({ tracker, onStop: ({ message }) => activity.fail(new Error(message)) })
      expect(await tracker.waitQuiescent({ module: 'Worker', signal: monitor.signal })).toBe(false)
    })
    const worker = startActivity({ tracker, module: 'Worker', name: 'step', parent: null })
    tracker.reportError('bad')
    await clock.advance(1_000)
    await run
    expect(tracker.snapshot().totals).toMatchObject({ failed: 1, cancelled: 0 })
    worker.cancel()
  })

  test('what onStop throws, or rejects with, is a fault and keeps nothing from being aborted', async () => {
    for (const onStop of [
      () => {
        throw new Error('no')
      },
      async () => Promise.reject(new Error('no')),
    ]) {
      const { tracker, clock, monitor } = watched({ onStop })
      tracker.reportError('bad')
      await clock.advance(1_000)
      await turn()
      expect(monitor.signal.aborted).toBe(true)
      expect(tracker.snapshot().faults).toEqual({ 'option.threw': 1 })
    }
  })

  test('does not come after close', async () => {
    const { tracker, clock, monitor, stops } = watched()
    monitor.close()
    monitor.close()
    tracker.reportError('bad')
    await clock.advance(10_000)
    expect(stops).toEqual([])
    expect(monitor.stopReason).toBe(undefined)
  })

  test('does not come from a round of checks that was going on at close', async () => {
    const { tracker, clock, monitor, stops } = watched()
    tracker.registerModule('Worker', { healthCheck: () => new Promise(() => {}) })
    await clock.advance(30_000)
    monitor.close()
    await clock.advance(60_000)
    expect(stops).toEqual([])
  })
})

test('check looks at once at modules and errors, and says what it found', async () => {
  const well = watched()
  expect(await well.monitor.check()).toBe(undefined)
  const broken = watched()
  broken.tracker.registerModule('Worker', { healthCheck: () => false })
  expect(await broken.monitor.check()).toMatchObject({ cause: 'module', down: ['Worker'] })
  const { tracker, monitor, stops } = watched()
  tracker.reportError('bad')
  expect(await monitor.check()).toBe(stops[0])
  expect(stops).toHaveLength(1)
})

test('the looks run outside of the activity in which the monitor was made', async () => {
  const { tracker, clock } = newTracker()
  let inside: unknown = 'not called'
  runActivity({ tracker, name: 'controller' }, () => {
    monitorHealth({ tracker, onStop: () => void (inside = tracker.isQuiescent()) })
  })
  const open = startActivity({ tracker, name: 'open', parent: null })
  tracker.reportError('bad')
  await clock.advance(1_000)
  expect(inside).toBe(false)
  open.complete()
})
