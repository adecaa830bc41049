import { describe, expect, test } from 'vitest'
import {
  type Change,
  currentActivity,
  type EventName,
  type FeedItem,
  planActivity,
  runActivity,
  startActivity,
} from '../../../src/index.js'
import { lifecycleKey } from '../../../src/tracker/tracker.js'
import { balanceAfterEach, deferred, newTracker, turn } from '../../support/tracked.js'

balanceAfterEach()

function kinds(items: readonly FeedItem[]): string[] {
  return items.map((item) => item.kind)
}

describe('delivery', () => {
  test('never happens inside a call of ours', async () => {
    const { tracker } = newTracker()
    let inside = false
    const seen: FeedItem[] = []
    tracker.subscribe((items) => {
      expect(inside).toBe(false)
      seen.push(...items)
    })
    inside = true
    const job = planActivity({ tracker, name: 'job' })
    job.start().update('x').log('line').heartbeat().set('a', 1)
    tracker.reportError('message')
    tracker.step = 3
    tracker.registerModule('Trainer')
    runActivity({ tracker, name: 'block' }, () => undefined)
    job.complete()
    await Promise.resolve()
    expect(seen).toEqual([])
    inside = false
    await turn()
    expect(kinds(seen)).toEqual([
      'planned',
      'started',
      'updated',
      'updated',
      'updated',
      'updated',
      'error',
      'step',
      'module',
      'started',
      'ended',
      'ended',
    ])
  })

  test('is in order and numbered from one without holes', async () => {
    const { tracker, clock } = newTracker()
    const seen: Change[] = []
    tracker.subscribe((items) => seen.push(...(items as Change[])))
    for (let index = 0; index < 100; index += 1) startActivity({ tracker, name: `n${index}` }).complete()
    await clock.settle()
    expect(seen.map((change) => change.number)).toEqual(Array.from({ length: 200 }, (_, index) => index + 1))
    expect(seen.every((change) => change.instance === tracker.process.instance && change.origin === 'local')).toBe(true)
    expect(tracker.snapshot().changes).toBe(200)
  })

  test('changes count also while nobody listens', async () => {
    const { tracker } = newTracker()
    startActivity({ tracker, name: 'before' }).complete()
    const seen: Change[] = []
    tracker.subscribe((items) => seen.push(...(items as Change[])))
    startActivity({ tracker, name: 'after' })
    await turn()
    expect(seen.map((change) => change.number)).toEqual([3])
  })

  test('a change is a record of that moment, not of a later one', async () => {
    const { tracker } = newTracker()
    const seen: FeedItem[] = []
    tracker.subscribe((items) => seen.push(...items))
    const activity = startActivity({ tracker, name: 'work' })
    activity.update('one', { done: 1, attributes: { a: 1 }, metadata: { m: 1 } })
    activity.update('two', { done: 2, attributes: { a: 2 }, metadata: { m: 2 } })
    activity.complete('done')
    tracker.flushNow()
    expect(
      seen.map((item) =>
        'activity' in item
          ? [
              item.kind,
              item.activity.state,
              item.activity.doing,
              item.activity.progress?.done,
              item.activity.attributes?.['a'],
            ]
          : [],
      ),
    ).toEqual([
      ['started', 'running', undefined, undefined, undefined],
      ['updated', 'running', 'one', 1, 1],
      ['updated', 'running', 'two', 2, 2],
      ['ended', 'completed', 'two', 2, 2],
    ])
    expect(JSON.parse(JSON.stringify(seen))).toEqual(seen)
  })

  test('an end tells from which state, a heartbeat and a log line are marked', () => {
    const { tracker } = newTracker()
    const seen: FeedItem[] = []
    tracker.subscribe((items) => seen.push(...items))
    planActivity({ tracker, name: 'job' }).cancel('not needed')
    const activity = startActivity({ tracker, name: 'work' })
    activity.heartbeat().log('line', { percent: 5 })
    tracker.flushNow()
    expect(seen).toMatchObject([
      { kind: 'planned' },
      { kind: 'ended', from: 'planned', activity: { state: 'cancelled', reason: 'not needed' } },
      { kind: 'started' },
      { kind: 'updated', heartbeat: true },
      { kind: 'updated', log: { message: 'line', percent: 5, state: 'running' } },
    ])
  })

  test('happens outside of any activity', () => {
    const { tracker } = newTracker()
    const inside: unknown[] = []
    tracker.subscribe(() => inside.push(currentActivity()))
    runActivity({ tracker, name: 'block' }, () => tracker.flushNow())
    tracker.flushNow()
    expect(inside).toEqual([undefined, undefined])
  })

  test('flushNow also delivers what subscribers cause, and comes to an end when they never stop', () => {
    const { tracker } = newTracker()
    const steps: number[] = []
    tracker.subscribe((items) => {
      for (const item of items) {
        if (item.kind !== 'step') continue
        steps.push(item.step)
        if (item.step < 5) tracker.step = item.step + 1
      }
    })
    tracker.step = 1
    tracker.flushNow()
    expect(steps).toEqual([1, 2, 3, 4, 5])
    const endless = newTracker().tracker
    endless.subscribe(() => void (endless.step += 1))
    endless.step = 1
    endless.flushNow()
    expect(endless.step).toBeGreaterThan(1)
  })

  test('a subscriber may start and end activities', async () => {
    const { tracker, clock } = newTracker()
    const names: string[] = []
    tracker.subscribe((items) => {
      for (const item of items) {
        if (item.kind !== 'started') continue
        names.push(item.activity.name)
        if (names.length < 5) runActivity({ tracker, name: `follow ${names.length}` }, () => undefined)
      }
    })
    startActivity({ tracker, name: 'first' }).complete()
    for (let round = 0; round < 5; round += 1) await clock.settle()
    expect(names).toEqual(['first', 'follow 1', 'follow 2', 'follow 3', 'follow 4'])
    expect(tracker.isQuiescent()).toBe(true)
  })
})

