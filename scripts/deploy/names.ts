import {
  attributeNames,
  labelNames,
  type MetricDescription,
  metricNames,
  scalarMetrics,
} from '../../src/activity/semantic-conventions.ts'
import { prometheusLabel, prometheusName } from '../../src/otel/prometheus-names.ts'

function named({ name, kind, unit }: MetricDescription): string {
  return prometheusName({ name, unit, isCounter: kind === 'counter' })
}

function mapped<K extends string>(descriptions: Readonly<Record<K, MetricDescription>>): Readonly<Record<K, string>> {
  const names = Object.entries<MetricDescription>(descriptions).map(([key, value]) => [key, named(value)])
  return Object.fromEntries(names) as Record<K, string>
}

/** What Prometheus calls our metrics. Dashboards, rules and their tests write no name themselves. */
export const metrics = {
  ...mapped(metricNames),
  scalar: named(scalarMetrics.scalar),
  scalarStep: named(scalarMetrics.step),
}

/** What Prometheus calls our labels, beside `job` and `instance`, which are those of the process. */
export const labels = {
  module: prometheusLabel(attributeNames.module),
  type: prometheusLabel(attributeNames.type),
  state: prometheusLabel(attributeNames.state),
  errorType: prometheusLabel(attributeNames.errorType),
  severity: prometheusLabel(attributeNames.severity),
  run: prometheusLabel(labelNames.run),
  scalar: prometheusLabel(labelNames.scalar),
  signal: prometheusLabel(labelNames.signal),
  faultKind: prometheusLabel(labelNames.faultKind),
  job: 'job',
  instance: 'instance',
} as const

/** Of spans, made by the connector `spanmetrics` of collector-config.yaml and not by us. */
export const spanMetrics = {
  durationBucket: 'traces_span_metrics_duration_milliseconds_bucket',
  service: 'service_name',
  span: 'span_name',
} as const

export const bucketLabel = 'le'

/** Label matchers that follow the name of a metric. */
export function where(matchers: Readonly<Record<string, string>>): string {
  const texts = Object.entries(matchers).map(([label, matcher]) => `${label}${matcher}`)
  return `{${texts.join(', ')}}`
}
