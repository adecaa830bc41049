import type { ActivityRecord } from '../activity/record.js'
import { guarded } from '../base/faults.js'
import type { ActivityContext } from '../tracing/activity-context.js'
import { runIn } from '../tracing/current.js'
import { type AnyFunction, constructs, dressLike } from './alike.js'
import { lifecycleOf, recordKey } from './begin.js'

type Call = (this: unknown, ...args: unknown[]) => unknown

/**
 * The function, inside the activity whoever calls it.
 *
 * @param handle is kept, as the function may be all that is left to end the activity with
 */
export function bindTo<F extends AnyFunction>(handle: { readonly [recordKey]: ActivityRecord }, fn: F): F {
  const { faults } = lifecycleOf(handle[recordKey])
  const inside = fn as unknown as (...args: never[]) => unknown
  const context = (): ActivityContext => handle[recordKey].tracing as ActivityContext
  const plain = {
    bound(this: unknown, ...args: unknown[]): unknown {
      return runIn(context(), inside, this, args)
    },
  }
  const constructing: Call = function (this: unknown, ...args: unknown[]): unknown {
    if (new.target === undefined) return runIn(context(), inside, this, args)
    const target: unknown = new.target === constructing ? inside : new.target
    return runIn(context(), Reflect.construct as (...given: never[]) => unknown, undefined, [inside, args, target])
  }
  // A proxy may refuse to be looked into, and be called all the same.
  return guarded(faults, 'value.unreadable', 'bind', plain.bound as unknown as F, () => {
    const bound: Call = constructs(fn) ? constructing : plain.bound
    dressLike(bound, fn)
    return bound as unknown as F
  })
}
