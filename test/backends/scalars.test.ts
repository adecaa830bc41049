import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { expect, onTestFinished, test } from 'vitest'
import { ActivityTracker, startUnderway } from '../../src/index.js'
import { scalarReader } from '../../src/otel/index.js'
import { eventually } from './support/eventually.js'
import { storedPoints } from './support/prometheus-query.js'
import { useStack } from './support/use-stack.js'

const stack = useStack()

const steps = 20_000
/** What each scalar is at a step; the third is not a number at all every thousand steps. */
const curves: Readonly<Record<string, (step: number) => number>> = {
  'train/loss': (step) => 1 / (step + 1),
  'train/lr': (step) => step * 1e-6,
  'train/grad': (step) => (step % 1_000 === 7 ? Number.NaN : Math.sin(step)),
  'val/acc': (step) => step / steps,
}

function logSteps(tracker: ActivityTracker, run: string, from: number, to: number): void {
  for (let step = from; step < to; step += 1) {
    const values = Object.fromEntries(Object.entries(curves).map(([name, curve]) => [name, curve(step)]))
    tracker.logScalars(values, { step, run })
  }
}

/** The curve of each scalar against the step, as Prometheus has it: values and steps are joined by their timestamps. */
async function curvesIn(prometheusUrl: string, run: string): Promise<Map<string, Map<number, number>>> {
  const [values, stepSeries] = await Promise.all([
    storedPoints(prometheusUrl, `experiment_scalar{run="${run}"}`),
    storedPoints(prometheusUrl, `experiment_step{run="${run}"}`),
  ])
  const stepsOf = new Map(stepSeries.map(({ labels, points }) => [labels['scalar'], new Map(points)]))
  return new Map(
    values.map(({ labels, points }) => {
      const stepAt = stepsOf.get(labels['scalar'])
      return [labels['scalar'] ?? '', new Map(points.map(([time, value]) => [stepAt?.get(time) ?? -1, value]))]
    }),
  )
}

async function expectCurves(prometheusUrl: string, run: string): Promise<void> {
  const found = await eventually(
    async () => {
      const all = await curvesIn(prometheusUrl, run)
      expect([...all.values()].map(({ size }) => size)).toEqual([steps, steps, steps, steps])
      return all
    },
    { timeoutMillis: 40_000, intervalMillis: 500 },
  )
  for (const [name, curve] of Object.entries(curves)) {
    const wrong = [...(found.get(name) ?? [])].filter(([step, value]) => !Object.is(value, curve(step)))
    expect(wrong, name).toEqual([])
  }
}

test('twenty thousand steps of four scalars are all in Prometheus, each value with its step', async () => {
  const { otlpUrl, prometheusUrl } = stack()
  const tracker = new ActivityTracker()
  const reader = scalarReader({ tracker, exporter: new OTLPMetricExporter({ url: `${otlpUrl}/v1/metrics` }) })
  const resource = resourceFromAttributes({ 'service.name': 'scalars' })
  const provider = new MeterProvider({ resource, readers: [reader] })
  onTestFinished(() => provider.shutdown())
  logSteps(tracker, 'whole', 0, steps)
  await provider.forceFlush()
  expect(reader.status()).toMatchObject({ recorded: 4 * steps, exported: 4 * steps })
  await expectCurves(prometheusUrl, 'whole')
})

test('also where the Collector was stopped for part of the run', async () => {
  const { otlpUrl, prometheusUrl, stopCollector, startCollector } = stack()
  const tracker = new ActivityTracker()
  const underway = await startUnderway({
    tracker,
    serviceName: 'outage',
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: otlpUrl, OTEL_TRACES_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' },
  })
  onTestFinished(async () => void (await underway.shutdown()))
  logSteps(tracker, 'outage', 0, steps / 4)
  expect(await underway.flush()).toBe(true)
  await stopCollector()
  logSteps(tracker, 'outage', steps / 4, (3 * steps) / 4)
  expect(await underway.flush({ timeoutMillis: 1_500 })).toBe(false)
  expect(underway.status().scalars.queue).toMatchObject({ exported: steps, pending: 2 * steps })
  await startCollector()
  logSteps(tracker, 'outage', (3 * steps) / 4, steps)
  await underway.flush({ timeoutMillis: 60_000 })
  expect(underway.status().scalars.queue).toMatchObject({ exported: 4 * steps, pending: 0, failed: 0, dropped: 0 })
  await expectCurves(prometheusUrl, 'outage')
})
