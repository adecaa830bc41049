import { describe, expect, test } from 'vitest'
import { type CollectedMetrics, prometheusText } from '../../../src/setup/prometheus-text.js'

type Metric = CollectedMetrics['scopeMetrics'][number]['metrics'][number]

const [histogram, gauge, sum] = [0, 2, 3]

function metric(name: string, dataPointType: number, dataPoints: Metric['dataPoints'], more: object = {}): Metric {
  return { descriptor: { name, unit: '', description: `what ${name} is` }, dataPointType, dataPoints, ...more }
}

function written(metrics: readonly Metric[], scope = 'underway'): string[] {
  const text = prometheusText({ resource: { attributes: {} }, scopeMetrics: [{ scope: { name: scope }, metrics }] })
  return text.split('\n').slice(3, -1)
}

describe('the text that Prometheus fetches', () => {
  test('begins with what the resource says', () => {
    const attributes = { 'service.name': 'trainer', 'process.pid': 7 }
    expect(prometheusText({ resource: { attributes }, scopeMetrics: [] })).toBe(
      '# HELP target_info What sends this.\n# TYPE target_info gauge\ntarget_info{process_pid="7",service_name="trainer"} 1\n',
    )
  })

  test('has each metric with its help, its type and a line for each series', () => {
    const points = [
      { attributes: { 'activity.module': 'Trainer' }, value: 2 },
      { attributes: {}, value: 0.5 },
    ]
    expect(written([metric('activity.active', sum, points, { isMonotonic: false })])).toEqual([
      '# HELP activity_active what activity.active is',
      '# TYPE activity_active gauge',
      'activity_active{activity_module="Trainer"} 2',
      'activity_active 0.5',
    ])
    expect(written([metric('ended', sum, points, { isMonotonic: true })])).toContain('# TYPE ended_total counter')
  })

  test('has the buckets of a histogram added up, with sum and count', () => {
    const value = { count: 6, sum: 7.5, buckets: { boundaries: [0.5, 1], counts: [1, 2, 3] } }
    expect(written([metric('took', histogram, [{ attributes: { 'activity.module': 'a' }, value }])])).toEqual([
      '# HELP took what took is',
      '# TYPE took histogram',
      'took_bucket{activity_module="a",le="0.5"} 1',
      'took_bucket{activity_module="a",le="1"} 3',
      'took_bucket{activity_module="a",le="+Inf"} 6',
      'took_sum{activity_module="a"} 7.5',
      'took_count{activity_module="a"} 6',
    ])
  })

  test('keeps what is no number or not finite', () => {
    const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0.25, 1e21]
    const points = values.map((value) => ({ attributes: {}, value }))
    const texts = ['loss NaN', 'loss +Inf', 'loss -Inf', 'loss -0.25', 'loss 1e+21']
    expect(written([metric('loss', gauge, points)]).slice(2)).toEqual(texts)
  })

  test('escapes what would end a label, a line or the help', () => {
    const point = { attributes: { 'activity.module': 'a"b\\c\nd' }, value: 1 }
    const described = { descriptor: { name: 'm', unit: '', description: 'one\\two\nthree' } }
    expect(written([metric('m', gauge, [point], described)])).toEqual([
      '# HELP m one\\\\two\\nthree',
      '# TYPE m gauge',
      'm{activity_module="a\\"b\\\\c\\nd"} 1',
    ])
  })

  test('joins attributes that become the same label, and leaves out those without a value', () => {
    const point = { attributes: { 'a.b': 'x', a_b: 'y', list: ['p', 1], gone: undefined }, value: 1 }
    expect(written([metric('m', gauge, [point])])[2]).toBe('m{a_b="x;y",list="[\\"p\\",1]"} 1')
  })

  test('says whose a metric of another scope is', () => {
    expect(written([metric('m', gauge, [{ attributes: {}, value: 1 }])], 'app')[2]).toBe('m{otel_scope_name="app"} 1')
  })

  test('writes a name once, and of two types of one name only the first', () => {
    const one = metric('m', gauge, [{ attributes: {}, value: 1 }])
    const other = metric('m', histogram, [])
    expect(written([one, one, other])).toEqual(['# HELP m what m is', '# TYPE m gauge', 'm 1', 'm 1'])
  })
})
