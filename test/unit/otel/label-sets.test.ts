import { describe, expect, test } from 'vitest'
import { LabelSets, LabelValues, Sums } from '../../../src/otel/label-sets.js'

describe('the labels of a series', () => {
  test('are one object for each module, group, type and state', () => {
    const sets = new LabelSets()
    const where = { module: 'a', group: 'g', type: 't' }
    expect(sets.of(where, 'failed')).toBe(sets.of({ ...where }, 'failed'))
    expect(sets.of(where, 'failed')).not.toBe(sets.of(where, 'completed'))
    expect(sets.of(where)).toEqual({ 'activity.module': 'a', 'activity.group': 'g', 'activity.type': 't' })
    expect(sets.of({ module: 'a', group: '', type: 't' })).not.toBe(sets.of({ module: 'a', type: 't' }))
  })

  test('beyond the bound are "(other)", with the state kept', () => {
    const sets = new LabelSets(2)
    const first = sets.of({ module: 'a', type: 't' }, 'failed')
    sets.of({ module: 'b', type: 't' }, 'failed')
    const other = { 'activity.module': '(other)', 'activity.type': '(other)' }
    expect(sets.of({ module: 'c', type: 't' }, 'failed')).toEqual({ ...other, 'activity.state': 'failed' })
    expect(sets.of({ module: 'd', type: 't' }, 'completed')).toEqual({ ...other, 'activity.state': 'completed' })
    expect(sets.of({ module: 'a', type: 't' }, 'failed')).toBe(first)
  })

  test('of the tracker\'s own "(other)" are the same series', () => {
    const sets = new LabelSets(1)
    sets.of({ module: 'a', type: 't' })
    expect(sets.of({ module: 'b', type: 't' })).toBe(sets.of({ module: '(other)', type: '(other)' }))
  })

  test('that are shared add up', () => {
    const sets = new LabelSets(0)
    const sums = new Sums()
    sums.add(sets.of({ module: 'a', type: 't' }), 2)
    sums.add(sets.of({ module: 'b', type: 't' }), 3)
    expect([...sums]).toEqual([[{ 'activity.module': '(other)', 'activity.type': '(other)' }, 5]])
  })
})

test('the values of one label are bounded', () => {
  const values = new LabelValues(2)
  expect(['a', 'b', 'c', 'a'].map((name) => values.of(name))).toEqual(['a', 'b', '(other)', 'a'])
  expect([...values]).toEqual(['a', 'b', '(other)'])
})
