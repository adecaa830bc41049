import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bounds } from '../../../src/activity/bounds.js'
import { type Intake, toAttributes, toJson, toJsonObject, toNumber, toText } from '../../../src/activity/values.js'
import { Faults } from '../../../src/base/faults.js'

function intake(redact?: Intake['redact']): Intake & { readonly faults: Faults } {
  return { faults: new Faults(() => undefined), redact }
}

describe('a text', () => {
  test.each([
    ['text', 'text'],
    [5, '5'],
    [true, 'true'],
    [10n, '10'],
    [Number.NaN, 'NaN'],
    [undefined, undefined],
    [null, undefined],
  ])('%s is kept as %s', (value, kept) => {
    const to = intake()
    expect(toText(to, 'key', value)).toBe(kept)
    expect(to.faults.toJSON()).toEqual({})
  })

  test.each([{}, [], Symbol('s'), () => 'x'])('%o is no text and counted', (value) => {
    const to = intake()
    expect(toText(to, 'key', value)).toBe(undefined)
    expect(to.faults.toJSON()).toEqual({ 'option.invalid': 1 })
  })

  test('over its bound is cut and counted, exactly at the bound it is not', () => {
    const to = intake()
    expect(toText(to, 'key', 'x'.repeat(10), 10)).toBe('x'.repeat(10))
    expect(to.faults.toJSON()).toEqual({})
    expect(toText(to, 'key', 'x'.repeat(11), 10)).toBe(`${'x'.repeat(9)}…`)
    expect(to.faults.toJSON()).toEqual({ 'value.clamped': 1 })
  })

  test('is well-formed and within its bound, whatever it was', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 40 }),
        fc.string({ unit: fc.constantFrom('\uD800', '\uDC00', '😀', 'a') }),
        fc.integer({ min: 1, max: 20 }),
        (start, end, length) => {
          const kept = toText(intake(), 'key', start + end, length) ?? ''
          expect(kept.isWellFormed()).toBe(true)
          expect(kept.length).toBeLessThanOrEqual(length)
        },
      ),
    )
  })
})

describe('a number', () => {
  test.each([
    [0, 0],
    [-0, 0],
    [1.5, 1.5],
    [undefined, undefined],
    [null, undefined],
  ])('%s is kept as %s', (value, kept) => {
    const to = intake()
    expect(toNumber(to, 'key', value)).toBe(kept)
    expect(to.faults.toJSON()).toEqual({})
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY, '5', 5n, {}])('%s is none and counted', (value) => {
    const to = intake()
    expect(toNumber(to, 'key', value)).toBe(undefined)
    expect(to.faults.toJSON()).toEqual({ 'option.invalid': 1 })
  })
})

