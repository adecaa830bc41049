import { types } from 'node:util'
import type { ActivityRecord } from '../activity/record.js'
import { answerOf } from '../activity/values.js'
import type { CallSite } from '../base/call-site.js'
import { UnderwayError } from '../base/underway-error.js'
import type { Context } from '../tracing/api.js'
import { activeContext, recordIn } from '../tracing/current.js'
import type { Lifecycle } from '../tracker/lifecycle.js'
import { unsettled } from '../tracker/settled.js'
import type { StartPlace } from '../tracker/start-sites.js'
import { type AnyFunction, constructs, dressLike } from './alike.js'
import { lifecycleOf } from './begin.js'
import type { Conclude } from './bodies.js'
import { lifecycleFor } from './connect.js'
import { type Call, type Description, describe, type StartOptions } from './description.js'
import { execute } from './execute.js'
import { followGenerator, isGeneratorFunction } from './generators.js'
import { launch } from './launch.js'
import { copyOf, type RawOptions } from './raw-options.js'
import { applyOutcome } from './updates.js'

type Inner = (...args: never[]) => unknown
type Wrapped = (this: unknown, ...args: unknown[]) => unknown

/** How a function that is wrapped gets its default name: known at once, or from the object it is called on. */
export type NameOf = (self: unknown) => string

const perCallKeys = ['module', 'group', 'plan', 'attributes', 'parent', 'attempt', 'signal'] as const
/** One wrapped function: its options read as far as they do not depend on the call. */
class Site {
  readonly #options: RawOptions
  readonly #nameOf: NameOf
  readonly #tracker: unknown
  readonly #perCall: boolean
  readonly #place: StartPlace
  readonly conclude: Conclude
  #described: { readonly lifecycle: Lifecycle; readonly what: Description } | undefined

  constructor(options: RawOptions, nameOf: NameOf, startedFrom: CallSite | undefined) {
    this.#options = copyOf(options)
    this.#tracker = this.#options['tracker']
    this.#nameOf = nameOf
    this.#place = { startedFrom, shared: undefined }
    this.#perCall = perCallKeys.some((key) => typeof this.#options[key] === 'function')
    this.conclude = concludeWith(this.#options)
  }

  lifecycle(current: ActivityRecord | undefined): Lifecycle {
    return lifecycleFor(this.#tracker, current)
  }

  #describe(lifecycle: Lifecycle, self: unknown, args: readonly unknown[]): Description {
    if (this.#perCall) return describe(lifecycle.intake, this.#options as StartOptions, { self, args } satisfies Call)
    // What is the same in every call passes the tracker's redaction and checks once.
    if (this.#described?.lifecycle !== lifecycle)
      this.#described = { lifecycle, what: describe(lifecycle.intake, this.#options as StartOptions) }
    return this.#described.what
  }

  start(
    lifecycle: Lifecycle,
    self: unknown,
    args: readonly unknown[],
    active: Context,
    current: ActivityRecord | undefined,
  ): ActivityRecord {
    const what = this.#describe(lifecycle, self, args)
    return launch(lifecycle, what, what.name ?? this.#nameOf(self), this.#place, active, current)
  }
}

/** `did` and `result` are functions of the value; what they throw is counted and leaves the value alone. */
function concludeWith(options: RawOptions): Conclude {
  const { did, result } = options as { did?: (value: unknown) => unknown; result?: (value: unknown) => unknown }
  if (did === undefined && result === undefined) return undefined
  return (record, value) => {
    const { faults } = lifecycleOf(record)
    const ask = (key: string, answer: ((value: unknown) => unknown) | undefined): unknown =>
      answerOf(faults, key, () => answer?.(value))
    applyOutcome(record, ask('did', did), { result: ask('result', result) })
  }
}

function notWrappable(cause: unknown): UnderwayError {
  return new UnderwayError(
    'OPTIONS_INVALID',
    'trackActivity(options, fn): fn cannot be looked into; wrap the function before making a proxy of it',
    { cause },
  )
}

/** Called, and where `fn` constructs, also by `new`: two functions, so that the way of every call has no step more. */
function wrappedCall(site: Site, inner: Inner): Wrapped {
  const isAsync = types.isAsyncFunction(inner)
  const method = {
    wrapped(this: unknown, ...args: unknown[]): unknown {
      const active = activeContext()
      const current = recordIn(active)
      const lifecycle = site.lifecycle(current)
      if (lifecycle.disabled) return Reflect.apply(inner, this, args)
      const record = site.start(lifecycle, this, args, active, current)
      try {
        return execute(record, inner, this, args, site.conclude, isAsync)
      } catch (error) {
        // The stack ended before the function was even called.
        if (record.functions === 0 && record.state === 'running') {
          record.functions = unsettled.threw
          lifecycle.stackError = error
          lifecycle.behind = true
        }
        throw error
      }
    },
  }
  return method.wrapped
}

function construct(site: Site, inner: Inner, self: unknown, args: unknown[], target: unknown): unknown {
  const made = (...given: unknown[]): unknown => Reflect.construct(inner, given, target as Inner) as unknown
  return Reflect.apply(wrappedCall(site, made), self, args)
}

/** As {@link wrappedCall}, and `new` goes through to the original, which finds itself in `new.target`, or a class below. */
function wrappedConstructor(site: Site, inner: Inner): Wrapped {
  const wrapped: Wrapped = function (this: unknown, ...args: unknown[]): unknown {
    if (new.target !== undefined) return construct(site, inner, this, args, new.target === wrapped ? inner : new.target)
    const active = activeContext()
    const current = recordIn(active)
    const lifecycle = site.lifecycle(current)
    if (lifecycle.disabled) return Reflect.apply(inner, this, args)
    const record = site.start(lifecycle, this, args, active, current)
    try {
      return execute(record, inner, this, args, site.conclude, false)
    } catch (error) {
      // As above: with no stack left there is nothing to call that both could share.
      if (record.functions === 0 && record.state === 'running') {
        record.functions = unsettled.threw
        lifecycle.stackError = error
        lifecycle.behind = true
      }
      throw error
    }
  }
  return wrapped
}

/** Its activity begins with the first step, wherever that is taken. */
function wrappedGenerator(site: Site, inner: Inner): Wrapped {
  const method = {
    wrapped(this: unknown, ...args: unknown[]): unknown {
      const lifecycle = site.lifecycle(recordIn(activeContext()))
      const generator = Reflect.apply(inner, this, args) as object
      if (lifecycle.disabled) return generator
      const start = (): ActivityRecord => {
        const active = activeContext()
        return site.start(lifecycle, this, args, active, recordIn(active))
      }
      return followGenerator(generator, start, site.conclude)
    },
  }
  return method.wrapped
}

function wrapperFor(fn: Inner): (site: Site, inner: Inner) => Wrapped {
  if (isGeneratorFunction(fn)) return wrappedGenerator
  return constructs(fn) ? wrappedConstructor : wrappedCall
}

/**
 * The function as an activity: same type, `this`, name, length, properties, sync-ness and errors.
 *
 * @param startedFrom is shown as where the work starts
 */
export function wrapFunction<F extends AnyFunction>(
  options: RawOptions,
  fn: F,
  nameOf: NameOf,
  startedFrom: CallSite | undefined,
): F {
  const site = new Site(options, nameOf, startedFrom)
  const inner = fn as unknown as Inner
  try {
    const wrapped = wrapperFor(inner)(site, inner)
    dressLike(wrapped, fn)
    return wrapped as unknown as F
  } catch (error) {
    throw notWrappable(error)
  }
}
