import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { expect, onTestFinished, test } from 'vitest'
import { ActivityTracker } from '../../../src/index.js'
import { scalarProducer, scalarReader } from '../../../src/otel/index.js'
import { OtlpReceiver } from '../../support/otlp-receiver.js'
import { scalarsOf } from '../../support/otlp-scalars.js'

async function receiver(answer?: Parameters<typeof OtlpReceiver.start>[0]): Promise<OtlpReceiver> {
  const collector = await OtlpReceiver.start(answer)
  onTestFinished(() => collector[Symbol.asyncDispose]())
  return collector
}

/** Numbers from 0 up to `count`, each once, in an order that has nothing to do with theirs. */
function shuffled(count: number): number[] {
  const numbers = Array.from({ length: count }, (_, number) => number)
  let seed = 12_345
  for (let at = count - 1; at > 0; at -= 1) {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    const other = seed % (at + 1)
    ;[numbers[at], numbers[other]] = [numbers[other] ?? 0, numbers[at] ?? 0]
  }
  return numbers
}

test('a million scalars over fifty series in random step order all arrive', async () => {
  const collector = await receiver()
  const tracker = new ActivityTracker()
  const reader = scalarReader({
    tracker,
    exporter: new OTLPMetricExporter({ url: `${collector.endpoint}/v1/metrics` }),
  })
  const provider = new MeterProvider({ readers: [reader] })
  const steps = 20_000
  const series = 10
  const runs = 5
  for (const step of shuffled(steps)) {
    for (let run = 0; run < runs; run += 1) {
      const values = Object.fromEntries(
        Array.from({ length: series }, (_, at) => [`s/${at}`, step * 100 + run * 10 + at]),
      )
      tracker.logScalars(values, { step, run: `run-${run}` })
    }
  }
  await provider.forceFlush()
  expect(reader.status()).toEqual({
    recorded: 1_000_000,
    exported: 1_000_000,
    pending: 0,
    failed: 0,
    expired: 0,
    dropped: 0,
  })
  await provider.shutdown()
  const seen = new Map<string, Set<number>>()
  const last = new Map<string, number>()
  let wrong = 0
  for (const { body } of collector.received) {
    for (const { run, scalar, timeMillis, step, value } of scalarsOf(body)) {
      const key = `${run} ${scalar}`
      if (value !== step * 100 + Number(run.slice(4)) * 10 + Number(scalar.slice(2))) wrong += 1
      if (timeMillis <= (last.get(key) ?? 0)) wrong += 1
      last.set(key, timeMillis)
      const known = seen.get(key) ?? new Set()
      seen.set(key, known.add(step))
    }
  }
  expect(wrong).toBe(0)
  expect([...seen.values()].map(({ size }) => size)).toEqual(Array(50).fill(steps))
})

test('an outage of the receiver, and requests that it takes without saying so, lose nothing', async () => {
  // Two of three requests fail, before or after the receiver has them; shorter than the pause of the exporter's own retries.
  const collector = await receiver((response, call) => {
    if (call % 3 === 1) response.writeHead(503).end()
    else if (call % 3 === 2) response.destroy()
    else response.writeHead(200).end()
  })
  const tracker = new ActivityTracker()
  const exporter = new OTLPMetricExporter({ url: `${collector.endpoint}/v1/metrics`, timeoutMillis: 500 })
  const reader = scalarReader({ tracker, exporter, maxBatchSize: 500 })
  const provider = new MeterProvider({ readers: [reader] })
  for (let step = 0; step < 2_000; step += 1) tracker.logScalars({ loss: step, lr: -step }, { step, run: 'outage' })
  while (reader.status().pending > 0) await provider.forceFlush()
  expect(reader.status()).toMatchObject({ recorded: 4_000, exported: 4_000, failed: 0 })
  await provider.shutdown()
  const points = collector.received.flatMap(({ body }) => scalarsOf(body))
  const byTime = new Map(points.map((point) => [`${point.scalar} ${point.timeMillis}`, point]))
  // What came twice came with the timestamp of the first time, or there would be more of them.
  expect(points.length).toBeGreaterThan(4_000)
  expect(byTime.size).toBe(4_000)
  for (const sign of [1, -1]) {
    const name = sign === 1 ? 'loss' : 'lr'
    const steps = [...byTime.values()].filter(({ scalar }) => scalar === name)
    expect(steps.every(({ step, value }) => value === sign * step)).toBe(true)
    expect(new Set(steps.map(({ step }) => step)).size).toBe(2_000)
  }
})

