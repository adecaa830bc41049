import { expect, test } from 'vitest'
import { ActivityTracker, trackActivity } from '../../../src/index.js'
import { ManualClock } from '../../../src/testing/index.js'

/** A clock that cannot be read once, as when the stack has no room for the call. */
class FullStackClock extends ManualClock {
  full = false

  override monotonicMillis(): number {
    if (!this.full) return super.monotonicMillis()
    this.full = false
    throw new RangeError('Maximum call stack size exceeded')
  }
}

function failing(error: unknown): { readonly tracker: ActivityTracker; readonly thrown: unknown } {
  const clock = new FullStackClock()
  const tracker = new ActivityTracker({ clock, onWarning: () => {} })
  const fail = trackActivity({ name: 'fail', tracker }, () => {
    clock.full = true
    throw error
  })
  try {
    fail()
  } catch (thrown) {
    return { tracker, thrown }
  }
  throw new Error('nothing was thrown')
}

test('an activity for whose end there was no room ends with the error that its function threw', () => {
  const error = new TypeError('no such file')
  const { tracker, thrown } = failing(error)
  expect(thrown).toBe(error)
  trackActivity({ name: 'next', tracker }, () => {})()
  expect(tracker.snapshot()).toMatchObject({ open: 0, totals: { failed: 1, completed: 1 } })
  expect(tracker.errors().map(({ message }) => message)).toEqual(['no such file'])
})
