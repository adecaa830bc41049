import { expect, test } from 'vitest'
import { LoopWatch } from '../../../src/health/loop-watch.js'

/** Looks every 100 ms; `beats` says how many there were by each look. */
function watched(beats: readonly number[], busy = 0.5) {
  const watch = new LoopWatch(100, 1_000, 0)
  for (const [index, count] of beats.entries()) watch.look((index + 1) * 100, count, busy)
  return { watch, now: beats.length * 100 }
}

const regular = Array.from({ length: 40 }, (_, index) => index + 1)

test('a loop that beats in time is ok', () => {
  const { watch, now } = watched(regular)
  expect([watch.state(now), watch.blockedMillis(now)]).toEqual(['ok', 0])
})

test('a loop that does not beat for as long as it may is wedged, and ok again at once after a beat', () => {
  const { watch } = watched(regular)
  for (let time = 4_100; time <= 5_000; time += 100) watch.look(time, 40, 0.5)
  expect([watch.state(5_000), watch.blockedMillis(5_000)]).toEqual(['ok', 900])
  expect([watch.state(5_100), watch.blockedMillis(5_100)]).toEqual(['wedged', 1_000])
  watch.look(65_000, 40, 0.5)
  expect(watch.blockedMillis(65_000)).toBe(60_900)
  watch.look(65_100, 80, 1)
  expect(watch.state(65_100)).toBe('ok')
})

test('a loop that beats now and then, far too seldom, is saturated', () => {
  const { watch, now } = watched(regular.map((count) => Math.floor(count / 6)))
  expect(watch.state(now)).toBe('saturated')
})

test('a loop that beats in time and has no pause is saturated; one that has some is ok', () => {
  const without = watched(regular, 1)
  expect([without.watch.state(without.now), without.watch.blockedMillis(without.now)]).toEqual(['saturated', 0])
  const some = watched(regular, 0.9)
  expect(some.watch.state(some.now)).toBe('ok')
})

test('a loop that has just begun is ok', () => {
  const { watch, now } = watched([0, 0, 0])
  expect(watch.state(now)).toBe('ok')
})
