import { describe, expect, test } from 'vitest'
import { currentActivity, startActivity, trackActivity } from '../../../src/index.js'
import { observe, thrownBy } from './observe.js'

type Constructor = new (...args: unknown[]) => { readonly target?: unknown }
type Wrap = (fn: unknown) => Constructor

/** A constructor of the old kind that says what it was made with, and refuses to be called. */
function Target(this: { target: unknown }): void {
  if (new.target === undefined) throw new TypeError('call it with new')
  this.target = new.target
}

const withoutPrototype: readonly (readonly [string, unknown])[] = [
  ['an arrow function', () => 1],
  ['an async function', async function work() {}],
  ['an async arrow function', async () => 1],
  ['a method', { work() {} }.work],
  ['a getter', Reflect.getOwnPropertyDescriptor(Map.prototype, 'size')?.get],
  ['a method of the platform', Array.prototype.map],
  ['a bound arrow function', (() => 1).bind(null)],
]

describe.each<[string, (tracker: ReturnType<typeof observe>['tracker']) => Wrap]>([
  ['trackActivity', (tracker) => (fn) => trackActivity({ tracker, name: 'made' }, fn as () => void) as never],
  ['bind', (tracker) => (fn) => startActivity({ tracker }).bind(fn as () => void) as never],
])('what %s gives back constructs as the original does', (_, wrapWith) => {
  const wrap: Wrap = (fn) => wrapWith(observe().tracker)(fn)

  test('new.target is the original, and nothing where it is called', () => {
    const Wrapped = wrap(Target)
    expect(new Wrapped().target).toBe(Target)
    expect(thrownBy(Wrapped as never)).toMatchObject({ message: 'call it with new' })
  })

  test('a class below it stays new.target, and its objects are of both', () => {
    const Wrapped = wrap(Target)
    class Below extends Wrapped {}
    const made = new Below()
    expect(made.target).toBe(Below)
    expect(made).toBeInstanceOf(Below)
    expect(made).toBeInstanceOf(Target)
    expect(Reflect.construct(Wrapped, [], Date)).toBeInstanceOf(Date)
  })

  test('a class in a proxy', () => {
    class Trainer {
      readonly #name = 'a'
      name(): string {
        return this.#name
      }
    }
    const Wrapped = wrap(new Proxy(Trainer, {})) as unknown as typeof Trainer
    class Special extends Wrapped {}
    expect(new Wrapped().name()).toBe('a')
    expect(new Special().name()).toBe('a')
    expect(new Special()).toBeInstanceOf(Special)
  })

  test('a bound class, which goes on having no prototype and knowing its objects', () => {
    class Trainer {
      readonly given: unknown
      constructor(given: unknown) {
        this.given = given
      }
    }
    const Wrapped = wrap(Trainer.bind(null, 1 as never)) as unknown as new () => Trainer
    expect(new Wrapped()).toMatchObject({ given: 1 })
    expect(new Wrapped()).toBeInstanceOf(Trainer)
    expect(new Trainer(2)).toBeInstanceOf(Wrapped)
    expect(Wrapped.prototype).toBeUndefined()
  })

  test('a class of the platform', () => {
    const Wrapped = wrap(Map) as unknown as MapConstructor
    class Below extends Wrapped<string, number> {}
    expect(new Wrapped([['a', 1]]).get('a')).toBe(1)
    expect(new Below([['a', 1]]).get('a')).toBe(1)
  })

  test.each(withoutPrototype)('%s has no prototype and does not construct', (__, fn) => {
    const Wrapped = wrap(fn)
    expect(Reflect.ownKeys(Wrapped).toSorted()).toEqual(Reflect.ownKeys(fn as object).toSorted())
    expect(thrownBy(() => new Wrapped())).toMatchObject({ message: expect.stringContaining('not a constructor') })
  })

  test('what has lost its own name does not get one', () => {
    const fn = (): void => {}
    Reflect.deleteProperty(fn, 'name')
    Reflect.deleteProperty(fn, 'length')
    expect(Reflect.ownKeys(wrap(fn))).toEqual([])
  })
})

describe('what is constructed through a wrapper', () => {
  test('is an activity, current inside, that fails with what the constructor throws', () => {
    const { tracker, ended } = observe()
    const inside: unknown[] = []
    function Job(fails: boolean): void {
      inside.push([currentActivity()?.name, new.target === Job])
      if (fails) throw new RangeError('boom')
    }
    const Wrapped = trackActivity({ tracker, attributes: (fails) => ({ fails }) }, Job) as unknown as Constructor
    new Wrapped(false)
    expect(thrownBy(() => new Wrapped(true))).toMatchObject({ message: 'boom' })
    expect(inside).toEqual([
      ['Job', true],
      ['Job', true],
    ])
    expect(ended()).toMatchObject([
      { state: 'completed', attributes: { fails: false } },
      { state: 'failed', attributes: { fails: true } },
    ])
  })

  test('is constructed all the same when tracking is switched off', () => {
    const { tracker } = observe({ disabled: true })
    const Wrapped = trackActivity({ tracker }, Target as () => void) as unknown as Constructor
    expect(new Wrapped().target).toBe(Target)
  })
})
