import { expect, test } from 'vitest'
import { type ChangeStream, type StreamItem, startActivity } from '../../../src/index.js'
import { balanceAfterEach, newTracker, turn } from '../../support/tracked.js'

balanceAfterEach()

async function take(stream: ChangeStream, count: number): Promise<StreamItem[]> {
  const items: StreamItem[] = []
  while (items.length < count) {
    const { done, value } = await stream.next()
    if (done === true) break
    items.push(value)
  }
  return items
}

/** What comes within a turn of the event loop. */
async function soon(promise: Promise<IteratorResult<StreamItem, unknown>>): Promise<unknown> {
  return Promise.race([
    promise,
    turn()
      .then(turn)
      .then(() => 'nothing yet'),
  ])
}

const steps = (items: readonly StreamItem[]) => items.map((item) => (item.kind === 'step' ? item.step : item.kind))

test('a stream gives what happens from now on, also what happens before it is read', async () => {
  const { tracker } = newTracker()
  tracker.step = 1
  const stream = tracker.changes()
  tracker.step = 2
  tracker.step = 3
  await turn()
  expect(steps(await take(stream, 2))).toEqual([2, 3])
  expect(await soon(stream.next())).toBe('nothing yet')
})

test('a stream goes on from its cursor where it was left', async () => {
  const { tracker } = newTracker()
  const first = tracker.changes()
  for (const step of [1, 2, 3]) tracker.step = step
  expect(steps(await take(first, 2))).toEqual([1, 2])
  const { cursor } = first
  await first.return?.()
  tracker.step = 4
  expect(steps(await take(tracker.changes({ since: cursor }), 2))).toEqual([3, 4])
  expect(cursor).toMatch(/^[\w-]+:2$/)
})

test.each(['other-instance:7', 'nonsense', '', ':', 'x:999999999999999999999'])(
  'a cursor of %s gives what is open now, and then what happens',
  async (since) => {
    const { tracker, clock } = newTracker()
    startActivity({ tracker, name: 'open' })
    startActivity({ tracker, name: 'over' }).complete()
    const stream = tracker.changes({ since })
    tracker.step = 9
    const [snapshot, change] = await take(stream, 2)
    expect(snapshot).toMatchObject({
      kind: 'snapshot',
      instance: tracker.process.instance,
      time: clock.wallMillis(),
      activities: [{ name: 'open' }],
    })
    expect(change).toMatchObject({ kind: 'step', step: 9 })
  },
)

test('a cursor ahead of all changes gives a snapshot too', async () => {
  const { tracker } = newTracker()
  const [item] = await take(tracker.changes({ since: `${tracker.process.instance}:50` }), 1)
  expect(item).toMatchObject({ kind: 'snapshot', activities: [] })
})

test('a cursor from before the first reader says what is missing', async () => {
  const { tracker } = newTracker()
  for (const step of [1, 2, 3]) tracker.step = step
  startActivity({ tracker, name: 'open' })
  const [gap, snapshot] = await take(tracker.changes({ since: `${tracker.process.instance}:1` }), 2)
  expect(gap).toEqual({ kind: 'gap', from: 2, to: 4 })
  expect(snapshot).toMatchObject({ kind: 'snapshot', activities: [{ name: 'open' }] })
})

test('the first cursor that there is loses nothing', async () => {
  const { tracker } = newTracker()
  tracker.step = 1
  const { cursor } = tracker.changes()
  tracker.step = 2
  await turn()
  expect(steps(await take(tracker.changes({ since: cursor }), 1))).toEqual([2])
})

test('a cursor that is too old says what is missing and gives what is open', async () => {
  const { tracker } = newTracker()
  const reader = tracker.changes()
  for (let step = 1; step <= 20_000; step += 1) tracker.step = step
  await turn()
  const stream = tracker.changes({ since: `${tracker.process.instance}:100` })
  const [gap, snapshot] = await take(stream, 2)
  expect(gap).toEqual({ kind: 'gap', from: 101, to: 20_000 })
  expect(snapshot?.kind).toBe('snapshot')
  expect(stream.cursor).toBe(`${tracker.process.instance}:20000`)
  // A reader that is only slow loses the oldest and gets the rest.
  const [missing, next] = await take(reader, 2)
  expect(missing).toEqual({ kind: 'gap', from: 1, to: 20_000 - 16_384 })
  expect(next).toMatchObject({ kind: 'step', step: 20_000 - 16_384 + 1 })
})

test('a stream ends with its signal, with return, and by leaving the loop', async () => {
  const { tracker } = newTracker()
  const abort = new AbortController()
  const bySignal = tracker.changes({ signal: abort.signal })
  const waiting = bySignal.next()
  abort.abort()
  expect(await soon(waiting)).toEqual({ done: true, value: undefined })
  expect(await bySignal.next()).toEqual({ done: true, value: undefined })
  expect(await tracker.changes({ signal: AbortSignal.abort() }).next()).toEqual({ done: true, value: undefined })

  const byReturn = tracker.changes()
  const pending = byReturn.next()
  expect(await byReturn.return?.()).toEqual({ done: true, value: undefined })
  expect(await soon(pending)).toEqual({ done: true, value: undefined })

  const left = tracker.changes()
  tracker.step = 5
  for await (const item of left) {
    expect(item).toMatchObject({ step: 5 })
    break
  }
  expect(await left.next()).toEqual({ done: true, value: undefined })
})

test('every pending read ends when the stream does', async () => {
  const { tracker } = newTracker()
  const stream = tracker.changes()
  const reads = [stream.next(), stream.next(), stream.next()]
  await stream.return?.()
  for (const read of reads) expect(await soon(read)).toEqual({ done: true, value: undefined })
})

test('several readers each get everything, in order', async () => {
  const { tracker } = newTracker()
  const readers = [tracker.changes(), tracker.changes(), tracker.changes()]
  const reading = readers.map((reader) => take(reader, 50))
  for (let step = 1; step <= 50; step += 1) {
    tracker.step = step
    if (step % 7 === 0) await turn()
  }
  for (const items of await Promise.all(reading))
    expect(steps(items)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1))
})

test('nothing is kept before the first reader comes', () => {
  const { tracker } = newTracker()
  tracker.step = 1
  expect(tracker.snapshot().subscribers).toEqual([])
  tracker.changes()
  expect(tracker.snapshot().subscribers).toMatchObject([{ name: 'changes' }])
})
