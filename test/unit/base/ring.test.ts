import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Ring } from '../../../src/base/ring.js'

test('a ring keeps the last values, oldest first, and counts those that left', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.array(fc.integer(), { maxLength: 60 }), (capacity, values) => {
      const ring = new Ring<number>(capacity)
      for (const value of values) ring.push(value)
      expect([...ring]).toEqual(values.slice(-capacity))
      expect(ring.size).toBe(Math.min(values.length, capacity))
      expect(ring.dropped).toBe(Math.max(values.length - capacity, 0))
    }),
  )
})
