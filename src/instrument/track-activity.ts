import type { ActivityDescription, ParentActivity, PerCall } from '../activity/options.js'
import { UnderwayError } from '../base/underway-error.js'
import { decorateAny } from './decorate.js'
import type { StartOptions } from './description.js'
import { type AnyFunction, checkOptions } from './wrap.js'

type PerCallKey = 'module' | 'group' | 'plan' | 'attributes' | 'parent'

/**
 * Options of a wrapped function. Those that may differ per call can be functions of `(this, ...args)`: inferred when
 * wrapping, annotated (`module(this: Worker) { … }`) in a decorator.
 */
export interface ActivityOptions<This, Args extends readonly unknown[], R>
  extends Omit<StartOptions, PerCallKey | 'id' | 'from' | 'startTime'> {
  /** @defaultValue the enclosing activity's, else the tracker's service name */
  readonly module?: PerCall<This, Args, string> | undefined
  /** @defaultValue the registered module's */
  readonly group?: PerCall<This, Args, string> | undefined
  /** What it will do, for people. */
  readonly plan?: PerCall<This, Args, string> | undefined
  readonly attributes?: PerCall<This, Args, NonNullable<ActivityDescription['attributes']>> | undefined
  /** `null` starts a new root. @defaultValue the current activity */
  readonly parent?: PerCall<This, Args, ParentActivity | null> | undefined
  /** What to keep of the value it returns. @defaultValue nothing */
  readonly result?: ((value: Awaited<R>) => unknown) | undefined
  /** What it did, in words. @defaultValue nothing */
  readonly did?: ((value: Awaited<R>) => string) | undefined
}

type OptionsOf<F extends AnyFunction> = ActivityOptions<ThisParameterType<F>, Parameters<F>, ReturnType<F>>

/** Decorates methods, function-valued fields and accessors (TC39), methods (legacy), and wraps functions. */
export interface ActivityDecorator<This, Args extends readonly unknown[]> {
  <F extends (this: This, ...args: [...Args, ...never[]]) => unknown>(
    value: F,
    context: ClassMethodDecoratorContext<This, F>,
  ): F
  <F extends (this: This, ...args: [...Args, ...never[]]) => unknown>(
    value: undefined,
    context: ClassFieldDecoratorContext<This, F>,
  ): (this: This, initial: F) => F
  <F extends (this: This, ...args: [...Args, ...never[]]) => unknown>(
    value: ClassAccessorDecoratorTarget<This, F>,
    context: ClassAccessorDecoratorContext<This, F>,
  ): ClassAccessorDecoratorResult<This, F>
  <F extends (this: This, ...args: [...Args, ...never[]]) => unknown>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<F>,
  ): TypedPropertyDescriptor<F>
  <F extends (this: This, ...args: [...Args, ...never[]]) => unknown>(fn: F): F
}

/**
 * Makes every call of a function an activity. `trackActivity(options, fn)` wraps, `trackActivity(options)` decorates.
 *
 * @throws UnderwayError OPTIONS_INVALID, DECORATOR_TARGET, when it is applied; never when the function is called
 */
export function trackActivity<This = never, Args extends readonly unknown[] = []>(
  options?: ActivityOptions<This, Args, unknown>,
): ActivityDecorator<This, Args>
export function trackActivity<F extends AnyFunction>(options: OptionsOf<F>, fn: F): F
export function trackActivity(options: unknown = {}, ...rest: unknown[]): unknown {
  checkOptions(options)
  if (rest.length === 0) return decorateAny(options)
  const [fn] = rest
  if (typeof fn !== 'function') {
    throw new UnderwayError(
      'OPTIONS_INVALID',
      `trackActivity(options, fn): fn must be a function, got ${fn === null ? 'null' : typeof fn}`,
    )
  }
  const named = fn as AnyFunction
  return decorateAny(options, trackActivity)(named)
}
