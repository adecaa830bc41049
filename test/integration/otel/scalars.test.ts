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
