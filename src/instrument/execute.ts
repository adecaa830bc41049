import { types } from 'node:util'
import type { ActivityRecord } from '../activity/record.js'
import type { ActivityContext } from '../tracing/activity-context.js'
import { runIn } from '../tracing/current.js'
import { returned } from '../tracker/lifecycle.js'
import { lifecycleOf } from './begin.js'
import { followThenable, isThenable } from './thenable.js'

/** What to say of the value that a function returned, before the activity ends. */
export type Conclude = ((record: ActivityRecord, value: unknown) => void) | undefined

/**
 * Runs a function as the body of an activity, current inside it, and ends the activity when the function settles.
 * What it returns or throws passes through untouched; of a promise the one derived promise is returned, so that a
 * rejection that nobody handles stays unhandled.
 */
export function execute<R>(
  record: ActivityRecord,
  fn: (...args: never[]) => R,
  self: unknown,
  args: readonly unknown[],
  conclude?: Conclude,
): R {
  record.functions += 1
  let value: R
  try {
    value = runIn(record.tracing as ActivityContext, fn, self, args)
  } catch (error) {
    lifecycleOf(record).settle(record, { threw: true, error })
    throw error
  }
  if (types.isPromise(value)) return followPromise(record, value, conclude) as R
  if (isThenable(value)) return followThenable(record, value, conclude)
  settleWith(record, value, conclude)
  return value
}

function followPromise(record: ActivityRecord, promise: Promise<unknown>, conclude: Conclude): Promise<unknown> {
  return promise.then(
    (value) => {
      settleWith(record, value, conclude)
      return value
    },
    (error: unknown) => {
      lifecycleOf(record).settle(record, { threw: true, error })
      throw error
    },
  )
}

function settleWith(record: ActivityRecord, value: unknown, conclude: Conclude): void {
  if (conclude !== undefined && record.functions === 1 && record.control?.verdict === undefined) conclude(record, value)
  lifecycleOf(record).settle(record, returned)
}
