import { createRequire } from 'node:module'
import { join } from 'node:path'
import { ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer'
import { emptyResource } from '@opentelemetry/resources'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { ActivityTracker } from 'underway'
import { scalarReader } from 'underway/otel'
import type { ScalarVariant } from '../scalars.ts'

/** A way to log scalars: four of each step. */
export interface ScalarSubject {
  log(step: number, values: readonly number[]): void
  /** What is written of all that was logged. */
  written(): Promise<readonly Uint8Array[]>
  /** How many points there are, where it can tell; proves that nothing was left out on the way. */
  points(): number | undefined
}

/** The part of prom-client that is called. */
interface PromClient {
  readonly Registry: new () => { metrics(): Promise<string> }
  readonly Gauge: new (options: object) => { set(labels: object, value: number): void }
}

export const names = ['train/loss', 'train/lr', 'train/grad_norm', 'val/accuracy'] as const
const run = 'experiment-7'
const never = 2 ** 31 - 1

function underway(keepsOnly: boolean): ScalarSubject {
  const tracker = new ActivityTracker()
  const written: Uint8Array[] = []
  const exporter = {
    export(metrics: never, done: (result: { code: number }) => void) {
      const bytes = ProtobufMetricsSerializer.serializeRequest(metrics)
      if (bytes !== undefined) written.push(bytes)
      done({ code: 0 })
    },
    shutdown: () => Promise.resolve(),
  }
  const reader = scalarReader({
    tracker,
    exporter,
    maxPoints: never,
    exportIntervalMillis: keepsOnly ? never : 100,
    ...(keepsOnly ? { maxBatchSize: never } : {}),
  })
  new MeterProvider({ resource: emptyResource(), readers: [reader] })
  const [loss, lr, norm, accuracy] = names
  return {
    log: (step, [a = 0, b = 0, c = 0, d = 0]) =>
      tracker.logScalars({ [loss]: a, [lr]: b, [norm]: c, [accuracy]: d }, { step, run }),
    async written() {
      await reader.forceFlush()
      return written.splice(0)
    },
    points: () => reader.status().recorded - reader.status().dropped - reader.status().expired,
  }
}

function aggregated(): ScalarSubject {
  const tracker = new ActivityTracker()
  const aggregator = tracker.scalarAggregator({ run })
  let counted = 0
  tracker.subscribeScalars((items) => {
    for (const item of items)
      if ('values' in item) for (const name of names) counted += item.values[`${name}/count`] ?? 0
  })
  const [loss, lr, norm, accuracy] = names
  return {
    log: (step, [a = 0, b = 0, c = 0, d = 0]) =>
      aggregator.add({ [loss]: a, [lr]: b, [norm]: c, [accuracy]: d }, { step: Math.floor(step / 1_000) }),
    written: () => Promise.resolve([]),
    points() {
      tracker.flushNow()
      return counted
    },
  }
}

function otelGauge(limit: number | undefined): ScalarSubject {
  const memory = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({
    exporter: memory,
    exportIntervalMillis: never,
    ...(limit === undefined ? {} : { cardinalityLimits: { default: limit } }),
  })
  const provider = new MeterProvider({ resource: emptyResource(), readers: [reader] })
  const gauge = provider.getMeter('bench').createGauge('experiment.scalar')
  return {
    log: (step, values) => {
      for (const [at, scalar] of names.entries()) gauge.record(values[at] ?? 0, { scalar, run, step })
    },
    async written() {
      const { resourceMetrics } = await reader.collect()
      return [ProtobufMetricsSerializer.serializeRequest(resourceMetrics) ?? new Uint8Array()]
    },
    points: () => undefined,
  }
}

function promGauge(withStep: boolean): ScalarSubject {
  const require = createRequire(join(import.meta.dirname, '../scalars/package.json'))
  const { Gauge, Registry } = require('prom-client') as PromClient
  const registry = new Registry()
  const labelNames = ['scalar', 'run', ...(withStep ? ['step'] : [])]
  const gauge = new Gauge({ name: 'experiment_scalar', help: 'scalars', labelNames, registers: [registry] })
  return {
    log: (step, values) => {
      for (const [at, scalar] of names.entries())
        gauge.set(withStep ? { scalar, run, step } : { scalar, run }, values[at] ?? 0)
    },
    written: async () => [Buffer.from(await registry.metrics())],
    points: () => undefined,
  }
}

export function subjectOf({ subject, measure }: ScalarVariant): ScalarSubject {
  switch (subject) {
    case 'buffered':
    case 'sent':
      return underway(subject === 'buffered')
    case 'aggregated':
      return aggregated()
    case 'otel':
      return otelGauge(measure === 'cpu' ? undefined : never)
    case 'prom':
    case 'prom-latest':
      return promGauge(subject === 'prom')
    case 'mlflow':
      throw new Error('it is measured in Python')
  }
}
