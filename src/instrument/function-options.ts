import type { ActivityDescription, ParentActivity, PerCall } from '../activity/options.js'
import type { AnyFunction } from './alike.js'
import type { StartOptions } from './description.js'

/** The options that may be functions of the call. */
export type PerCallKey = 'module' | 'group' | 'plan' | 'attributes' | 'parent' | 'attempt' | 'signal'

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

/** Options for a function that is known, which the functions among them are inferred from. */
export type OptionsOf<F extends AnyFunction> = ActivityOptions<ThisParameterType<F>, Parameters<F>, ReturnType<F>>