describe('a full batch', () => {
  function fill(whenFull: 'inline' | 'drop' | 'gap' | undefined) {
    const { tracker } = newTracker()
    const batches: FeedItem[][] = []
    const end = tracker.subscribe((items) => batches.push([...items]), { name: 'slow', maxBatch: 4, whenFull })
    for (let step = 1; step <= 10; step += 1) tracker.step = step
    return { tracker, batches, end }
  }

  test('is delivered inside the call under the policy inline, and nothing is lost', () => {
    const { tracker, batches } = fill('inline')
    expect(batches.map((batch) => batch.length)).toEqual([4, 4])
    tracker.flushNow()
    expect(batches.flat().map((item) => ('step' in item ? item.step : item.kind))).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ])
    expect(tracker.snapshot().subscribers[0]).toMatchObject({ delivered: 10, dropped: 0, waiting: 0 })
  })

  test('loses the newest under the policy drop, and counts them', () => {
    const { tracker, batches } = fill('drop')
    expect(batches).toEqual([])
    expect(tracker.snapshot().subscribers[0]).toMatchObject({ dropped: 6, waiting: 4 })
    tracker.flushNow()
    expect(batches.flat().map((item) => ('step' in item ? item.step : item.kind))).toEqual([1, 2, 3, 4])
    tracker.step = 11
    tracker.flushNow()
    expect(batches.at(-1)).toMatchObject([{ step: 11 }])
  })

  test('says which are missing under the policy gap', () => {
    const { tracker, batches } = fill('gap')
    tracker.flushNow()
    expect(batches.flat().map((item) => ('step' in item ? item.step : item))).toEqual([
      1,
      2,
      3,
      4,
      { kind: 'gap', from: 5, to: 10 },
    ])
    expect(tracker.snapshot().subscribers[0]).toMatchObject({ name: 'slow', dropped: 6, waiting: 0 })
  })

  test('has a bound that also holds for what a subscriber causes itself', () => {
    const { tracker } = newTracker()
    let most = 0
    tracker.subscribe(
      (items) => {
        most = Math.max(most, items.length)
        if (tracker.step < 100) for (let count = 0; count < 50; count += 1) tracker.step += 1
      },
      { maxBatch: 10 },
    )
    tracker.step = 1
    tracker.flushNow()
    expect(most).toBeLessThanOrEqual(11)
    expect(tracker.snapshot().subscribers[0]?.dropped).toBeGreaterThan(0)
  })

  test.each([0, -1, Number.NaN, 'many', undefined])('a bound of %s is the default', async (maxBatch) => {
    const { tracker } = newTracker()
    let seen = 0
    tracker.subscribe((items) => void (seen += items.length), { maxBatch: maxBatch as number })
    for (let step = 1; step <= 100; step += 1) tracker.step = step
    expect(seen).toBe(0)
    await turn()
    expect(seen).toBe(100)
  })

  test.each(['inline', 'drop', 'gap'] as const)(
    'a hundred thousand activities in one tick are accounted for under the policy %s',
    async (whenFull) => {
      const { tracker, clock } = newTracker()
      let seen = 0
      let missing = 0
      tracker.subscribe(
        (items) => {
          for (const item of items) {
            if (item.kind === 'gap') missing += item.to - item.from + 1
            else seen += 1
          }
        },
        { whenFull },
      )
      for (let count = 0; count < 100_000; count += 1) startActivity({ tracker, module: 'M', name: 'work' }).complete()
      expect(tracker.snapshot()).toMatchObject({
        open: 0,
        changes: 200_000,
        totals: { created: 100_000, completed: 100_000 },
      })
      await clock.settle()
      const [stats] = tracker.snapshot().subscribers
      expect(seen + (stats?.dropped ?? 0)).toBe(200_000)
      if (whenFull === 'inline') expect(seen).toBe(200_000)
      if (whenFull === 'gap') expect(missing).toBe(stats?.dropped)
      expect(tracker.isQuiescent()).toBe(true)
    },
  )
})

