import { describe, expect, test } from 'vitest'
import { type ActivityHandle, planActivity, runActivity, type Scope, startActivity } from '../../../src/index.js'
import { balanceAfterEach, deferred, newTracker, turn } from '../../support/tracked.js'

balanceAfterEach()

describe('a scope', () => {
  test('without fields is everything', () => {
    const { tracker } = newTracker()
    expect(tracker.isQuiescent()).toBe(true)
    const activity = startActivity({ tracker, name: 'work' })
    expect(tracker.isQuiescent()).toBe(false)
    expect(tracker.isQuiescent({})).toBe(false)
    activity.complete()
    expect(tracker.isQuiescent()).toBe(true)
  })

  test.each<[string, Scope, Scope]>([
    ['module', { module: 'Trainer' }, { module: 'Queue' }],
    ['group', { group: 'workers' }, { group: 'control' }],
    ['type', { type: 'run' }, { type: 'task' }],
    ['attributes', { attributes: { tenant: 'a', tags: ['x', 'y'] } }, { attributes: { tenant: 'a', tags: ['x'] } }],
    ['where', { where: (activity) => activity.name === 'work' }, { where: (activity) => activity.name === 'play' }],
    ['module and group', { module: 'Trainer', group: 'workers' }, { module: 'Trainer', group: 'control' }],
    ['module and type', { module: 'Trainer', type: 'run' }, { module: 'Queue', type: 'run' }],
    ['module and planned', { module: 'Trainer', planned: false }, { module: 'Queue', planned: false }],
  ])('by %s holds what it names and nothing else', (_, holding, empty) => {
    const { tracker } = newTracker()
    startActivity({
      tracker,
      name: 'work',
      module: 'Trainer',
      group: 'workers',
      type: 'run',
      attributes: { tenant: 'a', tags: ['x', 'y'] },
    })
    expect(tracker.isQuiescent(holding)).toBe(false)
    expect(tracker.openActivities(holding)).toHaveLength(1)
    expect(tracker.isQuiescent(empty)).toBe(true)
    expect(tracker.openActivities(empty)).toEqual([])
  })

  test('counts planned work as open unless it says planned: false', () => {
    const { tracker } = newTracker()
    const job = planActivity({ tracker, module: 'Queue', name: 'resize' })
    expect(tracker.isQuiescent()).toBe(false)
    expect(tracker.isQuiescent({ planned: false })).toBe(true)
    expect(tracker.isQuiescent({ module: 'Queue', planned: false })).toBe(true)
    job.start()
    expect(tracker.isQuiescent({ planned: false })).toBe(false)
    job.complete()
    expect(tracker.isQuiescent()).toBe(true)
  })

  test('of a wrong type is left out and counted', () => {
    const { tracker } = newTracker()
    startActivity({ tracker, module: 'Trainer', name: 'work' })
    expect(tracker.isQuiescent({ module: 5 } as never)).toBe(false)
    expect(tracker.isQuiescent({ within: {} } as never)).toBe(false)
    expect(tracker.snapshot().faults['scope.invalid']).toBe(2)
  })

  test('whose test throws or answers with a promise never makes open work look done', () => {
    const { tracker } = newTracker()
    startActivity({ tracker, name: 'work' })
    expect(
      tracker.isQuiescent({
        where: () => {
          throw new Error('where')
        },
      }),
    ).toBe(false)
    expect(tracker.isQuiescent({ where: (async () => false) as never })).toBe(false)
    expect(tracker.snapshot().faults['scope.invalid']).toBe(2)
  })
})

