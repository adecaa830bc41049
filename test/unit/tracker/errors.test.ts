import { describe, expect, test } from 'vitest'
import { errorHealthOf, runActivity, startActivity } from '../../../src/index.js'
import { balanceAfterEach, newTracker, turn } from '../../support/tracked.js'

balanceAfterEach()

describe('reporting', () => {
  test('an error is kept with its module, its work and the activity it was reported in', () => {
    const { tracker, clock } = newTracker({ serviceName: 'service' })
    runActivity({ tracker, module: 'Trainer', name: 'step' }, (activity) => {
      const id = tracker.reportError(new TypeError('bad batch'), { details: { batch: 3 } })
      expect(tracker.errors()).toEqual([
        {
          id,
          time: clock.wallMillis(),
          severity: 'error',
          module: 'Trainer',
          work: 'step',
          type: 'TypeError',
          message: 'bad batch',
          stack: expect.stringContaining('bad batch'),
          details: { batch: 3 },
          activityId: activity.id,
        },
      ])
    })
    tracker.reportError('a message', { module: 'Queue', work: 'poll', severity: 'info' })
    expect(tracker.errors({ module: 'Queue' })).toMatchObject([
      { type: 'message', message: 'a message', severity: 'info', work: 'poll' },
    ])
    expect(tracker.reportError('outside') !== '').toBe(true)
    expect(tracker.errors().at(-1)).toMatchObject({ module: 'service', work: '' })
  })

  test('one error object counts once and keeps its id', () => {
    const { tracker } = newTracker()
    const error = new Error('once')
    expect(tracker.reportError(error)).toBe(tracker.reportError(error))
    expect(tracker.reportError('text')).not.toBe(tracker.reportError('text'))
    expect(tracker.errors()).toHaveLength(3)
  })

  test('an error that passes through many parents counts once', async () => {
    const { tracker } = newTracker()
    const error = new Error('deep')
    const nest = (depth: number): Promise<never> =>
      runActivity({ tracker, name: `level ${depth}` }, async () =>
        depth === 0 ? Promise.reject(error) : nest(depth - 1),
      )
    await expect(nest(20)).rejects.toBe(error)
    expect(tracker.errors()).toHaveLength(1)
    expect(tracker.errors()[0]).toMatchObject({ work: 'level 0', message: 'deep' })
    expect(tracker.errorHealth().errorLevelCount).toBe(1)
  })

  test.each(['text', 7, undefined, null, true, Symbol('s'), 10n])(
    'a thrown %s counts once through its parents, and again when thrown anew',
    (thrown) => {
      const { tracker } = newTracker()
      const nest = (depth: number): unknown =>
        runActivity({ tracker, name: `level ${depth}` }, () => {
          if (depth === 0) throw thrown
          return nest(depth - 1)
        })
      for (const times of [1, 2]) {
        expect(() => nest(3)).toThrow()
        expect(tracker.errors()).toHaveLength(times)
      }
    },
  )

  test('texts that are thrown at the same time count once each on their ways up', async () => {
    const { tracker } = newTracker()
    const nest = async (depth: number, thrown: string): Promise<never> =>
      runActivity({ tracker, name: `level ${depth}` }, async () => {
        await turn()
        if (depth === 0) throw thrown
        try {
          return await nest(depth - 1, thrown)
        } finally {
          // The others fail in between.
          await turn()
        }
      })
    await Promise.allSettled([nest(3, 'a'), nest(3, 'b'), nest(3, 'a'), nest(5, 'c')])
    expect(tracker.errors().map((error) => error.message)).toEqual(['a', 'b', 'a', 'c'])
  })

  test('an activity with report: false leaves the error health alone', () => {
    const { tracker } = newTracker()
    startActivity({ tracker, name: 'quiet', errors: { report: false } }).fail(new Error('expected'))
    expect(tracker.errors()).toEqual([])
    expect(tracker.errorHealth().status).toBe('healthy')
  })

  test('a failure is a warning while attempts are left, and the last one an error', () => {
    const { tracker } = newTracker()
    for (const number of [1, 2, 3])
      startActivity({ tracker, name: 'call', attempt: { number, of: 3 } }).fail(new Error(`attempt ${number}`))
    startActivity({ tracker, name: 'call', attempt: 2 }).fail(new Error('without a limit'))
    startActivity({ tracker, name: 'call', attempt: { number: 1, of: 3 }, errors: { severity: 'critical' } }).fail(
      new Error('said so'),
    )
    expect(tracker.errors().map((error) => error.severity)).toEqual([
      'warning',
      'warning',
      'error',
      'error',
      'critical',
    ])
  })

  test('only the newest errors are kept, and how many left is counted', () => {
    const { tracker } = newTracker({ maxErrors: 3 })
    for (let index = 0; index < 10; index += 1) tracker.reportError(`message ${index}`)
    expect(tracker.errors().map((error) => error.message)).toEqual(['message 7', 'message 8', 'message 9'])
    expect(tracker.snapshot().droppedErrors).toBe(7)
    expect(tracker.errorHealth().recentErrorCount).toBe(10)
  })

  test('errors are filtered by module, by severity and to the newest', () => {
    const { tracker } = newTracker()
    for (const severity of ['info', 'warning', 'error', 'critical'] as const)
      tracker.reportError(severity, { severity, module: `of ${severity}` })
    expect(tracker.errors({ severity: 'warning' }).map((error) => error.message)).toEqual(['warning'])
    expect(tracker.errors({ module: 'of info' })).toHaveLength(1)
    expect(tracker.errors({ limit: 2 }).map((error) => error.message)).toEqual(['error', 'critical'])
    expect(tracker.errors({ limit: 0 })).toEqual([])
    expect(tracker.errors({ limit: -1 })).toEqual([])
    expect(tracker.errors({ limit: 99 })).toHaveLength(4)
  })
})

