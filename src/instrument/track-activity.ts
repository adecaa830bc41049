import { callSite } from '../base/call-site.js'
import { UnderwayError } from '../base/underway-error.js'
import type { AnyFunction } from './alike.js'
import { decorateAny, wrapPlain } from './decorate.js'
import type { ActivityDecorator, DecoratorOptions, ElseAsked, FirstAsked, Wrappable } from './decorator-types.js'
import type { OptionsOf } from './function-options.js'
import { checkOptions, refuseUncalled } from './raw-options.js'

/**
 * Makes every call of a function an activity. `trackActivity(options, fn)` wraps, `trackActivity(options)` decorates.
 *
 * @throws UnderwayError OPTIONS_INVALID, DECORATOR_TARGET, when it is applied; never when the function is called
 */
export function trackActivity<
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
  options?: DecoratorOptions<This, M, G, P, A, Q, T, S>,
): ActivityDecorator<This, FirstAsked<[M, G, P, A, Q, T, S]>, ElseAsked<[M, G, P, A, Q, T, S]>>
export function trackActivity<F extends Wrappable, Known extends AnyFunction = F>(options: OptionsOf<Known>, fn: F): F
export function trackActivity(options: unknown = {}, ...rest: unknown[]): unknown {
  refuseUncalled('trackActivity', options, rest)
  checkOptions(options)
  const site = callSite(trackActivity)
  if (rest.length === 0) return decorateAny(options, site)
  const [fn] = rest
  if (typeof fn !== 'function') {
    throw new UnderwayError(
      'OPTIONS_INVALID',
      `trackActivity(options, fn): fn must be a function, got ${fn === null ? 'null' : typeof fn}`,
    )
  }
  return wrapPlain(options, fn as AnyFunction, site)
}