describe('JSON', () => {
  test('keeps plain values as they are, frozen and apart from the original', () => {
    const original = { a: [1, 'two', true, null, { b: [] }], c: -1.5 }
    const to = intake()
    const kept = toJson(to, 'key', original)
    expect(kept).toEqual(original)
    expect(kept).not.toBe(original)
    expect(Object.isFrozen(kept)).toBe(true)
    original.a.push('later')
    expect(kept).not.toEqual(original)
    expect(to.faults.toJSON()).toEqual({})
  })

  test.each<[string, unknown, unknown]>([
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['an invalid date', new Date(Number.NaN), null],
    ['not a number', { n: Number.NaN, i: Number.NEGATIVE_INFINITY }, { n: 'NaN', i: '-Infinity' }],
    ['a bigint', 10n, '10'],
    ['a symbol', Symbol('s'), 'Symbol(s)'],
    ['a map', new Map([['k', 1]]), [['k', 1]]],
    ['a set', new Set([1, 2]), [1, 2]],
    ['an error', new TypeError('no'), { name: 'TypeError', message: 'no' }],
    ['bytes', Buffer.from('abc'), '[Buffer of 3 bytes]'],
    ['undefined and functions in an object', { u: undefined, f: () => 1, k: 1 }, { k: 1 }],
    ['undefined and functions in an array', [undefined, () => 1, 1], [null, null, 1]],
    ['a toJSON', { toJSON: () => ({ made: true }) }, { made: true }],
    ['a URL', new URL('http://a/b'), 'http://a/b'],
    ['minus zero', -0, 0],
  ])('keeps %s readable', (_, value, kept) => {
    expect(toJson(intake(), 'key', value)).toEqual(kept)
  })

  test('marks a cycle, but not what merely stands in two places', () => {
    const shared = { x: 1 }
    const cyclic: { self?: unknown } = {}
    cyclic.self = cyclic
    expect(toJson(intake(), 'key', { a: shared, b: shared, cyclic })).toEqual({
      a: { x: 1 },
      b: { x: 1 },
      cyclic: { self: '[circular]' },
    })
  })

  test('stops at a depth of sixteen', () => {
    let value: unknown = 'deep'
    for (let level = 0; level < 40; level += 1) value = { value }
    const text = JSON.stringify(toJson(intake(), 'key', value))
    expect(text).toContain('[deeper]')
    expect(text.match(/\{/g)).toHaveLength(16)
  })

  test('is never longer than 16 KiB, however it is made up', () => {
    const big = fc.oneof(
      fc.nat(100_000).map((length) => new Array(length)),
      fc.nat(100_000).map((length) => new Array(length).fill(null)),
      fc.nat(20_000).map((length) => new Array(length).fill(-1.234567890123456e-300)),
      fc.nat(20_000).map((length) => '\u0000"\\\n'.repeat(length)),
      fc.nat(20_000).map((length) => '\uD800'.repeat(length)),
      fc.nat(20_000).map((length) => new Array(length).fill(false)),
      fc.nat(20_000).map((length) => ({ ['"'.repeat(length)]: 1 })),
      fc.nat(5_000).map((length) => Object.fromEntries(Array.from({ length }, (_, index) => [index, null]))),
      fc.nat(5_000).map((length) => Array.from({ length }, () => [[[]], {}])),
      fc.nat(5_000).map((length) => new Map(Array.from({ length }, (_, index) => [index, 'é'.repeat(index % 50)]))),
      fc.anything({ maxDepth: 8 }),
    )
    fc.assert(
      fc.property(fc.array(big, { maxLength: 4 }), (values) => {
        const to = intake()
        const text = JSON.stringify(toJson(to, 'key', values))
        expect(text.length).toBeLessThanOrEqual(bounds.json)
        expect(JSON.parse(text)).toEqual(toJson(intake(), 'key', values))
      }),
      { numRuns: 200 },
    )
  })

  test('that is cut is counted once and keeps what came first', () => {
    const to = intake()
    const kept = toJson(to, 'key', { first: 1, long: 'x'.repeat(20_000), last: 1 }) as Record<string, unknown>
    expect(kept['first']).toBe(1)
    expect((kept['long'] as string).length).toBeGreaterThan(16_000)
    expect(kept).not.toHaveProperty('last')
    expect(to.faults.toJSON()).toEqual({ 'value.clamped': 1 })
  })

  test('fits exactly what has room', () => {
    const to = intake()
    const nulls = new Array(3_000).fill(null)
    expect(toJson(to, 'key', nulls)).toEqual(nulls)
    const value = 'x'.repeat(bounds.json - 10)
    expect(toJson(to, 'key', value)).toBe(value)
    expect(to.faults.toJSON()).toEqual({})
  })

  test('does not let a key called __proto__ become the prototype', () => {
    const kept = toJson(intake(), 'key', JSON.parse('{"__proto__": {"polluted": true}}')) as object
    expect(Object.getPrototypeOf(kept)).toBe(Object.prototype)
    expect(JSON.stringify(kept)).toBe('{"__proto__":{"polluted":true}}')
    expect(({} as Record<string, unknown>)['polluted']).toBe(undefined)
  })

  test('counts what cannot be read and keeps the rest', () => {
    const to = intake()
    const value = {
      good: 1,
      get bad(): never {
        throw new Error('bad')
      },
    }
    expect(toJson(to, 'key', value)).toMatchObject({ good: 1 })
    expect(to.faults.toJSON()).toEqual({ 'value.unreadable': 1 })
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    expect(toJson(to, 'key', { good: 1, proxy })).toEqual({ good: 1 })
    expect(to.faults.of('value.unreadable')).toBe(2)
  })

  test('is not held up by iterators of the user', () => {
    class Endless extends Set<number> {
      override *values(): SetIterator<number> {
        for (;;) yield 1
      }
      override [Symbol.iterator](): SetIterator<number> {
        return this.values()
      }
    }
    const array = [1, 2]
    array[Symbol.iterator] = () => new Endless().values() as ArrayIterator<number>
    expect(toJson(intake(), 'key', [new Endless([7]), array])).toEqual([[7], [1, 2]])
  })

  test('that must be an object refuses everything else', () => {
    const to = intake()
    for (const value of [[1], 'text', 5, null]) expect(toJsonObject(to, 'key', value)).toBe(undefined)
    expect(to.faults.toJSON()).toEqual({ 'option.invalid': 4 })
    expect(toJsonObject(to, 'key', { a: 1 })).toEqual({ a: 1 })
  })
})

describe('attributes', () => {
  test('are what OpenTelemetry can carry; the rest is counted', () => {
    const to = intake()
    const kept = toAttributes(to, {
      s: 'x',
      n: 1,
      b: true,
      ss: ['a', 'b'],
      ns: [1],
      bs: [true],
      none: undefined,
      nil: null,
      mixed: [1, 'a'],
      o: {},
      f: () => 1,
      big: 1n,
      nan: Number.NaN,
      nans: [Number.NaN],
      empty: [],
    })
    expect(kept).toEqual({ s: 'x', n: 1, b: true, ss: ['a', 'b'], ns: [1], bs: [true], empty: [] })
    expect(to.faults.toJSON()).toEqual({ 'attribute.dropped': 6 })
  })

  test('are 128 at most; one that is there already can still change', () => {
    const to = intake()
    const full = toAttributes(to, Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`k${index}`, index])))
    expect(Object.keys(full ?? {})).toHaveLength(128)
    expect(to.faults.of('attribute.dropped')).toBe(72)
    expect(toAttributes(to, { k5: 'changed', k999: 1 }, full)).toMatchObject({ k5: 'changed' })
    expect(to.faults.of('attribute.dropped')).toBe(73)
  })

  test('are added to those there were, which stay as they are', () => {
    const before = toAttributes(intake(), { a: 1, b: 1 })
    const after = toAttributes(intake(), { b: 2 }, before)
    expect([before, after]).toEqual([
      { a: 1, b: 1 },
      { a: 1, b: 2 },
    ])
    expect(Object.isFrozen(after)).toBe(true)
    expect(toAttributes(intake(), undefined, before)).toBe(before)
  })

  test('have names and texts within their bounds', () => {
    const kept = toAttributes(intake(), { ['k'.repeat(1_000)]: 'v'.repeat(10_000), list: ['w'.repeat(10_000)] }) ?? {}
    const [[name, text], [, list]] = Object.entries(kept) as [[string, string], [string, string[]]]
    expect([name.length, text.length, list[0]?.length]).toEqual([256, 4_096, 4_096])
  })
})