describe('who asks', () => {
  test('does not count, nor do its ancestors, in every kind of scope', () => {
    const { tracker } = newTracker()
    runActivity(
      { tracker, module: 'Controller', group: 'control', type: 'run', name: 'outer', attributes: { a: 1 } },
      (outer) => {
        runActivity({ name: 'inner', type: 'task' }, (inner) => {
          const scopes: Scope[] = [
            {},
            { module: 'Controller' },
            { group: 'control' },
            { type: 'run' },
            { within: outer },
            { within: inner },
            { attributes: { a: 1 } },
            { where: () => true },
            { module: 'Controller', type: 'task' },
          ]
          for (const scope of scopes) {
            expect([scope, tracker.isQuiescent(scope)]).toEqual([scope, true])
            expect(tracker.blockers(scope)).toEqual([])
          }
          expect(tracker.isQuiescent({ self: true })).toBe(false)
          expect(tracker.blockers({ self: true }).map((blocker) => blocker.name)).toEqual(['outer', 'inner'])
          expect(tracker.openActivities().map((activity) => activity.name)).toEqual(['outer', 'inner'])
          expect(tracker.openActivities({ self: false })).toEqual([])
        })
      },
    )
  })

  test('counts for others, and siblings of it count for it', async () => {
    const { tracker } = newTracker()
    const gate = deferred()
    const sibling = startActivity({ tracker, module: 'A', name: 'sibling' })
    const running = runActivity({ tracker, module: 'A', name: 'asker' }, async () => {
      expect(tracker.isQuiescent({ module: 'A' })).toBe(false)
      sibling.complete()
      expect(tracker.isQuiescent({ module: 'A' })).toBe(true)
      await gate.promise
      expect(tracker.isQuiescent({ module: 'A' })).toBe(true)
    })
    expect(tracker.isQuiescent({ module: 'A' })).toBe(false)
    gate.resolve()
    await running
  })

  test('that has ended is still the asker, and its open ancestors are left out', () => {
    const { tracker } = newTracker()
    runActivity({ tracker, name: 'outer' }, () => {
      const inner = startActivity({ tracker, name: 'inner' })
      const ask = inner.bind(() => tracker.isQuiescent())
      inner.complete()
      expect(ask()).toBe(true)
    })
  })

  test('is told from what else is open, however deep it lies and whatever ended above it', () => {
    const { tracker } = newTracker()
    let last = startActivity({ tracker, module: 'Loop', name: 'round' })
    // A loop that reschedules itself: every round is started by the one before, which ends.
    for (let round = 0; round < 50; round += 1) {
      const next = last.run(() => startActivity({ module: 'Loop', name: 'round' }))
      last.complete()
      last = next
    }
    const ask = last.bind(() => [tracker.isQuiescent(), tracker.isQuiescent({ module: 'Loop' })])
    expect(ask()).toEqual([true, true])
    const others = Array.from({ length: 100 }, () => startActivity({ tracker, module: 'Loop', name: 'other' }))
    expect(ask()).toEqual([false, false])
    for (const other of others) {
      expect(ask()).toEqual([false, false])
      other.complete()
    }
    expect(ask()).toEqual([true, true])
    expect(tracker.isQuiescent()).toBe(false)
    last.complete()
    expect(ask()).toEqual([true, true])
  })

  test('with a parent of null stands alone', () => {
    const { tracker } = newTracker()
    runActivity({ tracker, name: 'outer' }, () => {
      runActivity({ name: 'detached', parent: null }, (detached) => {
        expect(detached.parentId).toBe(undefined)
        expect(tracker.blockers().map((blocker) => blocker.name)).toEqual(['outer'])
      })
    })
  })
})

