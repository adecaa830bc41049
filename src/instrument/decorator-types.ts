import type { AnyFunction } from './alike.js'
import type { ActivityOptions, PerCallKey } from './function-options.js'

type List = readonly unknown[]

/**
 * Any function. Two signatures that differ by a type parameter type no parameter of a function that is written in place,
 * so that one with a default keeps the type of its default.
 */
export interface Wrappable {
  (...args: never): unknown
  <_None>(...args: never): unknown
}

/** Options of a decorator. Each function of the call has a list of its own of the arguments that it asks for. */
export interface DecoratorOptions<
  This,
  M extends List,
  G extends List,
  P extends List,
  A extends List,
  Q extends List,
  T extends List,
  S extends List,
> extends Omit<ActivityOptions<This, [], unknown>, PerCallKey> {
  readonly module?: ActivityOptions<This, M, unknown>['module']
  readonly group?: ActivityOptions<This, G, unknown>['group']
  readonly plan?: ActivityOptions<This, P, unknown>['plan']
  readonly attributes?: ActivityOptions<This, A, unknown>['attributes']
  readonly parent?: ActivityOptions<This, Q, unknown>['parent']
  readonly attempt?: ActivityOptions<This, T, unknown>['attempt']
  readonly signal?: ActivityOptions<This, S, unknown>['signal']
}

/** The lists among several that ask for more than those before them. */
type Asked<Lists extends readonly List[], Known extends readonly List[] = []> = Lists extends readonly [
  infer First extends List,
  ...infer Rest extends readonly List[],
]
  ? [First] extends [readonly []]
    ? Asked<Rest, Known>
    : [AskingFor<First, Known[number]>] extends [never]
      ? Asked<Rest, [...Known, First]>
      : Asked<Rest, Known>
  : Known

/** Those of several lists that ask for all that `Wanted` asks for. */
type AskingFor<Wanted extends List, Lists extends List> = Lists extends List
  ? AtLeast<Lists> extends AtLeast<Wanted>
    ? Lists
    : never
  : never

/** What the options ask for first, and what else. Without an alias for both, which the declarations of users could not name. */
export type FirstAsked<Lists extends readonly List[]> =
  Asked<Lists> extends readonly [infer First extends List, ...unknown[]] ? First : []
export type ElseAsked<Lists extends readonly List[]> =
  Asked<Lists> extends readonly [unknown, ...infer Rest extends readonly List[]] ? Rest : []

/** The part of the context of a TC39 method decorator that says what is decorated. */
interface MethodContext<Owner, F> {
  readonly kind: 'method'
  readonly access: { readonly has: (object: Owner) => boolean; readonly get: (object: Owner) => F }
}

/**
 * Decorates methods, function-valued fields and accessors (TC39), methods (legacy), and wraps functions.
 *
 * `This` and `Args` are what the options ask of each call; `More` are the arguments that others of them ask for.
 */
export interface ActivityDecorator<This, Args extends List, More extends readonly List[] = []> {
  // The last of the signatures is the one that is named when none fits.
  <F extends Known<This, Args>>(fn: F & Fits<F, This, This, [Args, ...More]>, none?: undefined): F
  // With a second parameter, so that what was refused elsewhere is not taken for a plain function.
  <F extends Wrappable>(fn: F & Fits<F, This, This, [Args, ...More]>, none?: undefined): F
  <Owner extends object, F extends AnyFunction>(
    target: Owner,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<F> & Fits<F, Owner, This, [Args, ...More]>,
  ): TypedPropertyDescriptor<F>
  <Owner, F extends AnyFunction>(
    value: undefined,
    context: ClassFieldDecoratorContext<Owner, F> & Fits<F, Owner, This, [Args, ...More]>,
  ): (this: Owner, initial: F) => F
  <Owner, F extends AnyFunction>(
    value: ClassAccessorDecoratorTarget<Owner, F>,
    context: ClassAccessorDecoratorContext<Owner, F> & Fits<F, Owner, This, [Args, ...More]>,
  ): ClassAccessorDecoratorResult<Owner, F>
  <Owner, F extends AnyFunction>(value: F, context: MethodContext<Owner, F> & Fits<F, Owner, This, [Args, ...More]>): F
}

/** What is known of a function that is written in place: the `this` and the arguments that the options are typed with. */
type Known<This, Args extends List> = [This] extends [never]
  ? Args extends readonly []
    ? Wrappable
    : (...args: Args) => unknown
  : (this: This, ...args: [...Args, ...never[]]) => unknown

/** `unknown` if the calls of `F` have what the options ask for, else a text that no function is. */
type Fits<F, Owner, This, Lists extends readonly List[]> = [This, Lists] extends [never, readonly [readonly []]]
  ? unknown
  : Findings[Finding<F, Owner, This, Lists>]

/** Looked up by a key: a key that hangs on a type parameter is that of its bound. */
interface Findings {
  readonly fits: unknown
  readonly otherThis: 'an option asks for another `this` than the function is called on'
  readonly otherArguments: 'an option asks for other arguments than the function is called with'
}

type Finding<F, Owner, This, Lists extends readonly List[]> = unknown extends F
  ? 'fits'
  : F extends AnyFunction
    ? [This] extends [never]
      ? ArgumentsFit<Calls<F>, Lists>
      : [unknown extends ThisParameterType<F> ? Owner : ThisParameterType<F>] extends [infer _Self extends This]
        ? ArgumentsFit<Calls<F>, Lists>
        : 'otherThis'
    : never

/** Whether every call has every list that is asked for. */
type ArgumentsFit<Given extends readonly List[], Lists extends readonly List[]> = Lists extends readonly [
  infer First extends List,
  ...infer Rest extends readonly List[],
]
  ? ArgumentFit<Given, First, Given, Rest>
  : 'fits'

type ArgumentFit<
  Given extends readonly List[],
  Wanted extends List,
  Every extends readonly List[],
  Others extends readonly List[],
> = Given extends readonly [infer Call extends List, ...infer Rest extends readonly List[]]
  ? ((...args: Wanted) => unknown) extends (...args: Call) => unknown
    ? ArgumentFit<Rest, Wanted, Every, Others>
    : // Inference measures a type parameter of a class by its bound, which the above does not.
      Call extends infer _Call extends AtLeast<Wanted>
      ? ArgumentFit<Rest, Wanted, Every, Others>
      : 'otherArguments'
  : ArgumentsFit<Every, Others>

type AtLeast<Wanted extends List> = number extends Wanted['length'] ? Wanted : readonly [...Wanted, ...unknown[]]

/** The lists of arguments that a function takes; of one with more than four signatures the last four. */
type Calls<F extends AnyFunction> = ((...args: Parameters<F>) => never) extends F
  ? [Parameters<F>]
  : F extends {
        (...args: infer A): unknown
        (...args: infer B): unknown
        (...args: infer C): unknown
        (...args: infer D): unknown
      }
    ? [...Found<A>, ...Found<B>, ...Found<C>, D]
    : F extends { (...args: infer A): unknown; (...args: infer B): unknown; (...args: infer C): unknown }
      ? [...Found<A>, ...Found<B>, C]
      : F extends { (...args: infer A): unknown; (...args: infer B): unknown }
        ? [...Found<A>, B]
        : [Parameters<F>]

/** Nothing for a signature that there is not, for which TypeScript infers the widest list. */
type Found<Args extends List> = List extends Args ? [] : [Args]
