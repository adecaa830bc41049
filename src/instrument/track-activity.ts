import type { ActivityDescription, ParentActivity, PerCall } from '../activity/options.js'
import { callSite } from '../base/call-site.js'
import { UnderwayError } from '../base/underway-error.js'
import type { AnyFunction } from './alike.js'
import { decorateAny, wrapPlain } from './decorate.js'
import type { StartOptions } from './description.js'
import { checkOptions, refuseUncalled } from './wrap.js'

type PerCallKey = 'module' | 'group' | 'plan' | 'attributes' | 'parent'

/**
 * Options of a wrapped function. Those that may differ per call can be functions of `(this, ...args)`: inferred when
 * wrapping, annotated (`module(this: Worker) { … }`) in a decorator.
 */
export interface ActivityOptions<This, Args extends readonly unknown[], R>
  extends Omit<StartOptions, PerCallKey | 'attempt' | 'signal' | 'id' | 'from' | 'startTime'> {
  /** @defaultValue the enclosing activity's, else the tracker's service name */
  readonly module?: PerCall<This, Args, string> | undefined
  /** @defaultValue the registered module's */
  readonly group?: PerCall<This, Args, string> | undefined
  /** What it will do, for people. */
  readonly plan?: PerCall<This, Args, string> | undefined
  readonly attributes?: PerCall<This, Args, NonNullable<ActivityDescription['attributes']>> | undefined
  readonly attempt?: PerCall<This, Args, NonNullable<ActivityDescription['attempt']>> | undefined
  /** When it is aborted, so is the activity's own `signal`; for example `(options) => options.signal`. */
  readonly signal?: PerCall<This, Args, AbortSignal | undefined> | undefined
  /** `null` starts a new root. @defaultValue the current activity */
  readonly parent?: PerCall<This, Args, ParentActivity | null> | undefined
  /** What to keep of the value it returns. @defaultValue nothing */
  readonly result?: ((value: Outcome<R>) => unknown) | undefined
  /** What it did, in words. @defaultValue nothing */
  readonly did?: ((value: Outcome<R>) => string) | undefined
}

/** What a function comes to in the end: of a promise what it is fulfilled with, of a generator what it returns. */
type Outcome<R> = R extends Generator<unknown, infer T, never> | AsyncGenerator<unknown, infer T, never>
  ? T
  : Awaited<R>

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
  // With a second parameter, so that what was refused above is not taken for a plain function.
  <F extends (this: This, ...args: [...Args, ...never[]]) => unknown>(fn: F, none?: undefined): F
}

/** Options of a decorator: each function of the call may ask for as many of its arguments as it needs. */
export interface DecoratorOptions<
  This,
  M extends readonly unknown[],
  G extends readonly unknown[],
  P extends readonly unknown[],
  A extends readonly unknown[],
  Q extends readonly unknown[],
> extends Omit<ActivityOptions<This, [], unknown>, PerCallKey> {
  readonly module?: ActivityOptions<This, M, unknown>['module']
  readonly group?: ActivityOptions<This, G, unknown>['group']
  readonly plan?: ActivityOptions<This, P, unknown>['plan']
  readonly attributes?: ActivityOptions<This, A, unknown>['attributes']
  readonly parent?: ActivityOptions<This, Q, unknown>['parent']
}

/** The longest of several lists of arguments that begin alike. */
export type Longest<
  Lists extends readonly (readonly unknown[])[],
  Known extends readonly unknown[] = [],
> = Lists extends readonly [
  infer First extends readonly unknown[],
  ...infer Rest extends readonly (readonly unknown[])[],
]
  ? Longest<Rest, First extends readonly [...Known, ...unknown[]] ? First : Known>
  : Known

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
>(options?: DecoratorOptions<This, M, G, P, A, Q>): ActivityDecorator<This, Longest<[M, G, P, A, Q]>>
export function trackActivity<F extends AnyFunction>(options: OptionsOf<F>, fn: F): F
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