test('instruments of the provider go their own way, with the same resource', async () => {
  const collector = await receiver()
  const tracker = new ActivityTracker()
  const url = `${collector.endpoint}/v1/metrics`
  const reader = scalarReader({ tracker, exporter: new OTLPMetricExporter({ url }) })
  const periodic = new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter({ url }) })
  const resource = resourceFromAttributes({ 'service.name': Promise.resolve('trainer') })
  const provider = new MeterProvider({ resource, readers: [reader, periodic] })
  provider.getMeter('test').createCounter('counted').add(1)
  tracker.logScalars({ loss: Number.NaN }, { step: 1, run: 'r' })
  await provider.forceFlush()
  await provider.shutdown()
  expect(collector.received.map(({ names }) => names).sort()).toEqual([
    ['counted'],
    ['counted'],
    ['experiment.scalar', 'experiment.step'],
  ])
  for (const one of collector.received) expect(one.resource).toEqual({ 'service.name': 'trainer' })
  const scalars = collector.received.filter(({ names }) => names.length === 2).flatMap(({ body }) => scalarsOf(body))
  expect(scalars).toEqual([expect.objectContaining({ run: 'r', scalar: 'loss', step: 1, value: Number.NaN })])
})

test('a producer gives each point to one collection of a reader of yours, and counts what it gave', async () => {
  const collector = await receiver()
  const tracker = new ActivityTracker()
  const producer = scalarProducer({ tracker, maxBatchSize: 600 })
  const exporter = new OTLPMetricExporter({ url: `${collector.endpoint}/v1/metrics` })
  const periodic = new PeriodicExportingMetricReader({ exporter, metricProducers: [producer] })
  const provider = new MeterProvider({ readers: [periodic] })
  for (let step = 0; step < 1_000; step += 1) tracker.logScalars({ loss: step }, { step, run: 'r' })
  await provider.forceFlush()
  expect(producer.status()).toMatchObject({ recorded: 1_000, exported: 600, pending: 400 })
  await provider.forceFlush()
  await provider.forceFlush()
  const points = collector.received.flatMap(({ body }) => scalarsOf(body))
  expect(points.map(({ step }) => step)).toEqual(Array.from({ length: 1_000 }, (_, step) => step))
  expect(collector.received).toHaveLength(2)
  await provider.shutdown()
  producer.unregister()
  tracker.logScalars({ loss: 1 }, { step: 1_000 })
  expect(producer.status()).toEqual({ recorded: 1_000, exported: 1_000, pending: 0, failed: 0, expired: 0, dropped: 0 })
})

test('a producer never learns of an export that fails: what it gave is gone, which is why it is called best effort', async () => {
  const collector = await receiver((response) => void response.writeHead(400).end())
  const tracker = new ActivityTracker()
  const producer = scalarProducer({ tracker })
  const exporter = new OTLPMetricExporter({ url: `${collector.endpoint}/v1/metrics` })
  const periodic = new PeriodicExportingMetricReader({ exporter, metricProducers: [producer] })
  const provider = new MeterProvider({ readers: [periodic] })
  tracker.logScalars({ loss: 1 }, { step: 1 })
  await provider.forceFlush()
  await provider.forceFlush()
  expect(collector.received).toHaveLength(1)
  expect(producer.status()).toMatchObject({ exported: 1, pending: 0 })
  await provider.shutdown()
})