describe('a subscriber', () => {
  test('that throws is counted, warned about once and called again', async () => {
    const { tracker, warnings } = newTracker()
    let calls = 0
    tracker.subscribe(() => {
      calls += 1
      throw new Error('subscriber')
    })
    for (const step of [1, 2, 3]) {
      tracker.step = step
      await turn()
    }
    expect(calls).toBe(3)
    expect(tracker.snapshot()).toMatchObject({
      faults: { 'subscriber.threw': 3 },
      subscribers: [{ faults: 3, delivered: 3 }],
    })
    expect(warnings).toEqual(['UNDERWAY_SUBSCRIBER_THREW'])
  })

  test('that rejects is counted, and that throws leaves the others alone', async () => {
    const { tracker } = newTracker()
    const seen: FeedItem[] = []
    tracker.subscribe(async () => {
      throw new Error('async subscriber')
    })
    tracker.subscribe(() => {
      throw new Error('sync subscriber')
    })
    tracker.subscribe((items) => seen.push(...items))
    tracker.step = 1
    await turn()
    await turn()
    expect(seen).toHaveLength(1)
    expect(tracker.snapshot().faults['subscriber.threw']).toBe(2)
  })

  test('that is slow has its time counted', async () => {
    const { tracker, clock } = newTracker()
    tracker.subscribe(() => void clock.advance(30), { name: 'slow' })
    tracker.subscribe(() => undefined, { name: 'quick' })
    tracker.step = 1
    tracker.flushNow()
    expect(tracker.snapshot().subscribers).toMatchObject([
      { name: 'slow', spentMillis: 30 },
      { name: 'quick', spentMillis: 0 },
    ])
  })

  test('that leaves gets what waited for it and nothing more, however often it leaves', async () => {
    const { tracker } = newTracker()
    const seen: FeedItem[] = []
    const end = tracker.subscribe((items) => seen.push(...items))
    tracker.step = 1
    end()
    end()
    end[Symbol.dispose]()
    tracker.step = 2
    await turn()
    expect(seen).toMatchObject([{ kind: 'step', step: 1 }])
    expect(tracker.snapshot().subscribers).toEqual([])
  })

  test('that is no function is counted', () => {
    const { tracker } = newTracker()
    tracker.subscribe('nothing' as never)()
    expect(tracker.snapshot().faults['option.invalid']).toBe(1)
  })

  test('that never settles does not hold up the feed', async () => {
    const { tracker } = newTracker()
    const gate = deferred()
    let calls = 0
    tracker.subscribe(() => {
      calls += 1
      return gate.promise
    })
    for (const step of [1, 2]) {
      tracker.step = step
      await turn()
    }
    expect(calls).toBe(2)
    gate.resolve()
  })
})

