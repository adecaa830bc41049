// What options that are functions of the call may ask of it. Never run: `npm run typecheck` is the test. The plainest
// cases are in test/package/fixtures/, which every supported version of TypeScript compiles.
import { expectTypeOf } from 'vitest'
import {
  type ActivityDecorator,
  type ActivityHandle,
  type AnyFunction,
  startActivity,
  trackActivity,
  trackAsyncTask,
  trackDecision,
  trackThread,
} from '../../src/index.js'

/** `any`, as code without types has it. */
type Untyped = ReturnType<typeof JSON.parse>

interface Owner {
  readonly label: string
}

export function aDefaultKeepsTheFunctionCallable(): void {
  type Wrapped = (a: number, b?: string) => string
  const before = trackActivity({ plan: (a) => `${a}` }, (a: number, b = 'x') => a + b)
  expectTypeOf(before).toEqualTypeOf<Wrapped>()
  before(1)
  const typed = trackActivity({ plan: (a: number) => a.toFixed() }, (a: number, b = 'x') => a + b)
  expectTypeOf(typed).toEqualTypeOf<Wrapped>()
  const curried = trackActivity({ module: 'M' })((a: number, b = 'x') => a + b)
  expectTypeOf(curried).toEqualTypeOf<Wrapped>()
  curried(1)
  const asked = trackActivity({ plan: (a: number) => a.toFixed() })((a: number, b = 'x') => a + b)
  expectTypeOf(asked).toEqualTypeOf<Wrapped>()
  for (const preset of [trackDecision, trackThread, trackAsyncTask]) {
    expectTypeOf(preset({ plan: (a) => `${a}` }, (a: number, b = 'x') => a + b)).toEqualTypeOf<Wrapped>()
    expectTypeOf(preset('x')((a: number, b = 'x') => a + b)).toEqualTypeOf<Wrapped>()
  }
  expectTypeOf(startActivity().bind((a: number, b = 'x') => a + b)).toEqualTypeOf<Wrapped>()

  const expected: (a: number) => string = trackActivity({ plan: (a) => a.toFixed() }, (a: number, b = 'x') => a + b)
  expected(1)
  const plain = ({ deep = true } = {}) => deep
  const taken = trackActivity({}, ({ deep = true } = {}) => deep)
  expectTypeOf(taken).toEqualTypeOf<typeof plain>()
  taken({ deep: false })
  trackActivity()(({ deep = true } = {}) => deep)({ deep: false })
  // @ts-expect-error the plan wants a text where the function has a number
  trackActivity({ plan: (a: string) => a }, (a: number, b = 'x') => a + b)
}

export function functionsWrittenInPlaceKnowTheirSurroundings(): void {
  type Handler = (request: { readonly url: string }, done: (text: string) => void) => Promise<void>
  const handler: Handler = trackActivity({ plan: ({ url }) => url }, async ({ url }, done) => done(url))
  const curried: Handler = trackActivity({ module: 'M' })(async ({ url }, done) => done(url))
  expectTypeOf([1].map(trackActivity({ plan: (a, i) => `${a}${i}` }, (a, i) => a * i))).toEqualTypeOf<number[]>()
  const labelled = trackActivity({
    plan(this: Owner, a: number) {
      return this.label + a.toFixed()
    },
  })(function (a) {
    return this.label.repeat(a)
  })
  labelled.call({ label: 'x' }, 1)
  expectTypeOf(trackActivity<unknown, [number]>()((a) => a.toFixed())).returns.toEqualTypeOf<string>()
  return void [handler, curried]
}

export function whatACurriedFunctionIsCalledWith(): void {
  const wide = trackActivity({ plan: (a: string | number) => String(a) })
  expectTypeOf(wide((a: string) => a.length)).toEqualTypeOf<(a: string) => number>()
  expectTypeOf(wide(<T extends string>(a: T): T => a)).toEqualTypeOf<<T extends string>(a: T) => T>()
  expectTypeOf(wide(Object.assign((a: string) => a, { help: 'x' })).help).toEqualTypeOf<string>()
  // @ts-expect-error the plan does not take a boolean
  wide((a: boolean) => a)

  const narrow = trackActivity({ plan: (a: string) => a.toUpperCase() })
  narrow((a: 'x') => a)
  narrow((a: string, more: number) => a.repeat(more))
  // @ts-expect-error the plan does not take a number
  narrow((a: string | number) => a)
  // @ts-expect-error the plan needs an argument
  narrow(() => 1)
  // @ts-expect-error the argument may be missing
  narrow((a?: string) => a)

  const owned = trackActivity({
    module(this: Owner) {
      return this.label
    },
  })
  owned(function (this: Owner & { more: 1 }) {
    return this.more
  })
  // A function that says nothing of its `this` may be called on anything.
  expectTypeOf({ label: 'x', run: owned((a: number) => a) }.run(1)).toEqualTypeOf<number>()
  // @ts-expect-error what it is called on has no label
  owned(function (this: { more: 1 }) {
    return this.more
  })
  // @ts-expect-error it is called on nothing
  owned(function (this: void) {
    return 1
  })
}

