import fc from 'fast-check'
import { expect, test } from 'vitest'
import { scalarReader } from '../../src/otel/index.js'
import { type ExportAnswer, type ExportedPoint, ScalarReceiver } from '../support/scalar-receiver.js'
import { newTracker } from '../support/tracked.js'

type Step =
  | {
      readonly kind: 'log'
      readonly run: string
      readonly scalars: readonly string[]
      readonly step: number
      readonly offset: number
    }
  | { readonly kind: 'wait'; readonly millis: number }
  | { readonly kind: 'flush' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('log' as const),
      run: fc.constantFrom('a', 'b'),
      scalars: fc.uniqueArray(fc.constantFrom('loss', 'lr', 'acc'), { minLength: 1 }),
      step: fc.integer({ min: 0, max: 50 }),
      // Most are from now, some from the past or the near future, with fractions.
      offset: fc.oneof(
        fc.constant(0),
        fc.integer({ min: -3_000, max: 3_000 }),
        fc.double({ min: -2, max: 2, noNaN: true }),
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), millis: fc.integer({ min: 0, max: 20_000 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'flush' as const }) },
)

const answer: fc.Arbitrary<ExportAnswer> = fc.oneof(
  { weight: 3, arbitrary: fc.constant('ok' as const) },
  { weight: 2, arbitrary: fc.constantFrom<ExportAnswer>('fail', 'throw', 'silence', { code: 503 }) },
)

function keyOf({ run, scalar, timeMillis }: ExportedPoint): string {
  return `${String(run)} ${String(scalar)} ${timeMillis}`
}

function increases(points: readonly ExportedPoint[]): boolean {
  const last = new Map<string, number>()
  return points.every(({ run, scalar, timeMillis }) => {
    const series = `${String(run)} ${String(scalar)}`
    const before = last.get(series) ?? Number.NEGATIVE_INFINITY
    last.set(series, timeMillis)
    return timeMillis > before && Number.isInteger(timeMillis)
  })
}

/** What was logged, as text, so that it can be compared whatever order it came in. */
function tally(points: readonly { run: unknown; scalar: unknown; step: number; value: number }[]): string[] {
  return points.map(({ run, scalar, step, value }) => JSON.stringify([run, scalar, step, value])).sort()
}

test('whatever fails in whatever order, each scalar arrives once, in order, and keeps the timestamp that it was first sent with', async () => {
  const sizes = fc.integer({ min: 1, max: 7 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.array(answer, { maxLength: 40 }),
      sizes,
      async (steps, answers, maxBatchSize) => {
        const { tracker, clock } = newTracker()
        const receiver = new ScalarReceiver((_points, request) => answers[request - 1] ?? 'ok')
        const reader = scalarReader({ tracker, exporter: receiver, maxBatchSize })
        reader.setMetricProducer({ collect: async () => ({ resourceMetrics: { resource: {} } }) })
        const logged: { run: string; scalar: string; step: number; value: number }[] = []
        const pass = async (millis: number): Promise<void> => {
          for (let left = millis; left > 0; left -= 1_000) await clock.advance(Math.min(left, 1_000))
          await clock.settle()
        }
        for (const one of steps) {
          if (one.kind === 'wait') await pass(one.millis)
          // A flush waits for an exporter that is silent, so time has to go on.
          else if (one.kind === 'flush') await Promise.race([reader.forceFlush(), pass(31_000)])
          else {
            const values = Object.fromEntries(one.scalars.map((scalar, at) => [scalar, logged.length + at]))
            for (const [scalar, value] of Object.entries(values))
              logged.push({ run: one.run, scalar, step: one.step, value })
            tracker.logScalars(values, { run: one.run, step: one.step, at: clock.wallMillis() + one.offset })
          }
        }
        for (let attempt = 0; attempt < 200 && reader.status().pending > 0; attempt += 1) await pass(30_000)
        await pass(5_000)
        const { taken, requests } = receiver
        expect(tally(taken)).toEqual(tally(logged))
        expect(increases(taken)).toBe(true)
        const first = new Map<string, ExportedPoint>()
        for (const point of requests.flatMap(({ points }) => points)) {
          const known = first.get(keyOf(point))
          if (known === undefined) first.set(keyOf(point), point)
          else expect(point).toEqual(known)
        }
        expect(first.size).toBe(logged.length)
        expect(reader.status()).toMatchObject({
          recorded: logged.length,
          exported: logged.length,
          pending: 0,
          failed: 0,
          expired: 0,
          dropped: 0,
        })
        for (const { points } of requests) expect(points.length).toBeLessThanOrEqual(maxBatchSize)
      },
    ),
    { numRuns: 200 },
  )
})

test('whatever a receiver refuses for good, everything else arrives, and nothing is unaccounted for', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 300 }),
      fc.uniqueArray(fc.integer({ min: 0, max: 299 }), { maxLength: 6 }),
      async (count, poison) => {
        const { tracker } = newTracker()
        const bad = new Set(poison)
        const receiver = new ScalarReceiver((points) =>
          points.some((point) => bad.has(point.step)) ? { code: 400 } : 'ok',
        )
        const reader = scalarReader({ tracker, exporter: receiver })
        reader.setMetricProducer({ collect: async () => ({ resourceMetrics: { resource: {} } }) })
        for (let at = 0; at < count; at += 1) tracker.logScalars({ loss: at }, { step: at })
        await reader.forceFlush()
        const expected = Array.from({ length: count }, (_, at) => at).filter((at) => !bad.has(at))
        expect(receiver.taken.map(({ step }) => step)).toEqual(expected)
        expect(reader.status()).toMatchObject({
          exported: expected.length,
          failed: count - expected.length,
          pending: 0,
        })
      },
    ),
    { numRuns: 100 },
  )
})
