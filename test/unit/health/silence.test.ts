import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GapStatistics } from '../../../src/health/gap-statistics.js'
import { stuckLeaves, watchSilence } from '../../../src/health/index.js'
import { type FeedItem, planActivity, startActivity } from '../../../src/index.js'
import { goneKey } from '../../../src/tracker/modules.js'
import { balanceAfterEach, newTracker } from '../../support/tracked.js'

balanceAfterEach()

const minute = 60_000

function observed() {
  const made = newTracker()
  const conditions: unknown[] = []
  made.tracker.subscribe((items: readonly FeedItem[]) => {
    for (const item of items) {
      if (item.kind === 'condition') conditions.push([item.activity.name, item.condition, item.silenceMillis])
    }
  })
  return { ...made, conditions }
}

describe('a watch over silence', () => {
  test('tells once that an activity fell silent and once that it was heard of again', async () => {
    const { tracker, clock, conditions } = observed()
    using _watch = watchSilence({ tracker })
    const activity = startActivity({ tracker, name: 'train', silenceBudgetMillis: 10_000 })
    await clock.advance(10_000)
    expect(conditions).toEqual([])
    await clock.advance(5_000)
    expect(conditions).toEqual([['train', 'silent', 11_000]])
    expect(tracker.blockers()[0]?.condition).toBe('silent')
    activity.heartbeat()
    await clock.advance(1_000)
    expect(conditions.slice(1)).toEqual([['train', 'progressing', 1_000]])
    activity.complete()
  })

  test('the budget of a module holds where an activity declares none', async () => {
    const { tracker, clock, conditions } = observed()
    using _watch = watchSilence({ tracker, modules: { Trainer: 5_000 } })
    const declared = startActivity({ tracker, module: 'Trainer', name: 'declared', silenceBudgetMillis: minute })
    const trainer = startActivity({ tracker, module: 'Trainer', name: 'fit' })
    const other = startActivity({ tracker, module: 'Loader', name: 'load' })
    await clock.advance(8_000)
    expect(conditions).toEqual([['fit', 'silent', 6_000]])
    for (const one of [declared, trainer, other]) one.complete()
  })

  test('a budget is learned from the gaps of activities with the same name, and is no less than the floor', async () => {
    const { tracker, clock, conditions } = observed()
    using _watch = watchSilence({ tracker, floorMillis: 1_000 })
    for (let count = 0; count < 30; count += 1) {
      const usual = startActivity({ tracker, name: 'step' })
      await clock.advance(4_000)
      usual.update('half')
      await clock.advance(4_000)
      usual.complete()
    }
    const slow = startActivity({ tracker, name: 'step' })
    const unknown = startActivity({ tracker, name: 'something new' })
    await clock.advance(4_000)
    expect(conditions).toEqual([])
    await clock.advance(2_000)
    expect(conditions.map((one) => (one as unknown[]).slice(0, 2))).toEqual([['step', 'silent']])
    slow.complete()
    unknown.complete()
  })

  test('an event loop that is blocked for a minute makes work silent, never dead', async () => {
    const { tracker, clock, conditions } = observed()
    // No timer comes in between: nobody looks before the minute is over.
    using _watch = watchSilence({ tracker, intervalMillis: minute })
    tracker.registerModule('Trainer', { healthCheck: () => new Promise(() => {}) })
    const work = startActivity({ tracker, module: 'Trainer', name: 'fit', silenceBudgetMillis: 10_000 })
    await clock.advance(minute)
    const asked = tracker.checkModuleLiveness({ timeoutMillis: 5_000 })
    await clock.advance(5_000)
    expect(await asked).toBe(false)
    expect(conditions).toEqual([['fit', 'silent', minute]])
    expect(tracker.blockers()).toMatchObject([{ condition: 'silent', silenceMillis: 65_000 }])
    expect(stuckLeaves({ tracker })).toMatchObject([{ condition: 'silent' }])
    work.complete()
  })

  test('tells that work is dead once what it ran in has exited, also work that was silent or planned', async () => {
    const { tracker, clock, conditions } = observed()
    using _watch = watchSilence({ tracker })
    let exited = false
    tracker.registerModule('Worker', {
      healthCheck: () => {
        if (exited) throw Object.assign(new Error('the worker exited with code 1'), { [goneKey]: true })
      },
    })
    const silent = startActivity({ tracker, module: 'Worker', name: 'fit', silenceBudgetMillis: 1_000 })
    const planned = planActivity({ tracker, module: 'Worker', name: 'later' })
    await clock.advance(2_000)
    exited = true
    expect(await tracker.checkModuleLiveness()).toBe(false)
    await clock.advance(1_000)
    expect(conditions).toEqual([
      ['fit', 'silent', 2_000],
      ['fit', 'dead', 3_000],
      ['later', 'dead', 3_000],
    ])
    for (const one of [silent, planned]) one.cancel()
  })

  test('planned work is never silent, and the time as planned is no gap', async () => {
    const { tracker, clock, conditions } = observed()
    using _watch = watchSilence({ tracker, modules: { Queue: 1_000 } })
    const job = planActivity({ tracker, module: 'Queue', name: 'job' })
    await clock.advance(minute)
    expect(conditions).toEqual([])
    job.start()
    await clock.advance(3_000)
    expect(conditions).toEqual([['job', 'silent', 2_000]])
    job.complete()
  })

  test('after close only declared budgets count, and nobody is told', async () => {
    const { tracker, clock, conditions } = observed()
    const watch = watchSilence({ tracker, modules: { Trainer: 1_000 } })
    const one = startActivity({ tracker, module: 'Trainer', name: 'one' })
    watch.close()
    await clock.advance(minute)
    expect(conditions).toEqual([])
    expect(tracker.blockers()[0]?.condition).toBe('progressing')
    one.complete()
  })

  test.each([
    [{ floorMillis: -1 }, 'watchSilence({ floorMillis }): expected a positive number of milliseconds, got -1'],
    [{ intervalMillis: 'often' }, "got 'often'"],
    [{ modules: 5 }, 'expected an object such as { Trainer: 60_000 }'],
    [{ modules: { Trainer: 0 } }, 'watchSilence({ modules: { Trainer } })'],
  ])('refuses %j', (options, message) => {
    const { tracker } = newTracker()
    expect(() => watchSilence({ tracker, ...options } as never)).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID', message: expect.stringContaining(message) }),
    )
  })
})