export function whatIsNotKnownYet(untyped: (...args: Untyped[]) => Untyped, any: AnyFunction): void {
  const narrow = trackActivity({ plan: (a: string) => a })
  narrow(untyped)
  trackActivity()(any)
  trackActivity({}, any)
  const decorators: readonly ActivityDecorator<Owner, [string]>[] = [trackActivity(), narrow]
  void decorators
}

export function helpers(): void {
  const narrow = trackActivity({ plan: (a: string) => a })
  const any = <F extends AnyFunction>(fn: F): F => trackActivity({ plan: (...all: unknown[]) => all.join() })(fn)
  const bounded = <F extends (a: string) => unknown>(fn: F): F => narrow(fn)
  const element = <T extends { id: string }>(fn: (a: T) => void): ((a: T) => void) =>
    trackActivity({ plan: (a: { id: string }) => a.id, module: (a: unknown) => typeof a })(fn)
  const list = <A extends unknown[], R>(fn: (...args: A) => R): ((...args: A) => R) =>
    trackActivity({ attributes: (...args) => ({ args }) }, fn)
  // @ts-expect-error the bound has a boolean where the plan wants a text
  const wrong = <F extends (a: boolean) => unknown>(fn: F): F => narrow(fn)
  return void [any, bounded, element, list, wrong]
}

export class Methods {
  readonly label = 'x'
  static readonly count: number = 5

  @trackActivity({ plan: (a: string) => a })
  bounded<T extends string>(a: T): T {
    return a
  }

  // @ts-expect-error anything may be given
  @trackActivity({ plan: (a: string) => a })
  unbounded<T>(a: T): T {
    return a
  }

  @trackActivity({ plan: () => 'x' })
  fewer(_a: number, _b: string): void {}

  // @ts-expect-error there is no second argument
  @trackActivity({ plan: (a: number, b: string) => `${a}${b}` })
  more(_: number): void {}

  // @ts-expect-error the argument may be missing
  @trackActivity({ plan: (a: string) => a })
  optional(_?: string): void {}

  @trackActivity({ plan: (a?: string) => a ?? '' })
  defaulted(_ = 'x'): void {}

  @trackActivity({ plan: (...all: number[]) => all.join() })
  all(_a: number, _b: number): void {}

  // @ts-expect-error the second argument is a text
  @trackActivity({ plan: (...all: number[]) => all.join() })
  mixed(_a: number, _b: string): void {}

  @trackActivity({ plan: (a: number, b?: string) => `${a}${b}` })
  rest(..._: readonly [number, string?]): void {}

  @trackActivity({ plan: (a: readonly string[]) => a.join() })
  tuple(_: [string, string]): void {}

  @trackActivity({ plan: (a: string) => a })
  untyped(_: Untyped): void {}

  // @ts-expect-error each option counts: the plan wants a text
  @trackActivity({ module: (a: number) => a.toFixed(), plan: (a: string) => a })
  several(_: number): void {}

  @trackActivity({ module: (a: number | string) => `${a}`, plan: (a: number | boolean, b: string) => `${a}${b}` })
  severalThatFit(_a: number, _b: string): void {}

  overloaded(a: string): string
  overloaded(a: number): number
  @trackActivity({ plan: (a: string | number) => `${a}` })
  overloaded(a: string | number): string | number {
    return a
  }

  halfway(a: string): string
  halfway(a: number): number
  // @ts-expect-error it can be called with a text
  @trackActivity({ plan: (a: number) => a.toFixed() })
  halfway(a: string | number): string | number {
    return a
  }

  @trackActivity({ plan: (a: unknown) => typeof a })
  guard(a: unknown): a is string {
    return typeof a === 'string'
  }

