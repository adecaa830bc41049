import type { ActivityContext } from '../tracing/activity-context.js'
import { inContextOfNow, runIn } from '../tracing/current.js'
import type { Outcome } from './outcome.js'

export type Method = (this: unknown, ...args: never[]) => unknown
type Callback = (...args: unknown[]) => unknown

/** Who follows the work now; without anybody it is called as it is. */
type Following = () => Outcome | undefined

/** Callbacks are not part of the work: they run where they were given, whoever calls them. */
function callback(given: unknown): Callback | undefined {
  return typeof given === 'function' ? inContextOfNow(given as Callback) : undefined
}

function call(outcome: Outcome, method: Method, self: unknown, args: readonly unknown[]): unknown {
  try {
    return runIn(outcome.record.tracing as ActivityContext, method, self, args)
  } catch (error) {
    outcome.rejected(error)
    throw error
  }
}

/** A `then` that runs with the activity current and tells what it brings. All that a callback is given reaches it. */
export function watchedThen(then: Method, following: Following): Method {
  return function (this: unknown, ...args: unknown[]): unknown {
    const outcome = following()
    if (outcome === undefined) return Reflect.apply(then, this, args)
    const [onFulfilled, onRejected, ...more] = args
    const nextFulfilled = callback(onFulfilled)
    const nextRejected = callback(onRejected)
    const fulfilled = (...values: unknown[]): unknown => {
      outcome.fulfilled(values[0])
      return nextFulfilled === undefined ? values[0] : nextFulfilled(...values)
    }
    const rejected = (...errors: unknown[]): unknown => {
      outcome.rejected(errors[0])
      if (nextRejected === undefined) throw errors[0]
      return nextRejected(...errors)
    }
    return call(outcome, then, this, [fulfilled, rejected, ...more])
  }
}

/** Other methods that run the work of a thenable and return what can be awaited. */
export const runs = ['catch', 'finally', 'exec', 'execute'] as const
export type Run = (typeof runs)[number]

/** @param follow stands in for what the method returns, so that its end is seen */
export function watchedRun(
  name: Run,
  method: Method,
  following: Following,
  follow: (result: unknown, outcome: Outcome) => unknown,
): Method {
  return function (this: unknown, ...args: unknown[]): unknown {
    const outcome = following()
    if (outcome === undefined) return Reflect.apply(method, this, args)
    // Before it may be classes of errors, which must stay what they are.
    const handler = name === 'catch' || name === 'finally' ? callback(args.at(-1)) : undefined
    if (handler !== undefined)
      args[args.length - 1] = (...given: unknown[]): unknown => {
        if (name === 'catch') outcome.rejected(given[0])
        return handler(...given)
      }
    return follow(call(outcome, method, this, args), outcome)
  }
}
