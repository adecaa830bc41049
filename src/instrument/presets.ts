import type { KnownActivityType } from '../activity/activity-types.js'
import { callSite } from '../base/call-site.js'
import { UnderwayError } from '../base/underway-error.js'
import type { AnyFunction } from './alike.js'
import { decorateAny, wrapPlain } from './decorate.js'
import type { ActivityDecorator, DecoratorOptions, ElseAsked, FirstAsked, Wrappable } from './decorator-types.js'
import type { OptionsOf } from './function-options.js'
import { checkOptions, refuseUncalled } from './raw-options.js'

/** A decorator for one type of activity. A text instead of options is the `plan`: what it will do. */
export interface Preset {
  <
    This = never,
    Args extends readonly unknown[] = [],
    M extends readonly unknown[] = Args,
    G extends readonly unknown[] = Args,
    P extends readonly unknown[] = Args,
    A extends readonly unknown[] = Args,
    Q extends readonly unknown[] = Args,
    T extends readonly unknown[] = Args,
    S extends readonly unknown[] = Args,
  >(
    plan?: string | DecoratorOptions<This, M, G, P, A, Q, T, S>,
  ): ActivityDecorator<This, FirstAsked<[M, G, P, A, Q, T, S]>, ElseAsked<[M, G, P, A, Q, T, S]>>
  <F extends Wrappable, Known extends AnyFunction = F>(plan: string | OptionsOf<Known>, fn: F): F
}

function preset(name: string, type: KnownActivityType): Preset {
  const track = (given: unknown = {}, ...rest: unknown[]): unknown => {
    refuseUncalled(name, given, rest)
    const plain = typeof given === 'string' ? { plan: given } : given
    checkOptions(plain)
    const options = { ...plain, type: plain['type'] ?? type }
    const site = callSite(track)
    if (rest.length === 0) return decorateAny(options, site)
    if (typeof rest[0] !== 'function')
      throw new UnderwayError(
        'OPTIONS_INVALID',
        `${name}(plan, fn): fn must be a function, got ${rest[0] === null ? 'null' : typeof rest[0]}`,
      )
    return wrapPlain(options, rest[0] as AnyFunction, site)
  }
  return track as Preset
}

/** For functions that decide something: say with `currentActivity()` what was considered and why. */
export const trackDecision: Preset = preset('trackDecision', 'decision')
/** For functions that are a logical thread of work. */
export const trackThread: Preset = preset('trackThread', 'thread')
/** For work that goes on in the background. */
export const trackAsyncTask: Preset = preset('trackAsyncTask', 'async_task')
