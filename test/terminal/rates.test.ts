import { describe, expect, test } from 'vitest'
import { Pace, RecentRate } from '../../src/terminal/rates.js'
import { Series } from '../../src/terminal/series.js'

const start = Date.UTC(2030, 0, 1)

describe('a rate', () => {
  test('is that of the last ten seconds', () => {
    const rate = new RecentRate()
    for (let at = 0; at < 30_000; at += 100) rate.add(start + at)
    expect(rate.perSecond(start + 30_000)).toBeCloseTo(10, 0)
    for (let at = 30_000; at < 45_000; at += 500) rate.add(start + at)
    expect(rate.perSecond(start + 45_000)).toBeCloseTo(2, 0)
  })

  test('is not overstated by the first second', () => {
    const rate = new RecentRate()
    rate.add(start)
    expect(rate.perSecond(start + 1)).toBe(1)
  })

  test('falls to zero when nothing happens any more', () => {
    const rate = new RecentRate()
    for (let at = 0; at < 5_000; at += 100) rate.add(start + at)
    expect(rate.perSecond(start + 60_000)).toBe(0)
  })

  test('survives a clock that goes back', () => {
    const rate = new RecentRate()
    rate.add(start)
    rate.add(start - 3_600_000)
    expect(rate.perSecond(start + 1_000)).toBe(2)
  })

  test('has a history in half seconds, the oldest first, the one that is filling left out', () => {
    const rate = new RecentRate()
    rate.add(start)
    for (const at of [600, 700]) rate.add(start + at)
    rate.add(start + 1_100)
    expect(rate.history(start + 1_100, 4)).toEqual([0, 0, 1, 2])
  })
})

describe('a pace', () => {
  test('tells when the rest will be done', () => {
    const pace = new Pace()
    for (let done = 0; done <= 40; done += 1) pace.note(start + done * 250, done)
    expect(pace.remainingMillis(start + 10_000, 80)).toBeCloseTo(10_000, -3)
  })

  test('says nothing before something was done, and nothing while it stands still', () => {
    const pace = new Pace()
    expect(pace.remainingMillis(start, 80)).toBeUndefined()
    pace.note(start, 3)
    expect(pace.remainingMillis(start + 1_000, 80)).toBeUndefined()
  })

  test('does not count what was done before it looked', () => {
    const pace = new Pace()
    pace.note(start, 1_000)
    pace.note(start + 2_000, 1_010)
    expect(pace.perSecond(start + 2_000)).toBe(5)
  })
})

test('a series keeps its ends, its extremes, and its shape in a bounded number of points', () => {
  const series = new Series('loss', 'trainer')
  for (let at = 0; at < 10_000; at += 1) series.add(10_000 - at)
  expect([series.count, series.first, series.last, series.lowest, series.highest]).toEqual([
    10_000, 10_000, 1, 1, 10_000,
  ])
  const points = series.points(5)
  expect(points).toHaveLength(5)
  expect(points).toEqual(points.toSorted((a, b) => b - a))
})