describe('error health', () => {
  test('is healthy, a warning or an error, with a sentence', () => {
    const { tracker } = newTracker()
    expect(tracker.errorHealth()).toEqual({
      status: 'healthy',
      message: 'No errors in the last 5 min',
      recentErrorCount: 0,
      errorLevelCount: 0,
      warningLevelCount: 0,
      criticalLevelCount: 0,
      infoLevelCount: 0,
      windowMillis: 300_000,
    })
    tracker.reportError('note', { severity: 'info' })
    expect(tracker.errorHealth()).toMatchObject({ status: 'healthy', recentErrorCount: 1, infoLevelCount: 1 })
    tracker.reportError('hm', { severity: 'warning' })
    expect(tracker.errorHealth()).toMatchObject({
      status: 'warning',
      message: '0 errors and 1 warning in the last 5 min',
    })
    tracker.reportError('oh', { severity: 'critical' })
    tracker.reportError('oh')
    expect(tracker.errorHealth()).toMatchObject({
      status: 'error',
      message: '2 errors and 1 warning in the last 5 min',
      errorLevelCount: 2,
      criticalLevelCount: 1,
      recentErrorCount: 4,
    })
  })

  test('forgets what is older than its window, and not before', async () => {
    const { tracker, clock } = newTracker({ errorWindowMillis: 60_000 })
    await clock.advance(25_000)
    tracker.reportError('old')
    await clock.advance(30_000)
    tracker.reportError('new')
    await clock.advance(30_000)
    expect(tracker.errorHealth().errorLevelCount).toBe(2)
    await clock.advance(10_000)
    expect(tracker.errorHealth().errorLevelCount).toBe(1)
    await clock.advance(30_000)
    expect(tracker.errorHealth()).toMatchObject({
      errorLevelCount: 0,
      status: 'healthy',
      message: 'No errors in the last 1 min',
    })
    expect(tracker.errors()).toHaveLength(2)
    await clock.advance(1e9)
    tracker.reportError('after a long silence')
    expect(tracker.errorHealth().errorLevelCount).toBe(1)
  })

  test('is not moved by jumps of the wall clock', async () => {
    const { tracker, clock } = newTracker()
    tracker.reportError('x')
    clock.jump(86_400_000)
    expect(tracker.errorHealth().errorLevelCount).toBe(1)
    clock.jump(-2 * 86_400_000)
    expect(tracker.errorHealth().errorLevelCount).toBe(1)
  })

  test('has thresholds', () => {
    const { tracker } = newTracker({ errorThresholds: { errors: 2, warnings: 3 } })
    tracker.reportError('one')
    expect(tracker.errorHealth().status).toBe('healthy')
    for (let index = 0; index < 3; index += 1) tracker.reportError(`w${index}`, { severity: 'warning' })
    expect(tracker.errorHealth().status).toBe('warning')
    tracker.reportError('two')
    expect(tracker.errorHealth().status).toBe('error')
  })

  test('of several processes is that of the sum of their counts', () => {
    const counts = { info: 0, warning: 1, error: 2, critical: 0 }
    const { status, message } = errorHealthOf(counts, 30_000, { errors: 3 })
    expect([status, message]).toEqual(['warning', '2 errors and 1 warning in the last 30 s'])
    expect(errorHealthOf({ ...counts, error: 1, warning: 0 }, 90_000).message).toBe(
      '1 error and 0 warnings in the last 1.5 min',
    )
  })
})
