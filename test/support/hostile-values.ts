import fc from 'fast-check'

function thrower(text: string): () => never {
  return () => {
    throw new Error(text)
  }
}

function throwingProxy(target: object): object {
  const traps = [
    'get',
    'has',
    'ownKeys',
    'getPrototypeOf',
    'getOwnPropertyDescriptor',
    'defineProperty',
    'set',
    'isExtensible',
  ]
  return new Proxy(
    target,
    Object.fromEntries(traps.map((trap) => [trap, thrower(`${trap} trap`)])) as ProxyHandler<object>,
  )
}

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {})
  revoke()
  return proxy
}

function cyclic(): object {
  const value: { self?: unknown; list: unknown[] } = { list: [] }
  value.self = value
  value.list.push(value, [value])
  return value
}

function deep(depth: number): object {
  let value: object = { end: true }
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? { value } : [value]
  return value
}

/** Every property that any of our code may look at, as a getter that throws. */
function throwingGetters(keys: readonly string[]): object {
  const value = {}
  for (const key of keys) Object.defineProperty(value, key, { get: thrower(`getter ${key}`), enumerable: true })
  return value
}

const huge = 'x'.repeat(10_000_000)

class Secret {
  readonly #inside = 1
  readonly open = 2
  get inside(): number {
    return this.#inside
  }
}

const knownKeys = [
  'id',
  'name',
  'message',
  'stack',
  'code',
  'then',
  'toJSON',
  'constructor',
  'done',
  'total',
  'result',
  'length',
  'signal',
  'number',
]

/** Values that break careless code, each made anew: some can only be used once. */
export const hostileMakers: readonly [name: string, make: () => unknown][] = [
  ['undefined', () => undefined],
  ['null', () => null],
  ['NaN', () => Number.NaN],
  ['Infinity', () => Number.POSITIVE_INFINITY],
  ['-Infinity', () => Number.NEGATIVE_INFINITY],
  ['-1', () => -1],
  ['a huge number', () => 1e308],
  ['a bigint', () => 10n ** 40n],
  ['a symbol', () => Symbol('s')],
  ['true', () => true],
  ['an empty string', () => ''],
  ['a lone surrogate', () => '\uD800 and \uDC00'],
  ['control characters', () => '\u0000\u0001\u001F"\\'.repeat(5_000)],
  ['ten megabytes', () => huge],
  ['a function', () => () => 'called'],
  ['a function that throws', () => thrower('function')],
  ['an async function that rejects', () => async () => Promise.reject(new Error('async function'))],
  ['a class', () => Secret],
  ['a class instance', () => new Secret()],
  ['a revoked proxy', () => revoked({})],
  ['a revoked proxy of an array', () => revoked([])],
  ['a revoked proxy of a function', () => revoked(() => undefined)],
  ['a throwing proxy', () => throwingProxy({})],
  ['a throwing proxy of an array', () => throwingProxy([1, 2])],
  ['a throwing proxy of a function', () => throwingProxy(() => undefined)],
  ['throwing getters', () => throwingGetters(knownKeys)],
  ['a cycle', cyclic],
  ['a deep object', () => deep(5_000)],
  ['a wide array', () => new Array(100_000)],
  ['an array of nulls', () => new Array(100_000).fill(null)],
  ['an array of empty arrays', () => Array.from({ length: 30_000 }, () => [])],
  ['a wide object', () => Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`key${index}`, index]))],
  ['a long key', () => ({ ['k'.repeat(100_000)]: 1 })],
  ['an own __proto__', () => JSON.parse('{"__proto__": {"polluted": true}, "constructor": "c"}')],
  ['a null prototype', () => Object.assign(Object.create(null), { a: 1 })],
  ['an invalid date', () => new Date(Number.NaN)],
  ['a date', () => new Date(0)],
  ['a map', () => new Map<unknown, unknown>([[{}, 1n]])],
  ['a set', () => new Set([Symbol('in a set')])],
  ['bytes', () => new Uint8Array(5_000)],
  [
    'throwing toString and toJSON',
    () => ({ toString: thrower('toString'), toJSON: thrower('toJSON'), valueOf: thrower('valueOf') }),
  ],
  [
    'a toJSON that never ends',
    () => {
      const make = (): object => ({ toJSON: make })
      return make()
    },
  ],
  [
    'a then that throws',
    () => ({
      // biome-ignore lint/suspicious/noThenProperty: that is what is tested
      get then(): never {
        return thrower('then')()
      },
    }),
  ],
  [
    'a thenable that rejects',
    // biome-ignore lint/suspicious/noThenProperty: that is what is tested
    () => ({ then: (_: unknown, reject: (error: Error) => void) => reject(new Error('thenable')) }),
  ],
  ['an aborted signal', () => AbortSignal.abort(cyclic())],
  ['an error', () => new Error('plain')],
  [
    'an error with a throwing message',
    () => Object.defineProperty(new Error('x'), 'message', { get: thrower('message') }),
  ],
  ['an error with a throwing stack', () => Object.defineProperty(new Error('x'), 'stack', { get: thrower('stack') })],
  ['a frozen error', () => Object.freeze(new Error('frozen'))],
  ['a regular expression', () => /x/],
]

/** Makes one hostile value. In this box because fast-check itself looks into what it generates. */
export interface Maker {
  make(): unknown
  toString(): string
}

function maker(name: string, make: () => unknown): Maker {
  // The names of methods show in a counterexample; the value itself could not be shown.
  return { make, toString: () => name, [fc.toStringMethod]: () => name } as Maker
}

const generated = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withNullPrototype: true,
  withSparseArray: true,
  withTypedArray: true,
  withObjectString: true,
})

export const hostile: fc.Arbitrary<Maker> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...hostileMakers).map(([name, make]) => maker(name, make)) },
  { weight: 1, arbitrary: generated.map((value) => maker(fc.stringify(value), () => value)) },
)

/** Options with good and hostile values side by side, options whose getters throw, and what is no options at all. */
export function hostileOptions(good: Readonly<Record<string, unknown>>, keys: readonly string[]): fc.Arbitrary<Maker> {
  const some = fc.uniqueArray(fc.tuple(fc.constantFrom(...keys), hostile), { selector: ([key]) => key, maxLength: 5 })
  const named = (entries: readonly [string, Maker][]): string =>
    entries.map(([key, value]) => `${key}: ${value}`).join(', ')
  return fc.oneof(
    {
      weight: 6,
      arbitrary: some.map((entries) =>
        maker(named(entries), () => ({
          ...good,
          ...Object.fromEntries(entries.map(([key, value]) => [key, value.make()])),
        })),
      ),
    },
    {
      weight: 1,
      arbitrary: some.map((entries) =>
        maker(`getters that throw: ${named(entries)}`, () =>
          Object.assign(
            throwingGetters(entries.map(([key]) => key)),
            Object.fromEntries(Object.entries(good).filter(([key]) => !entries.some(([other]) => other === key))),
          ),
        ),
      ),
    },
    { weight: 2, arbitrary: hostile },
  )
}
