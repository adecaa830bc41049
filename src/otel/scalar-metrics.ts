import * as otel from '@opentelemetry/api'
import { type MetricDescription, scalarMetrics, scopeName } from '../activity/semantic-conventions.js'
import { version } from '../base/version.js'
import type { ScalarBatch } from './scalar-buffer.js'

/** The shapes of both SDK lines for points that the SDK did not make itself. */
export interface ScalarPoint {
  readonly startTime: otel.HrTime
  readonly endTime: otel.HrTime
  readonly attributes: otel.Attributes
  readonly value: number
}

export interface ScalarMetricData {
  readonly descriptor: {
    readonly name: string
    readonly description: string
    readonly unit: string
    readonly valueType: otel.ValueType
  }
  /** Cumulative. */
  readonly aggregationTemporality: 1
  /** Gauge. */
  readonly dataPointType: 2
  readonly dataPoints: ScalarPoint[]
}

export interface ScalarScopeMetrics {
  readonly scope: { readonly name: string; readonly version: string }
  readonly metrics: ScalarMetricData[]
}

/** A gauge has no start. */
const noTime: otel.HrTime = [0, 0]

function gauge({ name, description, unit }: MetricDescription, dataPoints: ScalarPoint[]): ScalarMetricData {
  const descriptor = { name, description, unit, valueType: otel.ValueType.DOUBLE }
  return { descriptor, aggregationTemporality: 1, dataPointType: 2, dataPoints }
}

/** A batch as metrics: a gauge of the values and one of the steps. */
export function scopeMetricsOf({ slices }: ScalarBatch): ScalarScopeMetrics[] {
  const values: ScalarPoint[] = []
  const steps: ScalarPoint[] = []
  for (const { series, count } of slices) {
    const attributes = series.labels
    series.points.each(count, (timeMillis, step, value) => {
      const seconds = Math.floor(timeMillis / 1_000)
      const endTime: otel.HrTime = [seconds, (timeMillis - seconds * 1_000) * 1_000_000]
      values.push({ startTime: noTime, endTime, attributes, value })
      steps.push({ startTime: noTime, endTime, attributes, value: step })
    })
  }
  // A metric without points makes some receivers refuse the request.
  if (values.length === 0) return []
  return [
    {
      scope: { name: scopeName, version },
      metrics: [gauge(scalarMetrics.scalar, values), gauge(scalarMetrics.step, steps)],
    },
  ]
}
