import type { ActivityRecord } from '../activity/record.js'
import type { ActivityContext } from '../tracing/activity-context.js'
import { runIn } from '../tracing/current.js'
import { returned } from '../tracker/lifecycle.js'
import { lifecycleOf } from './begin.js'
import type { Conclude } from './execute.js'

const generatorTags = new Set(['GeneratorFunction', 'AsyncGeneratorFunction'])

/** Whether calling the function makes an iterator whose body has not begun. */
export function isGeneratorFunction(fn: (...args: never[]) => unknown): boolean {
  return generatorTags.has(Object.prototype.toString.call(fn).slice(8, -1))
}

type Step = 'next' | 'return' | 'throw'
type AnyGenerator = Record<Step, (...args: unknown[]) => unknown>

/**
 * The activity of a generator starts at the first `next`, is current inside every step, and ends when the generator is
 * drained, returned or thrown out of; a generator that is dropped half-way is cancelled as abandoned.
 */
export function followGenerator<G extends object>(generator: G, start: () => ActivityRecord, conclude: Conclude): G {
  const inner = generator as G & AnyGenerator
  let record: ActivityRecord | undefined
  let finished = false

  const settle = (outcome: { readonly value: unknown } | { readonly error: unknown }): void => {
    if (finished || record === undefined) return
    finished = true
    if ('error' in outcome) {
      lifecycleOf(record).settle(record, { threw: true, error: outcome.error })
      return
    }
    if (record.control?.verdict === undefined) conclude?.(record, outcome.value)
    lifecycleOf(record).settle(record, returned)
  }
  const observe = (result: unknown): void => {
    const { done, value } = result as IteratorResult<unknown>
    if (done === true) settle({ value })
  }
  const step =
    (kind: Step) =>
    (...args: unknown[]): unknown => {
      if (record === undefined && kind === 'next') {
        record = start()
        record.functions += 1
        record.controls().paused = true
        lifecycleOf(record).guard(record, wrapper)
      }
      if (record === undefined || finished) return Reflect.apply(inner[kind], generator, args)
      try {
        const result = runIn(
          record.tracing as ActivityContext,
          inner[kind] as (...args: never[]) => unknown,
          generator,
          args,
        )
        if (!(result instanceof Promise)) {
          observe(result)
          return result
        }
        return result.then(
          (settled: unknown) => {
            observe(settled)
            return settled
          },
          (error: unknown) => {
            settle({ error })
            throw error
          },
        )
      } catch (error) {
        settle({ error })
        throw error
      }
    }

  const wrapper = Object.create(Object.getPrototypeOf(generator) as object, {
    next: { value: step('next'), configurable: true, writable: true },
    return: { value: step('return'), configurable: true, writable: true },
    throw: { value: step('throw'), configurable: true, writable: true },
  }) as G
  return wrapper
}
