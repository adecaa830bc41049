import { expect, test } from 'vitest'
import { count, duration, elapsed, measure, plural, rate, timestamp } from '../../src/terminal/format.js'

test.each([
  [0, '0 ms'],
  [850.4, '850 ms'],
  [999.6, '1.0 s'],
  [1_240, '1.2 s'],
  [9_949, '9.9 s'],
  [9_960, '10 s'],
  [59_600, '1 min'],
  [200_000, '3 min 20 s'],
  [3_599_900, '1 h'],
  [7_500_000, '2 h 5 min'],
  [273_600_000, '3 d 4 h'],
  [-5, '0 ms'],
])('%d ms reads %s', (millis, text) => {
  expect(duration(millis)).toBe(text)
})

test.each([
  [0, '0 s'],
  [999, '0 s'],
  [1_999, '1 s'],
  [61_000, '1 min 1 s'],
])('what has gone on for %d ms says %s, in whole seconds', (millis, text) => {
  expect(elapsed(millis)).toBe(text)
})

test.each([
  [0, '0.0 s'],
  [12_345, '12.3 s'],
  [599_940, '599.9 s'],
  [3_723_000, '1:02:03'],
])('a line after %d ms is stamped %s', (millis, text) => {
  expect(timestamp(millis)).toBe(text)
})

test.each([
  [0, ''],
  [0.05, '3.0/min'],
  [0.4, '0.4/s'],
  [12.34, '12.3/s'],
  [1_400, '1,400/s'],
])('a rate of %d per second reads "%s"', (perSecond, text) => {
  expect(rate(perSecond)).toBe(text)
})

test.each([
  [0, '0'],
  [0.0412, '0.0412'],
  [0.694147, '0.694'],
  [12.5, '12.50'],
  [123.45, '123.5'],
  [1_204, '1,204'],
  [-0.5, '-0.500'],
  [0.00001234, '1.23e-5'],
  [Number.NaN, 'NaN'],
  [Number.POSITIVE_INFINITY, 'Infinity'],
])('the number %d reads %s', (value, text) => {
  expect(measure(value)).toBe(text)
})

test('large numbers are grouped, and one is not many', () => {
  expect(count(1_234_567)).toBe('1,234,567')
  expect(plural(1, 'error')).toBe('1 error')
  expect(plural(0, 'error')).toBe('0 errors')
})