describe('within', () => {
  function tree(): {
    tracker: ReturnType<typeof newTracker>['tracker']
    top: ActivityHandle
    middle: ActivityHandle
    leaf: ActivityHandle
  } {
    const { tracker } = newTracker()
    const top = startActivity({ tracker, name: 'top' })
    const middle = startActivity({ tracker, name: 'middle', parent: top })
    const leaf = startActivity({ tracker, name: 'leaf', parent: middle })
    return { tracker, top, middle, leaf }
  }

  test('an activity counts it and everything below it', () => {
    const { tracker, top, middle, leaf } = tree()
    const other = startActivity({ tracker, name: 'other' })
    expect(tracker.openActivities({ within: top }).map((one) => one.name)).toEqual(['top', 'middle', 'leaf'])
    expect(tracker.openActivities({ within: middle.id }).map((one) => one.name)).toEqual(['middle', 'leaf'])
    leaf.complete()
    middle.complete()
    top.complete()
    expect(tracker.isQuiescent({ within: top })).toBe(true)
    expect(tracker.isQuiescent({ within: other })).toBe(false)
  })

  test('an ended middle still leads from the top to what is open below', () => {
    const { tracker, top, middle, leaf } = tree()
    top.id
    middle.complete()
    top.complete()
    expect(tracker.isQuiescent({ within: top })).toBe(false)
    expect(tracker.isQuiescent({ within: middle })).toBe(false)
    leaf.complete()
    expect(tracker.isQuiescent({ within: top })).toBe(true)
  })

  test('an ended top still has its open child', () => {
    const { tracker, top, middle, leaf } = tree()
    leaf.complete()
    top.complete()
    expect(tracker.isQuiescent({ within: top })).toBe(false)
    expect(tracker.blockers({ within: top }).map((one) => one.name)).toEqual(['middle'])
    middle.complete()
    expect(tracker.isQuiescent({ within: top })).toBe(true)
  })

  test('counts what is started below an activity that has ended', () => {
    const { tracker, top, middle } = tree()
    expect(tracker.isQuiescent({ within: top })).toBe(false)
    middle.complete()
    const late = startActivity({ tracker, name: 'late', parent: middle })
    expect(tracker.openActivities({ within: top }).map((one) => one.name)).toEqual(['top', 'leaf', 'late'])
    expect(late.parentId).toBe(middle.id)
    expect(late.rootId).toBe(top.id)
  })

  test('first asked about after one between has ended counts what is started below that one', async () => {
    const { tracker, top, middle, leaf } = tree()
    middle.complete()
    leaf.complete()
    let done = false
    void tracker.waitQuiescent({ within: top }).then(() => {
      done = true
    })
    const late = startActivity({ tracker, name: 'late', parent: leaf })
    top.complete()
    expect(tracker.isQuiescent({ within: top })).toBe(false)
    await turn()
    await turn()
    expect(done).toBe(false)
    late.complete()
    await turn()
    await turn()
    expect(done).toBe(true)
  })

  test.each([[[0, 1, 2]], [[2, 1, 0]], [[1, 0, 2]], [[2, 0, 1]], [[0, 2, 1]]])(
    'waits for nested activities come true together, in whichever order they were asked for (%j)',
    async (order) => {
      const { tracker, top, middle, leaf } = tree()
      const all = [top, middle, leaf]
      const done: number[] = []
      for (const index of order) {
        expect(tracker.isQuiescent({ within: all[index] })).toBe(false)
        void tracker.waitQuiescent({ within: all[index] }).then(() => done.push(index))
      }
      const fresh = startActivity({ tracker, name: 'fresh', parent: leaf })
      for (const ended of [leaf, middle, top]) ended.complete()
      await turn()
      await turn()
      expect(done).toEqual([])
      fresh.complete()
      await turn()
      await turn()
      expect(done.toSorted()).toEqual([0, 1, 2])
    },
  )

  test('an unknown id is quiescent', () => {
    const { tracker } = tree()
    expect(tracker.isQuiescent({ within: 'nobody' })).toBe(true)
  })
})

test('an activity keeps its place when one between it and the root ends later than the root', () => {
  const { tracker } = newTracker()
  const top = startActivity({ tracker, name: 'top', id: 'top' })
  const middle = startActivity({ tracker, name: 'middle', parent: top })
  const leaf = startActivity({ tracker, name: 'leaf', parent: middle })
  top.complete()
  middle.complete()
  expect(leaf.rootId).toBe('top')
  expect(leaf.parentId).toBe(middle.id)
  expect(middle.parentId).toBe('top')
})

test('a wait within an activity that has ended comes true for an asker below a middle that ended after it', async () => {
  const { tracker } = newTracker()
  const top = startActivity({ tracker, name: 'top' })
  const middle = startActivity({ tracker, name: 'middle', parent: top })
  const other = startActivity({ tracker, name: 'other', parent: top })
  const work = deferred()
  let answer: boolean | undefined
  const asker = runActivity({ tracker, name: 'asker', parent: middle }, async () => {
    const waiting = tracker.waitQuiescent({ within: top }).then((quiescent) => {
      answer = quiescent
    })
    await work.promise
    await waiting
  })
  top.complete()
  middle.complete()
  other.complete()
  await turn()
  await turn()
  expect(answer).toBe(true)
  work.resolve()
  await asker
})
