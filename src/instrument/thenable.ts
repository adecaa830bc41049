import type { ActivityRecord } from '../activity/record.js'
import { guarded } from '../base/faults.js'
import type { ActivityContext } from '../tracing/activity-context.js'
import { runIn } from '../tracing/current.js'
import { returned } from '../tracker/settled.js'
import { lifecycleOf } from './begin.js'
import { followBody } from './bodies.js'

interface Thenable {
  then(onFulfilled?: unknown, onRejected?: unknown): unknown
}

/** The `then` of a value that can be awaited. Read once, as it may be a getter or lead to another process. */
export function thenOf(value: unknown): Thenable['then'] | undefined {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined
  try {
    const { then } = value as Partial<Thenable>
    return typeof then === 'function' ? then : undefined
  } catch {
    return undefined
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
  thenable: T,
  original: Thenable['then'],
  conclude: ((record: ActivityRecord, value: unknown) => void) | undefined,
): T {
  const lifecycle = lifecycleOf(record)
  let settled = false
  const once = (settle: () => void): void => {
    if (settled) return
    settled = true
    settle()
  }
  const then = function (this: unknown, onFulfilled?: unknown, onRejected?: unknown): unknown {
    const fulfilled = (value: unknown): unknown => {
      once(() => {
        if (typeof value === 'object' && value !== null && followBody(record, value, conclude)) return
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
  const shadow = { value: then, configurable: true, writable: true, enumerable: false }
  const holder = thenable as object
  if (
    !guarded(lifecycle.faults, 'value.unreadable', 'then', false, () => Reflect.defineProperty(holder, 'then', shadow))
  ) {
    // A frozen thenable cannot be watched; its activity ends with the call that made it.
    once(() => lifecycle.settle(record, returned))
    return thenable
  }
  record.controls().paused = true
  lifecycle.guard(record, holder)
  return thenable
}