describe('on', () => {
  test('picks events by type and by what happened', async () => {
    const { tracker } = newTracker()
    const seen: string[] = []
    const events: readonly EventName[] = [
      'run.failed',
      'activity.failed',
      'activity.planned',
      'activity.started',
      'activity.updated',
      'activity.ended',
      'decision.completed',
      'my_own.skipped',
      'activity.cancelled',
      'error',
      'step',
      'module.up',
    ]
    for (const event of events)
      tracker.on(event, (change) => seen.push(`${event}: ${'activity' in change ? change.activity.name : change.kind}`))
    startActivity({ tracker, type: 'run', name: 'r' }).fail('x')
    startActivity({ tracker, type: 'decision', name: 'd' }).complete()
    startActivity({ tracker, type: 'task', name: 't' }).fail('y')
    startActivity({ tracker, type: 'my_own', name: 'o' }).skip()
    planActivity({ tracker, name: 'p' }).start().update('u').cancel()
    tracker.step = 4
    tracker.registerModule('M')
    tracker.flushNow()
    await turn()
    const counted = Object.fromEntries(
      Object.entries(Object.groupBy(seen, (line) => line)).map(([line, lines]) => [line, lines?.length]),
    )
    expect(counted).toEqual({
      'run.failed: r': 1,
      'activity.failed: r': 1,
      'error: error': 2,
      'activity.failed: t': 1,
      'activity.started: t': 1,
      'activity.ended: t': 1,
      'activity.started: r': 1,
      'activity.started: d': 1,
      'activity.started: o': 1,
      'activity.started: p': 1,
      'activity.ended: r': 1,
      'activity.ended: d': 1,
      'activity.ended: o': 1,
      'activity.ended: p': 1,
      'decision.completed: d': 1,
      'my_own.skipped: o': 1,
      'activity.planned: p': 1,
      'activity.updated: p': 1,
      'activity.cancelled: p': 1,
      'step: step': 1,
      'module.up: module': 1,
    })
  })

  test.each(['', 'failed', 'run.', '.failed', 'run.exploded', 'activity.running', 'module.sideways', 5, undefined])(
    'an event called %s is counted and warned about',
    (event) => {
      const { tracker, warnings } = newTracker()
      const end = tracker.on(event as EventName, () => undefined)
      expect(tracker.snapshot()).toMatchObject({ faults: { 'event.unknown': 1 }, subscribers: [] })
      expect(warnings).toEqual(['UNDERWAY_EVENT_UNKNOWN'])
      end()
    },
  )

  test('a listener that throws for one change still gets the others', async () => {
    const { tracker } = newTracker()
    const seen: number[] = []
    tracker.on('step', (change) => {
      if (change.kind === 'step') seen.push(change.step)
      throw new Error('listener')
    })
    for (const step of [1, 2, 3]) tracker.step = step
    tracker.flushNow()
    await turn()
    expect(seen).toEqual([1, 2, 3])
    expect(tracker.snapshot().faults['subscriber.threw']).toBe(1)
  })

  test('a listener that rejects is counted', async () => {
    const { tracker } = newTracker()
    tracker.on('step', async () => {
      throw new Error('async listener')
    })
    tracker.step = 1
    tracker.flushNow()
    await turn()
    expect(tracker.snapshot().faults['subscriber.threw']).toBe(1)
  })
})

test('what a subscriber lost stays counted after it left', async () => {
  const { tracker } = newTracker()
  const { feed } = tracker[lifecycleKey]
  const off = tracker.subscribe(() => {}, { maxBatch: 1, whenFull: 'drop' })
  tracker.step = 1
  tracker.step = 2
  expect(feed.dropped).toBe(1)
  off()
  off()
  expect(feed.dropped).toBe(1)
  tracker.subscribe(() => {}, { maxBatch: 1, whenFull: 'gap' })
  tracker.step = 3
  tracker.step = 4
  expect(feed.dropped).toBe(2)
})
