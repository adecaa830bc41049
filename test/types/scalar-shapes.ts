import {
  AggregationTemporality,
  type IMetricReader,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricProducer,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { scalarProducer, scalarReader } from 'underway/otel'

/** Compiled against both lines of the SDK: what we give to it has its types, and takes its exporters, without a cast. */
export function providers(): MeterProvider[] {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader: IMetricReader = scalarReader({ exporter })
  const producer: MetricProducer = scalarProducer()
  const periodic = new PeriodicExportingMetricReader({ exporter, metricProducers: [producer, scalarProducer()] })
  return [
    new MeterProvider({ readers: [reader] }),
    new MeterProvider({ readers: [scalarReader({ exporter }), periodic] }),
  ]
}