describe('learned gaps', () => {
  test('99 of 100 gaps fit into the budget, which is at most a quarter above one of them', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 2 ** 30 }), { minLength: 20, maxLength: 400 }), (given) => {
        const gaps = new GapStatistics(1)
        for (const gap of given) gaps.add('name', gap)
        const budget = gaps.budgetMillis('name') ?? 0
        expect(given.filter((gap) => gap > budget).length).toBeLessThanOrEqual(Math.floor(given.length / 100))
        expect(given.some((gap) => gap <= budget && gap * 1.25 >= budget)).toBe(true)
      }),
    )
  })

  test('too few say nothing, and names have a bound', () => {
    const gaps = new GapStatistics(1)
    for (let count = 0; count < 19; count += 1) gaps.add('few', 5)
    expect(gaps.budgetMillis('few')).toBe(undefined)
    for (let name = 0; name < 2_000; name += 1) {
      for (let count = 0; count < 20; count += 1) gaps.add(`name ${name}`, 5)
    }
    expect(gaps.budgetMillis('name 0')).toBe(6)
    expect(gaps.budgetMillis('name 1999')).toBe(undefined)
  })
})

describe('stuck leaves', () => {
  test('name the lowest silent activity, what waits for it, and how long', async () => {
    const { tracker, clock } = newTracker()
    const run = startActivity({ tracker, name: 'train run', module: 'Controller', silenceBudgetMillis: minute })
    await clock.advance(29 * minute)
    const epoch = startActivity({ tracker, name: 'epoch', module: 'Trainer', parent: run })
    const query = startActivity({
      tracker,
      name: 'db.query',
      module: 'Trainer',
      parent: epoch,
      silenceBudgetMillis: minute,
    })
    const lively = startActivity({ tracker, name: 'load', module: 'Loader', parent: run, silenceBudgetMillis: minute })
    await clock.advance(12 * minute)
    lively.heartbeat()
    expect(stuckLeaves({ tracker })).toMatchObject([
      {
        name: 'db.query',
        path: ['train run', 'epoch', 'db.query'],
        silenceMillis: 12 * minute,
        silenceBudgetMillis: minute,
        condition: 'silent',
        message: expect.stringMatching(
          /^train run open 41 min: blocked on db\.query in Trainer, silent 12 min, started at .+silence\.test\.ts:\d+$/,
        ),
      },
    ])
    query.complete()
    // Now the epoch is the lowest, and has no budget.
    expect(stuckLeaves({ tracker })).toEqual([])
    for (const one of [lively, epoch]) one.complete()
    expect(stuckLeaves({ tracker })).toMatchObject([
      { message: expect.stringContaining('train run open 41 min in Controller, silent 41 min') },
    ])
    run.complete()
  })

  test('come with the longest silence first, as many as asked for', async () => {
    const { tracker, clock } = newTracker()
    const opened = []
    for (const name of ['first', 'second', 'third']) {
      opened.push(startActivity({ tracker, name, silenceBudgetMillis: 1 }))
      await clock.advance(1_000)
    }
    expect(stuckLeaves({ tracker, limit: 2 }).map(({ name }) => name)).toEqual(['first', 'second'])
    for (const one of opened) one.complete()
  })
})
