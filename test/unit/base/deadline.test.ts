import { expect, test } from 'vitest'
import { beforeDeadline } from '../../../src/base/deadline.js'
import { ManualClock } from '../../../src/testing/index.js'
import { deferred, turn } from '../../support/tracked.js'

test('what settles in time is told, and leaves no timer behind', async () => {
  const clock = new ManualClock()
  expect(await beforeDeadline(clock, 100, () => 'value')).toEqual({ kind: 'settled', value: 'value' })
  expect(await beforeDeadline(clock, 100, async () => 'later')).toEqual({ kind: 'settled', value: 'later' })
  const error = new Error('x')
  expect(
    await beforeDeadline(clock, 100, () => {
      throw error
    }),
  ).toEqual({ kind: 'failed', error })
  expect(await beforeDeadline(clock, 100, () => Promise.reject(error))).toEqual({ kind: 'failed', error })
  expect(clock.timers).toBe(0)
})

test('what does not settle expires, and what it does later is ignored', async () => {
  const clock = new ManualClock()
  const work = deferred<string>()
  const outcome = beforeDeadline(clock, 100, () => work.promise)
  await clock.advance(100)
  expect(await outcome).toEqual({ kind: 'expired' })
  work.reject(new Error('late'))
  await turn()
})
