import type { ActivityRecord } from '../activity/record.js'
import { type AnyGenerator, type FollowedGenerator, type GeneratorEnd, type Step, takeStep } from './generator-steps.js'
import { shadow } from './shadow.js'

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
  const followers = new Set([follower])
  const shadows: (() => void)[] = []
  const restore = (): void => {
    for (const remove of shadows.splice(0)) remove()
  }
  const tell = (how: (one: GeneratorEnd) => void): void => {
    restore()
    for (const one of followers) {
      followers.delete(one)
      how(one.end)
    }
  }
  const followed: FollowedGenerator = {
    stepping: false,
    ended: (value) => tell((one) => one.ended(value)),
    failed: (error) => tell((one) => one.failed(error)),
  }
  for (const step of steps) {
    const value = function (this: unknown, ...args: unknown[]): unknown {
      // What is asked of another object is no step of this one.
      if (followers.size === 0 || this !== generator) return Reflect.apply(original[step], this, args)
      return takeStep(record, original[step], this, args, followed)
    }
    const remove = shadow(generator, step, { value })
    if (remove === undefined) {
      // What is frozen cannot be watched; its activity ends with the call.
      restore()
      return false
    }
    shadows.push(remove)
  }
  followersOf.set(generator, followers)
  return true
}