  @trackActivity({ plan: (a: unknown) => typeof a })
  assert(a: unknown): asserts a is string {
    void a
  }

  @trackActivity()
  chained(): this {
    return this
  }

  @trackActivity({ attempt: (n: number) => n })
  attempted(_: number): void {}

  @trackActivity({
    attempt(this: Owner, n: number) {
      return { number: n, of: this.label.length }
    },
  })
  attemptedOf(_: number): void {}

  // @ts-expect-error the attempt wants a text
  @trackActivity({ attempt: (n: string) => n.length })
  attemptedWrongly(_: number): void {}

  @trackActivity({ signal: (options: { signal: AbortSignal }) => options.signal })
  signalled(_: { signal: AbortSignal; more: 1 }): void {}

  @trackActivity({ signal: (options: { signal?: AbortSignal }) => options.signal })
  signalledOrNot(_: { signal?: AbortSignal }): void {}

  // @ts-expect-error the signal may be missing
  @trackActivity({ signal: (options: { signal: AbortSignal }) => options.signal })
  signalledWrongly(_: { signal?: AbortSignal }): void {}

  @trackActivity({ parent: (handle: ActivityHandle | null) => handle, attributes: (a: object) => ({ ...a }) })
  parented(_: ActivityHandle): void {}

  @trackDecision({ plan: (a: string | number) => `${a}`, attempt: (a: unknown) => Number(a) })
  decide(_: string): void {}

  // @ts-expect-error a preset is as strict
  @trackDecision({ plan: (a: string) => a })
  decideWrongly(_: string | number): void {}

  @trackActivity<Methods, [string | number]>({
    plan(a) {
      return `${this.label}${a}`
    },
    signal: (a) => void a,
  })
  explicit(_: string): void {}

  @trackActivity({
    plan(this: Owner) {
      return this.label
    },
  })
  ownSelf(this: Methods & { more: 1 }): void {}

  @trackActivity({ plan: (a: number) => a.toFixed() })
  detached(this: void, _: number): void {}

  @trackActivity()
  static detached(this: void): void {}

  // @ts-expect-error it is called on nothing
  @trackActivity({
    plan(this: Owner) {
      return this.label
    },
  })
  detachedWrongly(this: void): void {}

  @trackActivity({
    plan(this: typeof Methods, a: number | string) {
      return `${this.count}${a}`
    },
  })
  static shared(_: number): void {}

  // @ts-expect-error a static method is called on the class
  @trackActivity({
    plan(this: Methods) {
      return this.label
    },
  })
  static sharedWrongly(): void {}

  @trackActivity({ plan: (a: number | string) => `${a}` })
  static field = (a: number, b = 'x'): string => `${a}${b}`

  @trackActivity({
    plan(this: Owner, a: number | string) {
      return this.label + a
    },
  })
  accessor handler: (a: number) => string = (a) => `${a}`

  // @ts-expect-error the accessor holds what is called with a number
  @trackActivity({ plan: (a: string) => a })
  accessor handlerWrongly: (a: number) => string = (a) => `${a}`

  @trackActivity({ plan: (a: number | string) => `${a}` })
  #hidden(a: number): number {
    return a
  }

  @trackActivity({ plan: (a: number | string) => `${a}` })
  accessor #held: (a: number) => number = (a) => a

  useHidden(): number {
    return this.#hidden(1) + this.#held(2)
  }
}

export abstract class Store<T extends { id: string }> {
  abstract name(): string

  @trackActivity({ plan: (a: unknown) => typeof a })
  put(_: T): void {}

  @trackActivity({ plan: (a: { id: string }, ...rest: unknown[]) => `${a.id}${rest}` })
  putAll<U>(_a: T, _b: U, ..._rest: T[]): void {}

  @trackActivity({
    plan(this: Store<{ id: string }>, all: readonly { id: string }[]) {
      return `${this.name()}${all.length}`
    },
  })
  putList(_: readonly T[]): void {}

  // @ts-expect-error not every element has that
  @trackActivity({ plan: (a: { more: string }) => a.more })
  putWrongly(_: T): void {}
}

export function mixin<B extends abstract new (...args: Untyped[]) => Owner>(Base: B) {
  abstract class Mixed extends Base {
    @trackActivity({
      plan(this: Owner, a: string | number) {
        return this.label + a
      },
    })
    mixed(_: string): void {}
  }
  return Mixed
}
