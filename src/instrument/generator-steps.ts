import { types } from 'node:util'
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

/** One generator that is followed. */
export interface FollowedGenerator extends GeneratorEnd {
  /** A step of it is on the stack. */
  stepping: boolean
}

/** Takes a step inside the activity, and tells if it was the last one. */
export function takeStep(
  record: ActivityRecord,
  step: AnyGenerator[Step],
  generator: unknown,
  args: readonly unknown[],
  followed: FollowedGenerator,
): unknown {
  const reentered = followed.stepping
  followed.stepping = true
  try {
    const result = runIn(record.tracing as ActivityContext, step as (...args: never[]) => unknown, generator, args)
    if (!types.isPromise(result)) {
      observe(result, followed)
      return result
    }
    return result.then(
      (settled: unknown) => {
        observe(settled, followed)
        return settled
      },
      (error: unknown) => {
        followed.failed(error)
        throw error
      },
    )
  } catch (error) {
    // "Generator is already running": that is the fault of who asked, and it goes on.
    if (!reentered) followed.failed(error)
    throw error
  } finally {
    followed.stepping = reentered
  }
}

function observe(result: unknown, end: GeneratorEnd): void {
  // What only looks like a generator may give anything.
  if (typeof result !== 'object' || result === null) return
  const step = result as IteratorResult<unknown>
  if (step.done === true) end.ended(step.value)
}
