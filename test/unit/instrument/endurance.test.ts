import { describe, expect, test } from 'vitest'
import { ActivityTracker, currentActivity, runActivity, startActivity, trackActivity } from '../../../src/index.js'
import { collectGarbage, turn } from './observe.js'

async function heapAfterCollection(): Promise<number> {
  await collectGarbage()
  return process.memoryUsage().heapUsed
}

const rounds = 100_000
/** What 100,000 rounds may leave behind: far less than ten bytes each, where a chain would keep hundreds. */
const allowedBytes = 1_000_000

async function growthOf(work: (rounds: number) => Promise<void>): Promise<number> {
  await work(2_000)
  const before = await heapAfterCollection()
  await work(rounds)
  return (await heapAfterCollection()) - before
}

describe('work that reschedules itself for ever keeps nothing of its past', () => {
  test('from inside its own activity, over a microtask', async () => {
    const tracker = new ActivityTracker()
    const depth: number[] = []
    await growthLimited(async (count) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      const tick = trackActivity({ tracker, name: 'tick' }, async (left: number): Promise<void> => {
        await Promise.resolve()
        if (left === 1) depth.push(tracker.blockers({ self: true })[0]?.path.length ?? 0)
        if (left > 0) queueMicrotask(() => void tick(left - 1))
        else resolve()
      })
      void tick(count)
      await promise
      await turn()
    })
    // Its parent had just ended; nothing above that is known any more.
    expect(depth).toEqual([2, 2])
    expect(tracker.isQuiescent()).toBe(true)
    expect(tracker.snapshot().totals.completed).toBe(rounds + 2_000 + 2)
  })

  test('while the next one already runs when the last one ends', async () => {
    const tracker = new ActivityTracker()
    await growthLimited(async (count) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      const tick = trackActivity({ tracker, name: 'tick' }, async (left: number): Promise<void> => {
        if (left === 0) resolve()
        await Promise.resolve()
        if (left > 0) void tick(left - 1)
        await Promise.resolve()
      })
      void tick(count)
      await promise
      await turn()
    })
    expect(tracker.isQuiescent()).toBe(true)
  })

  test('inside a long run that stays open', async () => {
    const tracker = new ActivityTracker()
    await runActivity({ tracker, name: 'run', type: 'run' }, async (run) => {
      const step = trackActivity({ name: 'step' }, async () => {
        await Promise.resolve()
      })
      await growthLimited(async (count) => {
        for (let index = 0; index < count; index += 1) await step()
      })
      expect(tracker.openActivities()).toHaveLength(1)
      expect(currentActivity()).toBe(run)
    })
  })

  test('with handles that were given the last one as their parent', async () => {
    const tracker = new ActivityTracker()
    await growthLimited(async (count) => {
      let last = startActivity({ tracker })
      for (let index = 0; index < count; index += 1) {
        const next = startActivity({ tracker, parent: last })
        last.complete()
        last = next
      }
      last.complete()
    })
    expect(tracker.isQuiescent()).toBe(true)
  })
})

async function growthLimited(work: (rounds: number) => Promise<void>): Promise<void> {
  expect(await growthOf(work)).toBeLessThan(allowedBytes)
}

describe('a lot at once', () => {
  test('ten thousand parallel calls are all open and all end', async () => {
    const tracker = new ActivityTracker()
    const gate = Promise.withResolvers<void>()
    const work = trackActivity({ tracker, name: 'work' }, () => gate.promise)
    const pending = Array.from({ length: 10_000 }, () => work())
    expect(tracker.snapshot().open).toBe(10_000)
    gate.resolve()
    await Promise.all(pending)
    expect(tracker.snapshot()).toMatchObject({ open: 0, totals: { created: 10_000, completed: 10_000 } })
  })

  test('five hundred levels deep the path stays short, with both of its ends', () => {
    const tracker = new ActivityTracker()
    const dive = trackActivity({ tracker, name: 'dive' }, (left: number): readonly string[] =>
      left === 0 ? runActivity('bottom', () => tracker.blockers({ self: true }).at(-1)?.path ?? []) : dive(left - 1),
    )
    const path = runActivity({ tracker, name: 'top' }, () => dive(500))
    expect([path[0], path.at(-1)]).toEqual(['top', 'bottom'])
    expect(path.length).toBeLessThanOrEqual(100)
    expect(tracker.isQuiescent()).toBe(true)
  })
})
