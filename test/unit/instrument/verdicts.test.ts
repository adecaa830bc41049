import { describe, expect, test } from 'vitest'
import {
  type ActivityHandle,
  type ActivitySnapshot,
  currentActivity,
  runActivity,
  startActivity,
  trackActivity,
} from '../../../src/index.js'
import { deferred, observe, rejectionOf, thrownBy, turn } from './observe.js'

/** Runs a block as an activity and tells how that ended. */
function outcomeOf(block: (activity: ActivityHandle) => unknown): ActivitySnapshot {
  const { tracker, only } = observe()
  try {
    runActivity({ tracker, name: 'work' }, block)
  } catch {
    // Only how the activity ended is looked at here.
  }
  return only()
}

function abortError(): DOMException {
  return new DOMException('stopped', 'AbortError')
}

describe('while a function runs, a verdict is noted and the activity ends when the function settles', () => {
  const cases: readonly (readonly [string, (activity: ActivityHandle) => unknown, Partial<ActivitySnapshot>])[] = [
    ['return', () => 1, { state: 'completed' }],
    ['throw', () => raise('t'), { state: 'failed', error: expect.objectContaining({ message: 't' }) }],
    ['complete, return', (a) => a.complete('done'), { state: 'completed', did: 'done' }],
    [
      'complete, throw',
      (a) => [a.complete('done'), raise('t')],
      { state: 'failed', error: expect.objectContaining({ message: 't' }) },
    ],
    [
      'fail, return',
      (a) => a.fail(new Error('f')),
      { state: 'failed', error: expect.objectContaining({ message: 'f' }) },
    ],
    [
      'fail, throw',
      (a) => [a.fail(new Error('f')), raise('t')],
      { state: 'failed', error: expect.objectContaining({ message: 'f' }) },
    ],
    ['cancel, return', (a) => a.cancel('why'), { state: 'cancelled', reason: 'why' }],
    ['cancel, throw', (a) => [a.cancel('why'), raise('t')], { state: 'cancelled', reason: 'why' }],
    ['skip, return', (a) => a.skip('nothing new'), { state: 'skipped', reason: 'nothing new' }],
    ['skip, throw', (a) => [a.skip('nothing new'), raise('t')], { state: 'failed' }],
    ['complete, cancel, return', (a) => [a.complete('done'), a.cancel('why')], { state: 'completed', did: 'done' }],
    ['cancel, complete, return', (a) => [a.cancel('why'), a.complete('done')], { state: 'cancelled', reason: 'why' }],
    ['fail, complete, return', (a) => [a.fail(new Error('f')), a.complete('done')], { state: 'failed' }],
    ['skip, fail, return', (a) => [a.skip('s'), a.fail(new Error('f'))], { state: 'skipped', reason: 's' }],
    ['cancel, AbortError', (a) => [a.cancel('why'), raise(abortError())], { state: 'cancelled' }],
    [
      'AbortError of somebody else',
      () => raise(abortError()),
      { state: 'failed', error: expect.objectContaining({ type: 'AbortError' }) },
    ],
  ]

  test.each(cases)('%s', (_, block, expected) => {
    expect(outcomeOf(block)).toMatchObject(expected)
  })

  test('what a later verdict says is ignored and counted', () => {
    const { tracker, only, faults } = observe()
    runActivity({ tracker }, (activity) => {
      activity.complete('first', { result: 1 })
      activity.complete('second', { result: 2 })
      activity.fail(new Error('third'))
      activity.skip('fourth')
    })
    expect(only()).toMatchObject({ state: 'completed', did: 'first', result: 1 })
    expect(only()).not.toHaveProperty('error')
    expect(only()).not.toHaveProperty('reason')
    expect(faults('end.ignored')).toBe(3)
  })

  test('it stays open until then, and can still be updated', async () => {
    const { tracker, only } = observe()
    const gate = deferred()
    const pending = runActivity({ tracker }, async (activity) => {
      activity.complete('early')
      expect(activity.isOpen).toBe(true)
      await gate.promise
      activity.update('tidying up')
    })
    await turn()
    expect(tracker.isQuiescent()).toBe(false)
    gate.resolve()
    await pending
    expect(only()).toMatchObject({ state: 'completed', did: 'early', doing: 'tidying up' })
  })

  test('a cancelled function that still writes keeps the tracker from being quiescent', async () => {
    const { tracker, only } = observe()
    const gate = deferred()
    let written = 0
    const write = trackActivity({ tracker }, async () => {
      await gate.promise
      written += 1
    })
    const pending = write()
    const [open] = tracker.openActivities()
    const activity = tracker.activity(open?.id ?? '')
    activity?.cancel('stop')
    await turn()
    expect(activity?.state).toBe('running')
    expect(tracker.isQuiescent()).toBe(false)
    expect(await tracker.waitQuiescent({ timeoutMillis: 0 })).toBe(false)
    gate.resolve()
    await pending
    expect(written).toBe(1)
    expect(tracker.isQuiescent()).toBe(true)
    expect(only().state).toBe('cancelled')
  })

  test('undefined is an error like any other', () => {
    expect(outcomeOf((activity) => activity.fail(undefined))).toMatchObject({
      state: 'failed',
      error: { type: 'undefined' },
    })
  })

  test('currentActivity gives the very handle that the block was given', () => {
    const { tracker } = observe()
    runActivity({ tracker }, (activity) => {
      expect(currentActivity()).toBe(activity)
      expect(tracker.activity(activity.id)).toBe(activity)
    })
  })
})

