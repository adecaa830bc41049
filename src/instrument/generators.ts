import type { ActivityRecord } from '../activity/record.js'
import { returned } from '../tracker/settled.js'
import { lifecycleOf } from './begin.js'
import type { Conclude } from './bodies.js'
import { type AnyGenerator, type FollowedGenerator, type Step, takeStep } from './generator-steps.js'

const generatorTags = new Set(['GeneratorFunction', 'AsyncGeneratorFunction'])

/** Whether calling the function makes an iterator whose body has not begun. */
export function isGeneratorFunction(fn: (...args: never[]) => unknown): boolean {
  return generatorTags.has(Object.prototype.toString.call(fn).slice(8, -1))
}

/**
 * The activity of a generator starts at the first `next`, is current inside every step, and ends when the generator is
 * drained, returned or thrown out of; a generator that is dropped half-way is cancelled as abandoned.
 */
export function followGenerator<G extends object>(generator: G, start: () => ActivityRecord, conclude: Conclude): G {
  const inner = generator as G & AnyGenerator
  let record: ActivityRecord | undefined
  let finished = false

  const followed: FollowedGenerator = {
    stepping: false,
    ended(value) {
      if (finished || record === undefined) return
      finished = true
      if (record.control?.verdict === undefined) conclude?.(record, value)
      lifecycleOf(record).settle(record, returned)
    },
    failed(error) {
      if (finished || record === undefined) return
      finished = true
      lifecycleOf(record).settle(record, { threw: true, error })
    },
  }
  const begin = (): void => {
    record = start()
    record.functions += 1
    record.controls().paused = true
    lifecycleOf(record).guard(record, wrapper)
  }
  const step =
    (kind: Step) =>
    (...args: unknown[]): unknown => {
      if (record === undefined && !finished) {
        if (kind === 'next') begin()
        // Its body will never run.
        else finished = true
      }
      if (record === undefined || finished) return Reflect.apply(inner[kind], generator, args)
      return takeStep(record, inner[kind], generator, args, followed)
    }

  const wrapper = Object.create(Object.getPrototypeOf(generator) as object, {
    next: { value: step('next'), configurable: true, writable: true },
    return: { value: step('return'), configurable: true, writable: true },
    throw: { value: step('throw'), configurable: true, writable: true },
  }) as G
  return wrapper
}
