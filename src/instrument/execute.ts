import { types } from 'node:util'
import type { ActivityRecord } from '../activity/record.js'
import type { ActivityContext } from '../tracing/activity-context.js'
import { enter } from '../tracing/current.js'
import type { Lifecycle } from '../tracker/lifecycle.js'
import { returned, type Settled, unsettled } from '../tracker/settled.js'
import { lifecycleOf } from './begin.js'
import type { Conclude } from './bodies.js'
import { firstOf, outcomeOf, settleWith } from './outcome.js'
import { followPromise, isOfOurRealm, isPlain } from './promises.js'
import { followThenable, thenOf } from './thenable.js'

/**
 * Runs a function as the body of an activity, current inside it, and ends the activity when the function settles.
 * What it returns or throws passes through untouched; of a promise the one derived promise is returned, so that a
 * rejection that nobody handles stays unhandled.
 *
 * The active context was asked for just before.
 *
 * @param isAsync whether it is an async function, whose promise nobody can have put anything on
 */
export function execute<R>(
  record: ActivityRecord,
  fn: (...args: never[]) => R,
  self: unknown,
  args: readonly unknown[],
  conclude: Conclude,
  isAsync: boolean,
): R {
  record.functions += 1
  let value: R
  try {
    value = enter(record.tracing as ActivityContext, fn, self, args)
  } catch (error) {
    const lifecycle = record.shared.owner as Lifecycle
    try {
      // What lies further inside has come first.
      if (lifecycle.behind) lifecycle.catchUp()
      lifecycle.settle(record, { threw: true, error })
    } catch {
      // The stack ends here: not one call more.
      record.functions = record.functions > 1 ? record.functions - 1 : unsettled.threw
      lifecycle.stackError = error
      lifecycle.behind = true
    }
    throw error
  }
  try {
    return isAsync && isOfOurRealm(value) ? followedPlain(record, value, conclude) : followed(record, value, conclude)
  } catch (error) {
    const lifecycle = record.shared.owner as Lifecycle
    record.functions = record.functions > 1 ? record.functions - 1 : unsettled.returned
    lifecycle.stackError = error
    lifecycle.behind = true
    return value
  }
}

/** Apart from the call itself, so that little of it lies on the stack while the function runs. */
function followed<R>(record: ActivityRecord, value: R, conclude: Conclude): R {
  const then = thenOf(value)
  if (then === undefined) {
    settleWith(record, value, conclude)
    return value
  }
  if (!types.isPromise(value)) return followThenable(record, value, then, conclude)
  if (!isPlain(value, then)) {
    const instead = followPromise(value, then, outcomeOf(record, conclude))
    return instead === undefined ? followThenable(record, value, then, conclude) : (instead as R)
  }
  return followedPlain(record, value, conclude)
}

function followedPlain<R>(record: ActivityRecord, value: R & Promise<unknown>, conclude: Conclude): R {
  return value.then(
    (fulfilled: unknown) => {
      settleWith(record, fulfilled, conclude)
      return fulfilled
    },
    (error: unknown) => {
      lifecycleOf(record).settle(record, { threw: true, error })
      throw error
    },
  ) as R
}

/**
 * Runs a function inside another one of the same activity. The activity stays open until both have settled; what the
 * inner one throws is for the outer one to handle, as long as that still runs.
 */
export function executeInside<R>(record: ActivityRecord, fn: () => R): R {
  record.functions += 1
  const settle = (settled: Settled): void =>
    lifecycleOf(record).settle(record, record.functions > 1 ? returned : settled)
  const failed = (error: unknown): void => settle({ threw: true, error })
  let value: R
  try {
    value = fn()
  } catch (error) {
    try {
      failed(error)
    } catch {
      const lifecycle = record.shared.owner as Lifecycle
      record.functions = record.functions > 1 ? record.functions - 1 : unsettled.threw
      lifecycle.stackError = error
      lifecycle.behind = true
    }
    throw error
  }
  const then = thenOf(value)
  if (types.isPromise(value) && then !== undefined) {
    const outcome = firstOf({ record, fulfilled: () => settle(returned), rejected: failed })
    const instead = followPromise(value, then, outcome)
    if (instead !== undefined) return instead as R
  }
  settle(returned)
  return value
}
