import type { ActivityRecord } from '../activity/record.js'
import { type AnyGenerator, type GeneratorEnd, type Step, takeStep } from './generator-steps.js'

interface Follower {
  readonly record: ActivityRecord
  readonly end: GeneratorEnd
}

/** A generator that many calls return has its steps shadowed once; one without followers is over. */
const followersOf = new WeakMap<object, Set<Follower>>()

const steps = ['next', 'return', 'throw'] as const satisfies readonly Step[]

/**
 * Follows a generator that a function has made elsewhere and returns. The very object is returned, with its steps
 * shadowed until it is over; inside them the activity of the innermost function that returned it is current.
 *
 * @returns whether there is something to wait for
 */
export function followGeneratorObject(generator: object, record: ActivityRecord, end: GeneratorEnd): boolean {
  const follower: Follower = { record, end }
  const known = followersOf.get(generator)
  if (known?.size === 0) return false
  if (known !== undefined) {
    known.add(follower)
    return true
  }
  const { next, return: leave, throw: fail } = generator as AnyGenerator
  const original: AnyGenerator = { next, return: leave, throw: fail }
  if (steps.some((step) => typeof original[step] !== 'function')) return false
  const own = steps.map((step) => [step, Reflect.getOwnPropertyDescriptor(generator, step)] as const)
  const followers = new Set([follower])

  const restore = (): void => {
    for (const [step, descriptor] of own) {
      if (descriptor === undefined) Reflect.deleteProperty(generator, step)
      else Reflect.defineProperty(generator, step, descriptor)
    }
  }
  const tell = (how: (one: GeneratorEnd) => void): void => {
    if (followers.size > 0) restore()
    for (const one of followers) {
      followers.delete(one)
      how(one.end)
    }
  }
  const all: GeneratorEnd = {
    ended: (value) => tell((one) => one.ended(value)),
    failed: (error) => tell((one) => one.failed(error)),
  }
  const shadow = (step: Step): boolean => {
    const value = function (this: unknown, ...args: unknown[]): unknown {
      if (followers.size === 0) return Reflect.apply(original[step], this, args)
      return takeStep(record, original[step], this, args, all)
    }
    return Reflect.defineProperty(generator, step, { value, configurable: true, writable: true })
  }
  if (!steps.every(shadow)) {
    // What is frozen cannot be watched; its activity ends with the call.
    restore()
    return false
  }
  followersOf.set(generator, followers)
  return true
}
