import { expect, test } from 'vitest'
import { ErrorCounts } from '../../../src/tracker/error-counts.js'

test('errors are counted by module, type and severity', () => {
  const counts = new ErrorCounts()
  counts.add('Store', 'RangeError', 'error')
  counts.add('Store', 'RangeError', 'error')
  counts.add('Store', 'RangeError', 'warning')
  expect(counts.list()).toEqual([
    { module: 'Store', type: 'RangeError', severity: 'error', count: 2 },
    { module: 'Store', type: 'RangeError', severity: 'warning', count: 1 },
  ])
})

test('kinds of errors beyond the bound count as "(other)", and none is lost', () => {
  const counts = new ErrorCounts()
  for (let n = 0; n < 3_000; n += 1) counts.add(`Module-${n}`, 'Error', n % 2 === 0 ? 'error' : 'warning')
  const listed = counts.list()
  expect(listed.length).toBe(1_002)
  expect(listed.reduce((sum, { count }) => sum + count, 0)).toBe(3_000)
  expect(listed.at(-1)).toMatchObject({ module: '(other)', type: '(other)' })
})
