// The types of every form of the public functions. Never run: `npm run typecheck` is the test.
import type { Readable } from 'node:stream'
import { expectTypeOf } from 'vitest'
import {
  type ActivityDecorator,
  type ActivityHandle,
  currentActivity,
  extract,
  getTracker,
  planActivity,
  type RemoteActivity,
  runActivity,
  startActivity,
  startUnderway,
  trackActivity,
  trackAsyncTask,
  trackDecision,
  trackThread,
  type UnderwayHandle,
} from '../../src/index.js'
import {
  runWrappingCase,
  runWrappingCases,
  type WrappingOutcome,
  type WrappingSubject,
  type WrappingTrial,
  wrappingCases,
} from '../../src/testing/index.js'

export function trackActivityInEveryForm(): void {
  expectTypeOf(trackActivity()).toExtend<ActivityDecorator<never, []>>()
  expectTypeOf(trackActivity({ module: 'M' })).toExtend<ActivityDecorator<never, []>>()
  expectTypeOf(trackActivity({ plan: (a: number) => `${a}` })).toExtend<ActivityDecorator<never, [number]>>()

  const sync = (a: number): string => `${a}`
  expectTypeOf(trackActivity({}, sync)).toEqualTypeOf<typeof sync>()
  expectTypeOf(trackActivity()(sync)).toEqualTypeOf<typeof sync>()

  const optional = (a?: number, ...rest: readonly string[]): void => void [a, rest]
  expectTypeOf(trackActivity({}, optional)).toEqualTypeOf<typeof optional>()

  async function* steps(count: number): AsyncGenerator<number, string, boolean> {
    yield count
    return ''
  }
  expectTypeOf(trackActivity({}, steps)).toEqualTypeOf<typeof steps>()
  expectTypeOf(trackActivity()(steps)).toEqualTypeOf<typeof steps>()

  const lazy = (): PromiseLike<string> & { where(filter: string): unknown } => ({}) as never
  expectTypeOf(trackActivity({}, lazy)).toEqualTypeOf<typeof lazy>()

  const node = (path: string): Readable => path as never
  const web = async (path: string): Promise<Response> => fetch(path)
  expectTypeOf(trackActivity({}, node)).toEqualTypeOf<typeof node>()
  expectTypeOf(trackActivity({ did: (response) => response.statusText }, web)).toEqualTypeOf<typeof web>()

  const asserting = (value: unknown): asserts value is string => void value
  expectTypeOf(trackActivity({}, asserting)).toEqualTypeOf<typeof asserting>()

  const pair = <A, B extends A>(a: A, b: B): [A, B] => [a, b]
  const [wrapped, curried] = [trackActivity({}, pair), trackActivity()(pair)]
  expectTypeOf(wrapped<string, 'b'>).toEqualTypeOf<(a: string, b: 'b') => [string, 'b']>()
  expectTypeOf(curried<string, 'b'>).toEqualTypeOf<(a: string, b: 'b') => [string, 'b']>()
  // @ts-expect-error the bound of a type parameter is kept
  wrapped<string, number>

  class Trainer {}
  // @ts-expect-error a class is no function that can be called
  trackActivity({}, Trainer)
  // @ts-expect-error neither is it for the curried form
  trackActivity()(Trainer)
  // @ts-expect-error a name alone is no options
  trackActivity('name', sync)
}

function overloaded(value: string): string
function overloaded(value: number): number
function overloaded(value: string | number): string | number {
  return value
}

export function overloadsAreKeptByEveryForm(): void {
  expectTypeOf(trackActivity({}, overloaded)).toEqualTypeOf<typeof overloaded>()
  expectTypeOf(trackActivity()(overloaded)).toEqualTypeOf<typeof overloaded>()
  expectTypeOf(trackDecision({}, overloaded)).toEqualTypeOf<typeof overloaded>()
  expectTypeOf(startActivity().bind(overloaded)).toEqualTypeOf<typeof overloaded>()
}

export function presetsInEveryForm(): void {
  const decide = (a: number): 'left' | 'right' => (a > 0 ? 'left' : 'right')
  for (const preset of [trackDecision, trackThread, trackAsyncTask]) {
    expectTypeOf(preset('Which way', decide)).toEqualTypeOf<typeof decide>()
    expectTypeOf(preset({ plan: (a) => a.toFixed() }, decide)).toEqualTypeOf<typeof decide>()
    expectTypeOf(preset()(decide)).toEqualTypeOf<typeof decide>()
    expectTypeOf(preset('Which way')(decide)).toEqualTypeOf<typeof decide>()
    expectTypeOf(preset({ plan: (a: number) => a.toFixed() })(decide)).toEqualTypeOf<typeof decide>()
    // @ts-expect-error the plan wants a text where the function has a number
    preset({ plan: (a: string) => a }, decide)
    // @ts-expect-error a function alone is no plan
    preset(decide)
  }
}

export function blocksAndHandlesInEveryForm(handle: ActivityHandle): void {
  expectTypeOf(runActivity('name', () => 1)).toEqualTypeOf<number>()
  expectTypeOf(runActivity({ module: 'M' }, async ({ signal }) => signal.aborted)).toEqualTypeOf<Promise<boolean>>()
  expectTypeOf(runActivity({}, (activity) => activity)).toEqualTypeOf<ActivityHandle>()
  expectTypeOf(startActivity()).toEqualTypeOf<ActivityHandle>()
  expectTypeOf(startActivity('name')).toEqualTypeOf<ActivityHandle>()
  expectTypeOf(startActivity({ leftAs: 'failed' })).toEqualTypeOf<ActivityHandle>()
  expectTypeOf(planActivity()).toEqualTypeOf<ActivityHandle>()
  expectTypeOf(planActivity('name')).toEqualTypeOf<ActivityHandle>()
  expectTypeOf(planActivity({ parent: null })).toEqualTypeOf<ActivityHandle>()
  expectTypeOf(currentActivity()).toEqualTypeOf<ActivityHandle | undefined>()
  expectTypeOf(extract({})).toEqualTypeOf<RemoteActivity | undefined>()
  expectTypeOf(startUnderway({ serviceName: 'x' })).toEqualTypeOf<Promise<UnderwayHandle>>()

  expectTypeOf(handle.run((activity) => activity.id)).toEqualTypeOf<string>()
  expectTypeOf(handle.run(async () => 1)).toEqualTypeOf<Promise<number>>()
  expectTypeOf(handle.inject({ accept: '*/*' })).toEqualTypeOf<{ accept: string }>()
  expectTypeOf(handle.signal).toEqualTypeOf<AbortSignal>()
  expectTypeOf(handle).toExtend<Disposable & AsyncDisposable>()
  const listener = function (this: Map<string, number>, key: string): number | undefined {
    return this.get(key)
  }
  expectTypeOf(handle.bind(listener)).toEqualTypeOf<typeof listener>()
  expectTypeOf(getTracker().activity('x')).toEqualTypeOf<ActivityHandle | undefined>()
}

export function theSuite(subject: WrappingSubject, trial: WrappingTrial): void {
  expectTypeOf(trial.wrap('x', overloaded)).toEqualTypeOf<typeof overloaded>()
  expectTypeOf(runWrappingCases(subject)).toEqualTypeOf<Promise<readonly WrappingOutcome[]>>()
  for (const one of wrappingCases) expectTypeOf(runWrappingCase(one, subject)).toEqualTypeOf<Promise<WrappingOutcome>>()
}
