import { expect, test } from 'vitest'
import { runActivity, startActivity } from '../../../src/index.js'
import { balanceAfterEach, newTracker } from '../../support/tracked.js'

balanceAfterEach()

test('over maxDetails the oldest open activities lose what was said about them, and nothing else', () => {
  const { tracker, warnings } = newTracker({ maxDetails: 2 })
  const handles = ['a', 'b', 'c', 'd'].map((name) =>
    startActivity({ tracker, module: 'M', name, plan: 'p', metadata: { name }, attributes: { name } }),
  )
  for (const handle of handles) handle.heartbeat()
  expect(tracker.openActivities().map(({ name, plan, evicted }) => [name, plan, evicted])).toEqual([
    ['a', undefined, true],
    ['b', undefined, true],
    ['c', 'p', undefined],
    ['d', 'p', undefined],
  ])
  expect(handles.map((handle) => handle.evicted)).toEqual([true, true, undefined, undefined])
  expect(tracker.snapshot()).toMatchObject({ open: 4, faults: { 'details.evicted': 2 } })
  expect(warnings).toEqual(['UNDERWAY_DETAILS_EVICTED'])
  expect(tracker.isQuiescent({ module: 'M' })).toBe(false)
  for (const handle of handles) handle.complete()
  expect(tracker.snapshot()).toMatchObject({ open: 0, totals: { completed: 4 } })
})

test('what is said later is kept again, and then another one is the oldest', () => {
  const { tracker } = newTracker({ maxDetails: 1 })
  const first = startActivity({ tracker, name: 'first', plan: 'p' })
  const second = startActivity({ tracker, name: 'second', plan: 'p' })
  first.update('again')
  expect([first.plan, first.doing, first.evicted]).toEqual([undefined, 'again', true])
  expect([second.plan, second.evicted]).toEqual([undefined, true])
  first.log('one').log('two')
  expect(first.toJSON().log.map(({ message }) => message)).toEqual(['one', 'two'])
  expect(tracker.snapshot().faults['details.evicted']).toBe(2)
})

test('what ended no longer counts, and a thousand in a row evict nothing', () => {
  const { tracker } = newTracker({ maxDetails: 2 })
  const kept = startActivity({ tracker, name: 'kept', plan: 'p' })
  for (let round = 0; round < 1_000; round += 1) {
    const handle = startActivity({ tracker, name: 'work', plan: 'p' })
    if (round % 2 === 0) handle.fail(new Error('x'))
    else handle.complete('done', { result: { round } })
  }
  expect(kept.plan).toBe('p')
  expect(tracker.snapshot().faults['details.evicted']).toBeUndefined()
})

test('who is evicted from the middle of the row or its ends leaves the row whole', () => {
  const { tracker } = newTracker({ maxDetails: 3 })
  const [a, b, c] = ['a', 'b', 'c'].map((name) => startActivity({ tracker, name, plan: name }))
  b?.complete()
  const d = startActivity({ tracker, name: 'd', plan: 'd' })
  c?.complete()
  a?.complete()
  const more = ['e', 'f', 'g'].map((name) => startActivity({ tracker, name, plan: name }))
  expect([d, ...more].map((handle) => handle.plan)).toEqual([undefined, 'e', 'f', 'g'])
})

test('what decides about health stays: the attempt, the severity, the silence budget', async () => {
  const { tracker, clock } = newTracker({ maxDetails: 1 })
  const retried = startActivity({ tracker, name: 'retried', attempt: { number: 1, of: 3 }, silenceBudgetMillis: 10 })
  startActivity({ tracker, name: 'other', plan: 'p' })
  expect(retried.evicted).toBe(true)
  await clock.advance(11)
  expect(tracker.blockers().map(({ condition }) => condition)).toEqual(['silent', 'progressing'])
  retried.fail(new Error('once more'))
  expect(tracker.errorHealth()).toMatchObject({ errorLevelCount: 0, warningLevelCount: 1 })
})

test('a question about attributes counts what is not known any more as in its scope', () => {
  const { tracker } = newTracker({ maxDetails: 1 })
  const tenant = startActivity({ tracker, name: 'work', attributes: { tenant: 'a' } })
  startActivity({ tracker, name: 'other', attributes: { tenant: 'b' } })
  expect(tenant.evicted).toBe(true)
  expect(tracker.isQuiescent({ attributes: { tenant: 'a' } })).toBe(false)
  tenant.complete()
  expect(tracker.isQuiescent({ attributes: { tenant: 'a' } })).toBe(true)
})

test('an error whose getter ends the activity leaves nothing behind in the row', () => {
  const { tracker } = newTracker({ maxDetails: 1 })
  const handle = startActivity({ tracker, name: 'work' })
  const error = Object.defineProperty(new Error('x'), 'message', {
    get() {
      handle.complete()
      return 'read'
    },
  })
  handle.fail(error)
  const plan = runActivity({ tracker, name: 'next', plan: 'p' }, (activity) => activity.plan)
  expect(plan).toBe('p')
  expect(tracker.snapshot().faults['details.evicted']).toBeUndefined()
})
