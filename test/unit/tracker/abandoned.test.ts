import { describe, expect, test } from 'vitest'
import { type ActivityTracker, planActivity, runActivity, startActivity, trackActivity } from '../../../src/index.js'
import type { ManualClock } from '../../../src/testing/index.js'
import { balanceAfterEach, newTracker, turn } from '../../support/tracked.js'

balanceAfterEach()

/** Collects garbage until a lost object is gone; an object is only let go of once the turn it was made in is over. */
async function collect(): Promise<void> {
  const canary = new WeakRef(lose())
  for (let round = 0; round < 50; round += 1) {
    await turn()
    globalThis.gc?.()
    if (canary.deref() === undefined && round > 3) return
  }
  throw new Error('the garbage collector did not run; is --expose-gc on?')
}

function lose(): object {
  return { lost: true }
}

async function sweep(clock: ManualClock): Promise<void> {
  await collect()
  await clock.advance(5_000)
}

function abandon(tracker: ActivityTracker, name: string): void {
  startActivity({ tracker, module: 'M', name })
}

describe('a handle that nobody holds', () => {
  test('is cancelled as abandoned by the next sweep, which comes every five seconds', async () => {
    const { tracker, clock, warnings } = newTracker()
    abandon(tracker, 'lost')
    const wait = tracker.waitQuiescent()
    await collect()
    await clock.advance(4_999)
    expect(tracker.isQuiescent()).toBe(false)
    await clock.advance(1)
    expect(tracker.isQuiescent()).toBe(true)
    expect(await wait).toBe(true)
    expect(tracker.snapshot()).toMatchObject({ totals: { cancelled: 1 }, faults: { abandoned: 1 } })
    expect(warnings).toEqual(['UNDERWAY_ABANDONED'])
    await clock.advance(5_000)
    expect(clock.timers).toBe(0)
  })

  test('is told to the feed with its reason', async () => {
    const { tracker, clock } = newTracker()
    const ended: unknown[] = []
    tracker.on('activity.cancelled', (change) =>
      ended.push('activity' in change ? [change.activity.name, change.activity.reason] : change),
    )
    abandon(tracker, 'lost')
    tracker.flushNow()
    await sweep(clock)
    tracker.flushNow()
    expect(ended).toEqual([['lost', 'abandoned']])
  })

  test('of planned work is withdrawn too', async () => {
    const { tracker, clock } = newTracker()
    const plan = (): void => void planActivity({ tracker, name: 'later' })
    plan()
    await sweep(clock)
    expect(tracker.snapshot().totals).toMatchObject({ withdrawn: 1, cancelled: 1 })
  })

  test('stays open while a function of it runs', async () => {
    const { tracker, clock } = newTracker()
    const gate = Promise.withResolvers<void>()
    const run = (): Promise<void> => startActivity({ tracker, name: 'work' }).run(() => gate.promise)
    const running = run()
    await sweep(clock)
    expect(tracker.isQuiescent()).toBe(false)
    gate.resolve()
    await running
    expect(tracker.snapshot().totals).toMatchObject({ completed: 1, cancelled: 0 })
  })

  test('stays open when its id was read, as it can be ended by it', async () => {
    const { tracker, clock } = newTracker()
    const idOf = (): string => startActivity({ tracker, name: 'known' }).id
    const id = idOf()
    await sweep(clock)
    expect(tracker.isQuiescent()).toBe(false)
    tracker.activity(id)?.complete()
    expect(tracker.snapshot().totals).toMatchObject({ completed: 1, cancelled: 0 })
  })

  test('stays open when its id is the user’s own', async () => {
    const { tracker, clock } = newTracker()
    const start = (): void => void startActivity({ tracker, name: 'known', id: 'job-7' })
    start()
    await sweep(clock)
    expect(tracker.activity('job-7')?.isOpen).toBe(true)
    tracker.activity('job-7')?.complete()
  })

  test('stays open when it was handed off to another process', async () => {
    const { tracker, clock } = newTracker()
    const send = (): object => startActivity({ tracker, name: 'sent' }).inject({})
    expect(send()).toHaveProperty('underway')
    await sweep(clock)
    expect(tracker.isQuiescent()).toBe(false)
  })

  test('stays open when somebody has found it by its id meanwhile', async () => {
    const { tracker, clock } = newTracker()
    abandon(tracker, 'found')
    await collect()
    const found = tracker.activity(tracker.openActivities()[0]?.id ?? '')
    await clock.advance(5_000)
    expect(found?.state).toBe('running')
    found?.complete()
    expect(tracker.snapshot().totals).toMatchObject({ completed: 1, cancelled: 0 })
  })

  test('stays open while a function bound to it is held', async () => {
    const { tracker, clock } = newTracker()
    const bind = (): (() => number) => startActivity({ tracker, name: 'bound' }).bind(() => 7)
    const bound = bind()
    await sweep(clock)
    expect(bound()).toBe(7)
    expect(tracker.isQuiescent()).toBe(false)
  })

  test('is not looked for while the handle is held', async () => {
    const { tracker, clock } = newTracker()
    const handle = startActivity({ tracker, name: 'held' })
    await sweep(clock)
    await sweep(clock)
    expect(handle.isOpen).toBe(true)
    handle.complete()
    await clock.advance(5_000)
    expect(clock.timers).toBe(0)
  })
})

test('a generator that is dropped half-way is cancelled as abandoned', async () => {
  const { tracker, clock } = newTracker()
  const numbers = trackActivity({ tracker, name: 'numbers' }, function* () {
    yield 1
    yield 2
  })
  const drop = (): unknown => numbers().next().value
  expect(drop()).toBe(1)
  expect(tracker.isQuiescent()).toBe(false)
  await sweep(clock)
  expect(tracker.snapshot()).toMatchObject({ open: 0, totals: { cancelled: 1 } })
})

test('a block that ends by itself is never abandoned', async () => {
  const { tracker, clock } = newTracker()
  runActivity({ tracker, name: 'block' }, () => undefined)
  await sweep(clock)
  expect(tracker.snapshot().faults).toEqual({})
})
