import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newSpanId, newTraceId, uuidv7 } from '../../../src/activity/ids.js'

const pattern = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/
// Later than any clock of another test in this process.
const base = Date.UTC(2040, 0, 1)

function timeOf(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
}

describe('uuidv7', () => {
  test('has the form of RFC 9562 and begins with its time', () => {
    const id = uuidv7(base)
    expect(id).toMatch(pattern)
    expect(timeOf(id)).toBe(base)
  })

  test('gives ten thousand different ids in order within one millisecond', () => {
    const ids = Array.from({ length: 10_000 }, () => uuidv7(base + 1_000))
    expect(new Set(ids).size).toBe(10_000)
    expect(ids.toSorted()).toEqual(ids)
    expect(ids.every((id) => pattern.test(id))).toBe(true)
    expect(ids.map(timeOf)).toEqual(ids.map(() => base + 1_000))
  })

  test('gives no id twice where the stack ends', () => {
    const ids: string[] = []
    let refused = 0
    const ask = (): void => {
      // More than share a prefix, so that one has to be made.
      for (let count = 0; count < 300; count += 1) ids.push(uuidv7(base + 2_000))
    }
    // What was never called has to be compiled, which takes far more of the stack.
    ask()
    const before = ids.length
    for (let round = 0; round < 5; round += 1) {
      let levels = 0
      const dive = (): void => {
        try {
          dive()
        } catch {
          // The stack has ended somewhere below; on the way back there is a little more room at each level.
        }
        levels += 1
        if (levels > 200) return
        try {
          ask()
        } catch {
          refused += 1
        }
      }
      dive()
    }
    expect(refused).toBeGreaterThan(0)
    expect(ids.length).toBeGreaterThan(before)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('stays in order when the clock stands still, goes back, or is no number', () => {
    const times = fc.array(fc.oneof(fc.integer({ min: 0, max: base }), fc.constantFrom(Number.NaN, -5, 0.5)), {
      minLength: 2,
      maxLength: 50,
    })
    fc.assert(
      fc.property(times, (millis) => {
        const ids = millis.map((at) => uuidv7(at))
        expect(ids.toSorted()).toEqual(ids)
        expect(new Set(ids).size).toBe(ids.length)
        expect(ids.every((id) => pattern.test(id))).toBe(true)
      }),
    )
  })

  test('goes with the clock when that goes on', () => {
    expect(timeOf(uuidv7(base + 50_000.7))).toBe(base + 50_000)
    expect(timeOf(uuidv7(base + 60_000))).toBe(base + 60_000)
  })
})

test('trace and span ids are valid W3C ids and differ', () => {
  const traceIds = Array.from({ length: 2_000 }, newTraceId)
  const spanIds = Array.from({ length: 2_000 }, newSpanId)
  expect(traceIds.every((id) => /^(?!0{32})[\da-f]{32}$/.test(id))).toBe(true)
  expect(spanIds.every((id) => /^(?!0{16})[\da-f]{16}$/.test(id))).toBe(true)
  expect(new Set([...traceIds, ...spanIds]).size).toBe(4_000)
})