describe('a handle without a function ends at once', () => {
  test.each([
    ['complete', (a: ActivityHandle) => a.complete('did it'), { state: 'completed', did: 'did it' }],
    ['fail', (a: ActivityHandle) => a.fail(new RangeError('far')), { state: 'failed', error: { type: 'RangeError' } }],
    ['cancel', (a: ActivityHandle) => a.cancel('no time'), { state: 'cancelled', reason: 'no time' }],
    ['skip', (a: ActivityHandle) => a.skip('not needed'), { state: 'skipped', reason: 'not needed' }],
  ] as const)('%s', (_, end, expected) => {
    const { tracker, only } = observe()
    const activity = startActivity({ tracker })
    end(activity)
    expect(activity.isOpen).toBe(false)
    expect(tracker.isQuiescent()).toBe(true)
    expect(only()).toMatchObject(expected)
  })

  test('the first end wins; later ends are counted and change nothing', () => {
    const { tracker, only, faults } = observe()
    const activity = startActivity({ tracker })
    activity.complete('first')
    const before = activity.toJSON()
    activity.complete('second', { result: 1 })
    activity.fail(new Error('late'))
    activity.skip('late')
    activity.cancel('late')
    expect(activity.toJSON()).toEqual(before)
    expect(only().did).toBe('first')
    expect(faults('end.ignored')).toBe(4)
    expect(tracker.snapshot().totals).toMatchObject({ completed: 1, failed: 0, cancelled: 0, skipped: 0 })
  })

  test('updates after the end are counted and change nothing', () => {
    const { tracker, faults } = observe()
    const activity = startActivity({ tracker })
    activity.complete()
    const before = activity.toJSON()
    activity.update('late', { done: 1, total: 2 }).heartbeat().log('late').set('late', true).start('late')
    expect(activity.toJSON()).toEqual(before)
    expect(faults('update.ignored')).toBe(4)
    expect(faults('start.ignored')).toBe(1)
  })
})

describe('several functions of one activity', () => {
  test('it ends with the last of them', async () => {
    const { tracker, only, ended } = observe()
    const activity = startActivity({ tracker })
    const gates = [deferred(), deferred()]
    const runs = gates.map((gate) => activity.run(() => gate.promise))
    gates[0]?.resolve()
    await runs[0]
    expect(ended()).toHaveLength(0)
    gates[1]?.resolve()
    await runs[1]
    expect(only().state).toBe('completed')
  })

  test('one that throws makes it fail, also when another one returns later', async () => {
    const { tracker, only } = observe()
    const activity = startActivity({ tracker })
    const gate = deferred()
    const slow = activity.run(() => gate.promise)
    thrownBy(() => activity.run(() => raise('first')))
    expect(activity.isOpen).toBe(true)
    gate.resolve()
    await slow
    expect(only()).toMatchObject({ state: 'failed', error: { message: 'first' } })
  })

  test('a throw after complete makes it fail, also when another one returns later', async () => {
    const { tracker, only } = observe()
    const activity = startActivity({ tracker })
    const gate = deferred()
    const slow = activity.run(() => gate.promise)
    thrownBy(() =>
      activity.run(() => {
        activity.complete('too early')
        raise('after all')
      }),
    )
    gate.resolve()
    await slow
    expect(only()).toMatchObject({ state: 'failed', error: { message: 'after all' } })
  })

  test('run inside its own block does not end it early', () => {
    const { tracker, only } = observe()
    runActivity({ tracker }, (activity) => {
      expect(activity.run(() => 5)).toBe(5)
      expect(activity.isOpen).toBe(true)
      activity.complete('with the block')
    })
    expect(only().did).toBe('with the block')
  })

  test('what a run inside its own block throws is for the block to handle', async () => {
    const { tracker, only } = observe()
    await runActivity({ tracker }, async (activity) => {
      thrownBy(() => activity.run(() => raise('handled')))
      await activity.run(() => Promise.reject(new Error('handled too'))).catch(() => {})
    })
    expect(only().state).toBe('completed')
  })

  test('a run inside its own block that nobody waited for keeps it open, and decides when it is the last', async () => {
    const { tracker, only, ended } = observe()
    const gate = deferred()
    let running: Promise<void> = Promise.resolve()
    runActivity({ tracker }, (activity) => {
      running = activity.run(() => gate.promise)
    })
    expect(tracker.isQuiescent()).toBe(false)
    expect(ended()).toHaveLength(0)
    gate.reject(new Error('late'))
    await rejectionOf(running)
    expect(only()).toMatchObject({ state: 'failed', error: { message: 'late' } })
  })

  test('run on an activity that has ended calls the function untracked, counted', () => {
    const { tracker, only, faults } = observe()
    const activity = startActivity({ tracker })
    activity.complete()
    expect(activity.run((given) => given === activity)).toBe(true)
    expect(faults('run.ended')).toBe(1)
    expect(only().state).toBe('completed')
  })
})

function raise(error: string | Error): never {
  throw typeof error === 'string' ? new Error(error) : error
}
