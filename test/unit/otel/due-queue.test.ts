import { expect, test } from 'vitest'
import { DueQueue } from '../../../src/otel/due-queue.js'
import { ManualClock } from '../../../src/testing/index.js'

function queued(delayMillis: number) {
  const clock = new ManualClock()
  const due: (readonly string[])[] = []
  return { clock, due, queue: new DueQueue<string>(clock, delayMillis, (entries) => due.push(entries)) }
}

test('an entry comes due after the delay, with all others that are due by then', async () => {
  const { clock, due, queue } = queued(1_000)
  queue.add('a')
  queue.add('b')
  await clock.advance(999)
  expect(due).toEqual([])
  await clock.advance(1)
  expect(due).toEqual([['a', 'b']])
  expect(clock.timers).toBe(0)
})

test('what comes due shortly after one another comes together', async () => {
  const { clock, due, queue } = queued(1_000)
  for (let n = 0; n < 100; n += 1) {
    queue.add(`${n}`)
    await clock.advance(1)
  }
  await clock.advance(2_000)
  expect(due.flat()).toHaveLength(100)
  expect(due.length).toBeLessThanOrEqual(4)
})

test('an entry that is added again goes to the end, one that is deleted does not come', async () => {
  const { clock, due, queue } = queued(1_000)
  queue.add('a')
  queue.add('b')
  await clock.advance(500)
  queue.add('a')
  queue.delete('b')
  await clock.advance(500)
  expect(due).toEqual([])
  await clock.advance(500)
  expect(due).toEqual([['a']])
})

test('closing leaves no timer', () => {
  const { clock, queue } = queued(1_000)
  queue.add('a')
  queue.close()
  expect(clock.timers).toBe(0)
  expect(queue.takeAll()).toEqual([])
})
