import { expect, test } from 'vitest'
import { ActivityTracker, planActivity, startActivity, startUnderway } from '../../src/index.js'
import { eventually } from './support/eventually.js'
import { getJson } from './support/http.js'
import { query } from './support/prometheus-query.js'
import { openMeterProvider } from './support/telemetry.js'
import { useStack } from './support/use-stack.js'

const stack = useStack()

test('a gauge and a counter are in Prometheus under their translated names, with labels and last value', async () => {
  const { otlpUrl, prometheusUrl } = stack()
  await using provider = disposable(openMeterProvider(otlpUrl, 'meters'))
  const meter = provider.value.getMeter('test')
  const open = meter.createGauge('activity.active', { unit: '{activity}' })
  const ended = meter.createCounter('activity.ended', { unit: '{activity}' })
  const age = meter.createGauge('activity.oldest.age', { unit: 's' })
  const trainer = { 'activity.module': 'Trainer', 'activity.type': 'task' }
  open.record(7, trainer)
  open.record(2, { ...trainer, 'activity.module': 'Loader' })
  ended.add(3, { ...trainer, 'activity.state': 'completed' })
  ended.add(1, { ...trainer, 'activity.state': 'failed' })
  age.record(12.5, trainer)
  await provider.value.forceFlush()

  const service = 'service_name="meters"'
  const active = await eventually(async () => {
    const found = await query(prometheusUrl, `activity_active{${service}}`)
    expect(found).toHaveLength(2)
    return found
  })
  const byModule = Object.fromEntries(active.map(({ labels, value }) => [labels['activity_module'], value]))
  expect(byModule).toEqual({ Trainer: 7, Loader: 2 })
  expect(active[0]?.labels).toMatchObject({
    job: 'meters',
    instance: 'meters-1',
    service_name: 'meters',
    service_instance_id: 'meters-1',
    activity_type: 'task',
  })
  const total = await query(prometheusUrl, `sum by (activity_state) (activity_ended_total{${service}})`)
  expect(Object.fromEntries(total.map(({ labels, value }) => [labels['activity_state'], value]))).toEqual({
    completed: 3,
    failed: 1,
  })
  expect(await query(prometheusUrl, `activity_oldest_age_seconds{${service}}`)).toMatchObject([{ value: 12.5 }])
})

test('a counter goes on from export to export', async () => {
  const { otlpUrl, prometheusUrl } = stack()
  await using provider = disposable(openMeterProvider(otlpUrl, 'counting'))
  const counter = provider.value.getMeter('test').createCounter('activity.started', { unit: '{activity}' })
  for (const expected of [5, 10, 15]) {
    counter.add(5)
    await provider.value.forceFlush()
    await eventually(async () => {
      expect(await query(prometheusUrl, 'activity_started_total{job="counting"}')).toMatchObject([{ value: expected }])
    })
  }
})

test('Prometheus takes its targets from the file and reaches all of them', async () => {
  const { prometheusUrl } = stack()
  const jobs = await eventually(
    async () => {
      const up = await query(prometheusUrl, 'up == 1')
      expect(up).toHaveLength(3)
      return up.map(({ labels }) => labels['job']).sort()
    },
    { timeoutMillis: 40_000, intervalMillis: 500 },
  )
  expect(jobs).toEqual(['jaeger', 'otel-collector', 'prometheus'])
  expect(await getJson(`${prometheusUrl}/api/v1/alertmanagers`)).toMatchObject({ data: { activeAlertmanagers: [] } })
})

test('metrics that Prometheus fetches have the names and labels of those that come over OTLP', async () => {
  const { otlpUrl, prometheusUrl, scrape } = stack()
  const tracker = new ActivityTracker()
  await using underway = await startUnderway({
    serviceName: 'both',
    tracker,
    env: {
      OTEL_METRICS_EXPORTER: 'otlp,prometheus',
      OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
      OTEL_EXPORTER_PROMETHEUS_PORT: '0',
      OTEL_EXPORTER_OTLP_ENDPOINT: otlpUrl,
    },
  })
  tracker.registerModule('Disk', { healthCheck: () => true })
  tracker.step = 5
  tracker.reportError('half full', { module: 'Disk', severity: 'warning' })
  const run = startActivity({ tracker, module: 'Controller', type: 'run', name: 'fit' })
  run.update('half way', { done: 1, total: 2 })
  planActivity({ tracker, module: 'Loader', group: 'io', name: 'read', parent: run }).start().complete()
  await underway.flush()
  scrape('fetched', new URL(underway.status().signals.metrics.pullUrl ?? '').host)

  // What stands for the resource differs: a scrape has job and instance of its own.
  const ofResource = ['job', 'instance', 'service_name', 'service_instance_id']
  const seriesOf = async (job: string): Promise<string[]> => {
    const found = await query(prometheusUrl, `{job="${job}", __name__=~"(activity|experiment|underway)_.*"}`)
    const own = found.map(({ labels }) =>
      Object.entries(labels)
        .filter(([name]) => !ofResource.includes(name))
        .sort(),
    )
    // Prometheus writes the bounds of what it fetches as fractions: 1.0 for 1. To a quantile they are the same.
    return own.map((labels) => JSON.stringify(labels).replaceAll(/(?<="le","\d+)\.0(?=")/g, '')).sort()
  }
  const options = { timeoutMillis: 40_000, intervalMillis: 500 }
  const overOtlp = await eventually(async () => {
    const series = await seriesOf('both')
    expect(series.length).toBeGreaterThan(40)
    return series
  }, options)
  await eventually(async () => expect(await seriesOf('fetched')).toEqual(overOtlp), options)
})

function disposable<T extends { shutdown(): Promise<void> }>(value: T): AsyncDisposable & { readonly value: T } {
  return { value, [Symbol.asyncDispose]: () => value.shutdown() }
}
