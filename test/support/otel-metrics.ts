import { metrics } from '@opentelemetry/api'
import {
  AggregationTemporality,
  type DataPoint,
  type Histogram,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'

/** A real metrics SDK, registered globally, that collects when it is told to. */
export interface MetricsSdk {
  readonly provider: MeterProvider
  /** What one collection yields, by the name of the metric. */
  collect(): Promise<Collected>
}

export class Collected {
  readonly #metrics: ReadonlyMap<string, MetricData>

  constructor(collected: readonly MetricData[]) {
    this.#metrics = new Map(collected.map((metric) => [metric.descriptor.name, metric]))
  }

  get names(): string[] {
    return [...this.#metrics.keys()]
  }

  metric(name: string): MetricData {
    const metric = this.#metrics.get(name)
    if (metric === undefined) throw new Error(`no metric '${name}' among: ${this.names.join(', ')}`)
    return metric
  }

  /** `[labels, value]` of every series. */
  series(name: string): [Readonly<Record<string, unknown>>, number][] {
    return (this.metric(name).dataPoints as DataPoint<number>[]).map((point) => [{ ...point.attributes }, point.value])
  }

  /** The value of the only series that has all these labels. */
  value(name: string, labels: Readonly<Record<string, unknown>> = {}): number {
    return only(name, this.series(name), labels)
  }

  histogram(name: string, labels: Readonly<Record<string, unknown>> = {}): Histogram {
    const points = (this.metric(name).dataPoints as DataPoint<Histogram>[]).map(
      (point) => [{ ...point.attributes }, point.value] as [Readonly<Record<string, unknown>>, Histogram],
    )
    return only(name, points, labels)
  }
}

function only<T>(
  name: string,
  series: readonly (readonly [Readonly<Record<string, unknown>>, T])[],
  labels: Readonly<Record<string, unknown>>,
): T {
  const found = series.filter(([own]) => Object.entries(labels).every(([key, value]) => own[key] === value))
  const [first, ...more] = found
  if (first === undefined || more.length > 0)
    throw new Error(`${found.length} series of '${name}' have ${JSON.stringify(labels)}: ${JSON.stringify(series)}`)
  return first[1]
}

export function registerMetrics(): MetricsSdk {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 31 - 1 })
  const provider = new MeterProvider({ readers: [reader] })
  if (!metrics.setGlobalMeterProvider(provider)) throw new Error('a meter provider was registered already')
  return {
    provider,
    async collect() {
      const { resourceMetrics, errors } = await reader.collect()
      if (errors.length > 0) throw errors[0]
      return new Collected(resourceMetrics.scopeMetrics.flatMap(({ metrics: collected }) => collected))
    },
  }
}
