import { describe, expect, test } from 'vitest'
import { prometheusLabel, prometheusName } from '../../../src/otel/prometheus-names.js'

describe('the name in Prometheus', () => {
  test.each([
    ['activity.active', '{activity}', false, 'activity_active'],
    ['activity.ended', '{activity}', true, 'activity_ended_total'],
    ['activity.duration', 's', false, 'activity_duration_seconds'],
    ['http.server.request.duration', 's', false, 'http_server_request_duration_seconds'],
    ['queue.size', 'By', false, 'queue_size_bytes'],
    ['sent.bytes', 'By', true, 'sent_bytes_total'],
    ['requests.total', '{request}', true, 'requests_total'],
    ['cpu.load', '1', false, 'cpu_load_ratio'],
    ['hits', '1', true, 'hits_total'],
    ['throughput', 'By/s', false, 'throughput_bytes_per_second'],
    ['cpu.share', '%', false, 'cpu_share_percent'],
    ['made up', 'furlong', false, 'made_up_furlong'],
    ['2xx', '', true, '_2xx_total'],
  ])('of %s in %s, counter: %s, is %s', (name, unit, isCounter, expected) => {
    expect(prometheusName({ name, unit, isCounter })).toBe(expected)
  })
})

test('a label has only letters, digits and underscores, and begins with no digit', () => {
  expect(['activity.module', 'run', '2nd', 'größe'].map(prometheusLabel)).toEqual([
    'activity_module',
    'run',
    'key_2nd',
    'gr__e',
  ])
})
