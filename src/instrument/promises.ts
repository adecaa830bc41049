import type { Outcome } from './outcome.js'
import { type Method, watchedThen } from './watched-calls.js'

const OurPromise = Promise
const promisePrototype = OurPromise.prototype
const nativeSource = Function.prototype.toString.call(promisePrototype.then)

/** Also that of another realm; a function that is bound, or behind a proxy, is native only by the look of its text. */
function isNativeThen(then: unknown): then is Method {
  return (
    then === promisePrototype.then ||
    (typeof then === 'function' && Function.prototype.toString.call(then) === nativeSource)
  )
}

/** Asked of what an async function returns, which is a promise and new, so that this says that it is plain. */
export function isOfOurRealm<T>(promise: T): promise is T & Promise<unknown> {
  return promise instanceof OurPromise
}

/** A promise that nobody has put anything on: nearly all are. */
export function isPlain(promise: object, then: unknown): boolean {
  return (
    then === promisePrototype.then &&
    Object.getPrototypeOf(promise) === promisePrototype &&
    Reflect.ownKeys(promise).length === 0
  )
}

const quiet = (): void => {}

/** The derived promise that a rejection reaches beside those of the user; it is handled where those are to be. */
const besides = new WeakMap<object, Promise<unknown>>()

/** The `then` that we have put on a promise. */
const shadows = new WeakMap<object, Method>()

const hidden = { configurable: true, writable: true, enumerable: false } as const

/** Whoever asks the promise itself answers for its rejection. */
function takenOver(promise: object): void {
  const derived = besides.get(promise)
  if (derived === undefined) return
  besides.delete(promise)
  void promisePrototype.then.call(derived, undefined, quiet)
}

/**
 * Follows a promise that is not plain: of another class or realm, or with methods of its own.
 *
 * @returns what the caller gets in its place; nothing where the promise does not tell by itself when the work is done
 */
export function followPromise(promise: Promise<unknown>, then: Method, outcome: Outcome): unknown {
  const prototype: unknown = Object.getPrototypeOf(promise)
  const inherited: unknown = prototype === null ? undefined : Reflect.get(prototype as object, 'then', promise)
  // Its class starts the work only in its own `then`.
  if (!isNativeThen(inherited)) return undefined
  const isOfClass = !Object.hasOwn(prototype as object, 'then')
  const own = then === inherited || then === shadows.get(promise) ? undefined : then
  try {
    if (isOfClass && own === undefined) return followInPlace(promise, inherited, outcome)
    return dressed(promise, derive(promise, inherited, outcome), own, outcome)
  } catch {
    // Its class makes nothing that is derived from it: it is followed where somebody asks it.
    return undefined
  }
}

function derive(promise: object, then: Method, outcome: Outcome): Promise<unknown> {
  return Reflect.apply(then, promise, [
    (value: unknown) => {
      outcome.fulfilled(value)
      return value
    },
    (error: unknown) => {
      outcome.rejected(error)
      throw error
    },
  ] as never[]) as Promise<unknown>
}

/**
 * One of another class may have a state of its own, which a derived one lacks. It stays itself: what is awaited asks
 * its `then`, and takes the rejection over from the derived one that we follow it by.
 */
function followInPlace(promise: Promise<unknown>, then: Method, outcome: Outcome): unknown {
  const beside = derive(promise, then, outcome)
  if (shadows.has(promise)) {
    // One rejection is reported once.
    void promisePrototype.then.call(beside, undefined, quiet)
    return promise
  }
  const shadow = function (this: unknown, ...args: never[]): unknown {
    takenOver(promise)
    return Reflect.apply(then, this, args)
  }
  if (!Reflect.defineProperty(promise, 'then', { ...hidden, value: shadow })) return beside
  shadows.set(promise, shadow)
  besides.set(promise, beside)
  return promise
}

const asks: readonly PropertyKey[] = ['then', 'catch', 'finally']

/** With what was put on the promise. Where that asks the promise itself, it answers for the rejection. */
function dressed(promise: object, derived: Promise<unknown>, own: Method | undefined, outcome: Outcome): unknown {
  for (const key of Reflect.ownKeys(promise)) {
    const property = Reflect.getOwnPropertyDescriptor(promise, key)
    // What Node notes on every promise is there already.
    if (property === undefined || Object.hasOwn(derived, key)) continue
    if (asks.includes(key) && typeof property.value === 'function')
      property.value = asking(derived, key === 'then' && own !== undefined ? watched(own, outcome) : property.value)
    Reflect.defineProperty(derived, key, property)
  }
  return derived
}

function watched(own: Method, outcome: Outcome): Method {
  return watchedThen(own, () => (outcome.record.open ? outcome : undefined))
}

function asking(derived: Promise<unknown>, method: Method): Method {
  besides.set(derived, derived)
  return function (this: unknown, ...args: never[]): unknown {
    takenOver(derived)
    return Reflect.apply(method, this, args)
  }
}
