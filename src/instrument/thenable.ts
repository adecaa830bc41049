import { types } from 'node:util'
import type { ActivityRecord } from '../activity/record.js'
import { guarded } from '../base/faults.js'
import { returned } from '../tracker/settled.js'
import { lifecycleOf } from './begin.js'
import type { Conclude } from './bodies.js'
import { type Outcome, outcomeOf } from './outcome.js'
import { followPromise } from './promises.js'
import { shadow } from './shadow.js'
import { type Method, runs, watchedRun, watchedThen } from './watched-calls.js'

interface Thenable {
  readonly then: Method
}

/** The `then` of a value that can be awaited. Read once, as it may be a getter or lead to another process. */
export function thenOf(value: unknown): Method | undefined {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined
  try {
    const { then } = value as Partial<Thenable>
    return typeof then === 'function' ? then : undefined
  } catch {
    return undefined
  }
}

/** Who follows a thenable, and what of it is shadowed meanwhile. */
interface Watch {
  readonly followers: Set<Outcome>
  restore(): void
}

const watches = new WeakMap<object, Watch>()

/** All that follow it learn what it came to, the innermost first, and then it is left as it was. */
function outcomeFor({ followers, restore }: Watch): Outcome | undefined {
  const [innermost] = followers
  if (innermost === undefined) return undefined
  const tell = (how: (one: Outcome) => void): void => {
    if (followers.size > 0) restore()
    for (const one of followers) {
      followers.delete(one)
      how(one)
    }
  }
  return {
    record: innermost.record,
    fulfilled: (value) => tell((one) => one.fulfilled(value)),
    rejected: (error) => tell((one) => one.rejected(error)),
  }
}

/** What a method that runs the work returns is awaited in place of the thenable. */
function followResult(result: unknown, outcome: Outcome): unknown {
  const then = thenOf(result)
  if (then === undefined) return result
  const instead = types.isPromise(result) ? followPromise(result, then, outcome) : undefined
  if (instead !== undefined) return instead
  watch(result as object, then, outcome)
  return result
}

/** A property of an object, wherever it comes from; not that of a proxy, which may lead to another process. */
function propertyOf(holder: object, key: PropertyKey): PropertyDescriptor | undefined {
  if (types.isProxy(holder)) return undefined
  for (let at: object | null = holder; at !== null; at = Reflect.getPrototypeOf(at)) {
    const property = Reflect.getOwnPropertyDescriptor(at, key)
    if (property !== undefined) return property
  }
  return undefined
}

/** @returns whether it can be watched */
function watch(holder: object, then: Method, follower: Outcome): boolean {
  const known = watches.get(holder)
  if (known !== undefined && known.followers.size > 0) {
    known.followers.add(follower)
    return true
  }
  const removals: (() => void)[] = []
  const made: Watch = {
    followers: new Set([follower]),
    restore: () => {
      for (const remove of removals.splice(0)) remove()
    },
  }
  const following = (): Outcome | undefined => outcomeFor(made)
  const put = (key: PropertyKey, ours: PropertyDescriptor): boolean => {
    const remove = shadow(holder, key, ours)
    if (remove !== undefined) removals.push(remove)
    return remove !== undefined
  }
  if (
    !put(
      'then',
      shadowOf(propertyOf(holder, 'then'), then, (method) => watchedThen(method, following)),
    )
  )
    return false
  for (const name of runs) {
    const method: unknown = propertyOf(holder, name)?.value
    if (typeof method === 'function') put(name, { value: watchedRun(name, method as Method, following, followResult) })
  }
  watches.set(holder, made)
  return true
}

/** A getter goes on being asked: what becomes ready by itself may have a `then` only until it is. */
function shadowOf(
  property: PropertyDescriptor | undefined,
  method: Method,
  watched: (method: Method) => Method,
): PropertyDescriptor {
  const getter = property?.get
  if (getter === undefined) return { value: watched(method) }
  return {
    get(this: unknown) {
      const now: unknown = Reflect.apply(getter, this, [])
      return typeof now === 'function' ? watched(now as Method) : now
    },
  }
}

/**
 * Follows a thenable without starting it: a lazy query must run once, and only when it is awaited, and must keep its
 * methods. So the very object is returned, with what runs it shadowed until it has run; the activity ends with that.
 */
export function followThenable<T>(record: ActivityRecord, thenable: T, then: Method, conclude: Conclude): T {
  const lifecycle = lifecycleOf(record)
  const holder = thenable as object
  const follower = outcomeOf(record, conclude)
  if (!guarded(lifecycle.faults, 'value.unreadable', 'then', false, () => watch(holder, then, follower))) {
    // A frozen thenable cannot be watched; its activity ends with the call that made it.
    lifecycle.settle(record, returned)
    return thenable
  }
  record.controls().paused = true
  lifecycle.guard(record, holder)
  return thenable
}
