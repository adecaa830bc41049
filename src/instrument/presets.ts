import type { KnownActivityType } from '../activity/activity-types.js'
import { UnderwayError } from '../base/underway-error.js'
import { decorateAny } from './decorate.js'
import type { ActivityDecorator, ActivityOptions } from './track-activity.js'
import { type AnyFunction, checkOptions } from './wrap.js'

type PresetOptions<This, Args extends readonly unknown[], R> = string | ActivityOptions<This, Args, R>

/** A decorator for one type of activity. A text instead of options is the `plan`: what it will do. */
export interface Preset {
  <This = never, Args extends readonly unknown[] = []>(
    plan?: PresetOptions<This, Args, unknown>,
  ): ActivityDecorator<This, Args>
  <F extends AnyFunction>(plan: PresetOptions<ThisParameterType<F>, Parameters<F>, ReturnType<F>>, fn: F): F
}

function preset(type: KnownActivityType): Preset {
  const track = (given: unknown = {}, ...rest: unknown[]): unknown => {
    const options = typeof given === 'string' ? { plan: given, type } : { type, ...(given as object) }
    checkOptions(options)
    if (rest.length === 0) return decorateAny(options)
    if (typeof rest[0] !== 'function')
      throw new UnderwayError('OPTIONS_INVALID', `the second argument must be a function, got ${typeof rest[0]}`)
    return decorateAny(options, track)(rest[0])
  }
  return track as Preset
}

/** For functions that decide something: say with `currentActivity()` what was considered and why. */
export const trackDecision: Preset = preset('decision')
/** For functions that are a logical thread of work. */
export const trackThread: Preset = preset('thread')
/** For work that goes on in the background. */
export const trackAsyncTask: Preset = preset('async_task')
