import type { ActivityRecord } from '../activity/record.js'
import type { ActivityContext } from '../tracing/activity-context.js'
import { runIn } from '../tracing/current.js'
import { returned } from '../tracker/lifecycle.js'
import { lifecycleOf } from './begin.js'

interface Thenable {
  then(onFulfilled?: unknown, onRejected?: unknown): unknown
}

/** An object with a `then` that is no promise, such as a query builder. */
export function isThenable(value: unknown): value is Thenable {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  try {
    return typeof (value as Partial<Thenable>).then === 'function'
  } catch {
    return false
  }
}

type Callback = ((value: unknown) => unknown) | undefined

function callback(given: unknown): Callback {
  return typeof given === 'function' ? (given as Callback) : undefined
}

/**
 * Follows a thenable without starting it: a lazy query must run once, and only when it is awaited, and must keep its
 * methods. So the very object is returned, with its `then` shadowed; the activity ends when somebody's `then` settles.
 */
export function followThenable<T>(
  record: ActivityRecord,
  thenable: T & Thenable,
  conclude: ((record: ActivityRecord, value: unknown) => void) | undefined,
): T {
  const lifecycle = lifecycleOf(record)
  const original = thenable.then
  let settled = false
  const once = (settle: () => void): void => {
    if (settled) return
    settled = true
    settle()
  }
  const then = function (this: unknown, onFulfilled?: unknown, onRejected?: unknown): unknown {
    const fulfilled = (value: unknown): unknown => {
      once(() => {
        if (record.control?.verdict === undefined) conclude?.(record, value)
        lifecycle.settle(record, returned)
      })
      const next = callback(onFulfilled)
      return next === undefined ? value : next(value)
    }
    const rejected = (error: unknown): unknown => {
      once(() => lifecycle.settle(record, { threw: true, error }))
      const next = callback(onRejected)
      if (next === undefined) throw error
      return next(error)
    }
    try {
      return runIn(record.tracing as ActivityContext, original as (...args: never[]) => unknown, this, [
        fulfilled,
        rejected,
      ])
    } catch (error) {
      once(() => lifecycle.settle(record, { threw: true, error }))
      throw error
    }
  }
  if (
    !Reflect.defineProperty(thenable, 'then', { value: then, configurable: true, writable: true, enumerable: false })
  ) {
    // A frozen thenable cannot be watched; its activity ends with the call that made it.
    once(() => lifecycle.settle(record, returned))
    return thenable
  }
  record.controls().paused = true
  lifecycle.guard(record, thenable)
  return thenable
}
