import { describe, expect, test } from 'vitest'
import { isSeverity } from '../../../src/activity/states.js'
import {
  type ActivityHandle,
  type ActivityState,
  activityStates,
  planActivity,
  startActivity,
} from '../../../src/index.js'
import { balanceAfterEach, newTracker } from '../../support/tracked.js'

balanceAfterEach()

const ends: readonly [ActivityState, (handle: ActivityHandle) => void][] = [
  ['completed', (handle) => handle.complete('did')],
  ['failed', (handle) => handle.fail(new Error('x'))],
  ['cancelled', (handle) => handle.cancel('why')],
  ['skipped', (handle) => handle.skip('why')],
]

test('only planned and running are open', () => {
  expect(
    Object.entries(activityStates)
      .filter(([, { open }]) => open)
      .map(([state]) => state),
  ).toEqual(['planned', 'running'])
})

describe.each(ends)('an activity that is %s', (state, end) => {
  test.each([
    ['planned', planActivity],
    ['running', startActivity],
  ] as const)('can have been %s before', (from, start) => {
    const { tracker, clock } = newTracker()
    const handle = start({ tracker, name: 'work' })
    expect([handle.state, handle.isOpen]).toEqual([from, true])
    end(handle)
    expect([handle.state, handle.isOpen]).toEqual([state, false])
    expect(handle.endedAt).toBe(clock.wallMillis())
  })

  test('stays so: the first end wins, later ones are ignored and counted', () => {
    const { tracker } = newTracker()
    const handle = startActivity({ tracker, name: 'work' })
    end(handle)
    const before = handle.toJSON()
    for (const [, again] of ends) again(handle)
    handle.start('x').update('y', { done: 1 }).log('z').heartbeat().set('a', 1)
    expect(handle.toJSON()).toEqual(before)
    expect(tracker.snapshot().faults).toEqual({ 'end.ignored': 4, 'start.ignored': 1, 'update.ignored': 4 })
    expect(tracker.snapshot().totals).toMatchObject({ created: 1, [state]: 1 })
  })
})

test('planned work that is completed counts as started when it was created; what was withdrawn never started', async () => {
  const { tracker, clock } = newTracker()
  const planned = clock.wallMillis()
  const done = planActivity({ tracker, name: 'done' })
  const dropped = planActivity({ tracker, name: 'dropped' })
  await clock.advance(100)
  done.complete()
  dropped.skip()
  expect([done.startedAt, done.durationMillis]).toEqual([planned, 100])
  expect([dropped.startedAt, dropped.durationMillis]).toEqual([undefined, 100])
  expect(tracker.snapshot().totals).toMatchObject({ started: 1, withdrawn: 1 })
})

test('work that began earlier is that much older on every clock', async () => {
  const { tracker, clock } = newTracker()
  const activity = startActivity({ tracker, name: 'work', startTime: new Date(clock.wallMillis() - 5_000) })
  clock.jump(1_000_000)
  await clock.advance(1_000)
  expect(tracker.blockers()[0]?.ageMillis).toBe(6_000)
  activity.complete()
  expect(activity.durationMillis).toBe(6_000)
  expect(startActivity({ tracker, name: 'future', startTime: clock.wallMillis() + 60_000 }).startedAt).toBe(
    clock.wallMillis(),
  )
})

test('progress is worked out from done and total, within 0 and 100, and keeps what was said before', () => {
  const { tracker } = newTracker()
  const activity = startActivity({ tracker, name: 'work' })
  activity.update({ done: 5, total: 20 })
  expect(activity.progress).toEqual({ done: 5, total: 20, percent: 25 })
  activity.update({ done: 30 })
  expect(activity.progress).toEqual({ done: 30, total: 20, percent: 100 })
  activity.update({ percent: -5 })
  expect(activity.progress).toEqual({ done: 30, total: 20, percent: 0 })
  activity.update('only words')
  expect(activity.progress).toEqual({ done: 30, total: 20, percent: 0 })
})

test('the log keeps its last hundred lines', () => {
  const { tracker } = newTracker()
  const activity = startActivity({ tracker, name: 'work' })
  for (let line = 1; line <= 150; line += 1) activity.log(`line ${line}`, { percent: line })
  const { log } = activity.toJSON()
  expect([log.length, log[0]?.message, log.at(-1)?.message]).toEqual([100, 'line 51', 'line 150'])
  expect(tracker.snapshot().faults).toEqual({ 'log.dropped': 50 })
})

test('severities are known by name', () => {
  expect(['info', 'warning', 'error', 'critical', 'fatal', 5, undefined].map(isSeverity)).toEqual([
    true,
    true,
    true,
    true,
    false,
    false,
    false,
  ])
})
