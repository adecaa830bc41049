import { expect, test } from 'vitest'
import { startActivity } from '../../../src/index.js'
import { StartSites } from '../../../src/tracker/start-sites.js'
import { balanceAfterEach, newTracker } from '../../support/tracked.js'

balanceAfterEach()

const place = (line: number) => ({ file: '/app/main.ts', line })

test('a second place that starts work of the same name is found, and both are named', () => {
  const { tracker } = newTracker()
  const here = () => startActivity({ tracker, module: 'M', name: 'work' })
  const there = () => startActivity({ tracker, module: 'M', name: 'work' })
  const places = () => {
    const [blocker] = tracker.blockers()
    return new Set([blocker?.startedFrom, ...(blocker?.orStartedFrom ?? [])])
  }
  here()
  expect(places().size).toBe(1)
  // In turn, which a sample at every power of two would never notice.
  for (let round = 0; round < 50; round += 1) {
    here()
    there()
  }
  expect([...places()].every((from) => /start-sites\.test\.ts:\d+$/.test(from ?? ''))).toBe(true)
  expect(places().size).toBe(2)
})

test('looking is rare: once for the first start, then at growing distances', () => {
  const sites = new StartSites()
  let looks = 0
  const start = () =>
    sites.of('M', 'work', () => {
      looks += 1
      return place(1)
    })
  start()
  expect(looks).toBe(1)
  for (let round = 0; round < 1_000; round += 1) start()
  expect(looks).toBeLessThan(20)
  for (let round = 0; round < 100_000; round += 1) start()
  expect(looks).toBeGreaterThan(100)
  expect(looks).toBeLessThan(300)
})

test('the distances follow the numbers that it is given', () => {
  const looked = (random: () => number): number[] => {
    const sites = new StartSites(random)
    const at: number[] = []
    for (let start = 1; start <= 40; start += 1)
      sites.of('M', 'work', () => {
        at.push(start)
        return place(1)
      })
    return at
  }
  expect(looked(() => 0)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1))
  expect(looked(() => 0.999)).toEqual([1, 2, 4, 8, 16, 32])
})

test('what is started between two looks carries the place that was seen last', () => {
  const sites = new StartSites(() => 0.999)
  const start = (line: number) => sites.of('M', 'work', () => place(line)).startedFrom?.line
  expect([start(1), start(2), start(3), start(4)]).toEqual([1, 2, 2, 4])
  const last = sites.of('M', 'work', () => undefined).startedFrom
  expect(last === undefined ? [] : sites.besides(last).map(({ line }) => line)).toEqual([2, 1])
})

test('names and places are bounded', () => {
  const sites = new StartSites(() => 0)
  for (let line = 1; line <= 100; line += 1) sites.of('M', 'work', () => place(line))
  expect(sites.besides(sites.of('M', 'work', () => place(1)).startedFrom ?? place(0))).toHaveLength(7)
  for (let name = 0; name < 2_000; name += 1) sites.of('M', `${name}`, () => place(1))
  expect(sites.of('M', '1999', () => place(1)).startedFrom).toBeUndefined()
})
