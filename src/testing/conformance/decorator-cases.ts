import { endedSpan, expectEqual, expectSame, expectThat } from './expectations.js'
import type { AnyDecorator } from './subject.js'
import { wrappingCase } from './wrapping-case.js'

type Loose = (...given: readonly unknown[]) => unknown

interface Place {
  readonly kind: 'method' | 'field' | 'accessor'
  readonly name: string | symbol
  readonly static?: boolean
  readonly private?: boolean
}

/** Calls a decorator as a compiled class does. Not with the syntax, which few tools can load as it stands. */
function apply(decorator: AnyDecorator, value: unknown, place: Place): unknown {
  const context = {
    static: false,
    private: false,
    ...place,
    addInitializer: () => {},
    metadata: {},
    access: { has: () => true, get: () => undefined, set: () => {} },
  }
  return (decorator as unknown as Loose)(value, context) ?? value
}

function redefine(owner: object, key: string | symbol, change: (value: unknown) => unknown): void {
  const descriptor = Reflect.getOwnPropertyDescriptor(owner, key) as PropertyDescriptor
  Object.defineProperty(owner, key, { ...descriptor, value: change(descriptor.value) })
}

/** A class whose `greet` and static `make` are to be decorated. */
function freshClass() {
  return class Worker {
    readonly label: string
    constructor(label: string) {
      this.label = label
    }
    static make(label: string): Worker {
      return new Worker(label)
    }
    greet(whom: string): string {
      return `${this.label} ${whom}`
    }
  }
}

export const decoratorCases = [
  wrappingCase(
    'decorator.method',
    'a method keeps its `this`, name, length and place on the prototype',
    (trial) => {
      const Worker = freshClass()
      redefine(Worker.prototype, 'greet', (fn) => apply(trial.decorator('work'), fn, { kind: 'method', name: 'greet' }))
      const worker = new Worker('a')
      expectSame(worker.greet('b'), 'a b', 'value')
      expectEqual([worker.greet.name, worker.greet.length], ['greet', 1], 'name and length')
      expectThat(!Object.keys(worker).includes('greet'), 'it is a property of the object')
      endedSpan(trial, 'work')
    },
    ['decorator'],
  ),
  wrappingCase(
    'decorator.static',
    'a static method keeps the class as its `this`',
    (trial) => {
      const Worker = freshClass()
      redefine(Worker, 'make', (fn) =>
        apply(trial.decorator('work'), fn, { kind: 'method', name: 'make', static: true }),
      )
      expectSame(Worker.make('a').label, 'a', 'value')
      endedSpan(trial, 'work')
    },
    ['decorator'],
  ),
  wrappingCase(
    'decorator.private',
    'a `#private` method works on the objects of its class',
    (trial) => {
      // As compilers do it: the decorated function is kept beside the class.
      const decorated = apply(
        trial.decorator('work'),
        function (this: Counter, by: number) {
          return this.add(by)
        },
        { kind: 'method', name: '#count', private: true },
      ) as (this: Counter, by: number) => number
      class Counter {
        #total = 1
        add(by: number): number {
          return this.#total + by
        }
        count(by: number): number {
          return Reflect.apply(decorated, this, [by])
        }
      }
      expectSame(new Counter().count(2), 3, 'value')
      endedSpan(trial, 'work')
    },
    ['decorator'],
  ),
  wrappingCase(
    'decorator.field',
    'a field that holds a function is wrapped per object',
    (trial) => {
      const initialize = apply(trial.decorator('work'), undefined, { kind: 'field', name: 'greet' }) as Loose
      const made = ['a', 'b'].map((label) => {
        const owner = { label }
        return Reflect.apply(initialize, owner, [(whom: string) => `${label} ${whom}`]) as (whom: string) => string
      })
      expectEqual(
        made.map((greet) => greet('x')),
        ['a x', 'b x'],
        'values',
      )
      expectSame(trial.ended().length, 2, 'ended spans')
    },
    ['decorator'],
  ),
  wrappingCase(
    'decorator.accessor',
    'an accessor is wrapped at first and whenever it is set',
    (trial) => {
      let kept: unknown
      const target = {
        get: () => kept,
        set(value: unknown) {
          kept = value
        },
      }
      const made = apply(trial.decorator('work'), target, { kind: 'accessor', name: 'handler' }) as {
        init?: (value: unknown) => unknown
        set?: (value: unknown) => void
      }
      const owner = {}
      kept = made.init === undefined ? () => 'first' : Reflect.apply(made.init, owner, [() => 'first'])
      expectSame((kept as () => string)(), 'first', 'value')
      Reflect.apply(made.set ?? target.set, owner, [() => 'second'])
      expectSame((kept as () => string)(), 'second', 'value')
      expectSame(trial.ended().length, 2, 'ended spans')
    },
    ['decorator'],
  ),
  wrappingCase(
    'decorator.super',
    'an overriding method and the one that it calls by `super` are parent and child',
    (trial) => {
      const Worker = freshClass()
      redefine(Worker.prototype, 'greet', (fn) =>
        apply(trial.decorator('inner'), fn, { kind: 'method', name: 'greet' }),
      )
      class Special extends Worker {
        override greet(whom: string): string {
          return `special ${super.greet(whom)}`
        }
      }
      redefine(Special.prototype, 'greet', (fn) =>
        apply(trial.decorator('outer'), fn, { kind: 'method', name: 'greet' }),
      )
      expectSame(new Special('a').greet('b'), 'special a b', 'value')
      expectSame(endedSpan(trial, 'inner').parent, 'outer', 'parent')
    },
    ['decorator'],
  ),
  wrappingCase(
    'decorator.inherited',
    'an inherited method works on objects of the class below',
    (trial) => {
      const Worker = freshClass()
      redefine(Worker.prototype, 'greet', (fn) => apply(trial.decorator('work'), fn, { kind: 'method', name: 'greet' }))
      class Special extends Worker {}
      expectSame(new Special('a').greet('b'), 'a b', 'value')
      endedSpan(trial, 'work')
    },
    ['decorator'],
  ),
  wrappingCase(
    'decorator.legacy-method',
    'with `experimentalDecorators`, a method keeps its `this` and its descriptor',
    (trial) => {
      const Worker = freshClass()
      const before = Reflect.getOwnPropertyDescriptor(Worker.prototype, 'greet') as PropertyDescriptor
      const decorator = trial.legacyDecorator('work') as unknown as Loose
      const after = (decorator(Worker.prototype, 'greet', before) ?? before) as PropertyDescriptor
      Object.defineProperty(Worker.prototype, 'greet', after)
      expectSame(new Worker('a').greet('b'), 'a b', 'value')
      expectEqual([after.enumerable, after.writable, after.configurable], [false, true, true], 'descriptor')
      endedSpan(trial, 'work')
    },
    ['legacyDecorator'],
  ),
  wrappingCase(
    'decorator.legacy-static',
    'with `experimentalDecorators`, a static method keeps the class as its `this`',
    (trial) => {
      const Worker = freshClass()
      const before = Reflect.getOwnPropertyDescriptor(Worker, 'make') as PropertyDescriptor
      const decorator = trial.legacyDecorator('work') as unknown as Loose
      Object.defineProperty(Worker, 'make', (decorator(Worker, 'make', before) ?? before) as PropertyDescriptor)
      expectSame(Worker.make('a').label, 'a', 'value')
      endedSpan(trial, 'work')
    },
    ['legacyDecorator'],
  ),
]
