import type { ActivityRecord } from '../activity/record.js'
import type { ActivityContext } from '../tracing/activity-context.js'
import { runIn } from '../tracing/current.js'

export type Step = 'next' | 'return' | 'throw'
export type AnyGenerator = Record<Step, (...args: unknown[]) => unknown>

/** Told when a generator is over; what comes after the first time is ignored. */
export interface GeneratorEnd {
  ended(value: unknown): void
  failed(error: unknown): void
}

/** Takes a step inside the activity, and tells if it was the last one. */
export function takeStep(
  record: ActivityRecord,
  step: AnyGenerator[Step],
  generator: unknown,
  args: readonly unknown[],
  end: GeneratorEnd,
): unknown {
  try {
    const result = runIn(record.tracing as ActivityContext, step as (...args: never[]) => unknown, generator, args)
    if (!(result instanceof Promise)) {
      observe(result, end)
      return result
    }
    return result.then(
      (settled: unknown) => {
        observe(settled, end)
        return settled
      },
      (error: unknown) => {
        end.failed(error)
        throw error
      },
    )
  } catch (error) {
    end.failed(error)
    throw error
  }
}

function observe(result: unknown, end: GeneratorEnd): void {
  // What only looks like a generator may give anything.
  if (typeof result !== 'object' || result === null) return
  const { done, value } = result as IteratorResult<unknown>
  if (done === true) end.ended(value)
}
