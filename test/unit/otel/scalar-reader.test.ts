import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { connectBackends, jsonLinesBackend } from '../../../src/experiment/index.js'
import type { ActivityTracker } from '../../../src/index.js'
import { type ScalarReader, type ScalarReaderOptions, scalarReader } from '../../../src/otel/index.js'
import type { ManualClock } from '../../../src/testing/index.js'
import { type ExportAnswer, type ExportedPoint, ScalarReceiver } from '../../support/scalar-receiver.js'
import { balanceAfterEach, newTracker } from '../../support/tracked.js'

balanceAfterEach()

interface Scene {
  readonly tracker: ActivityTracker
  readonly clock: ManualClock
  readonly reader: ScalarReader
  readonly receiver: ScalarReceiver
  readonly warnings: string[]
}

const resource = {}

function reading(
  answer?: (points: readonly ExportedPoint[], request: number) => ExportAnswer,
  options: Partial<ScalarReaderOptions> = {},
): Scene {
  const tracked = newTracker({ serviceName: 'trainer' })
  const receiver = new ScalarReceiver(answer)
  const reader = scalarReader({ tracker: tracked.tracker, exporter: receiver, ...options })
  reader.setMetricProducer({ collect: async () => ({ resourceMetrics: { resource } }) })
  return { ...tracked, receiver, reader }
}

/** More than the pause after any failure. */
const longest = 80_000

/** Second by second, so that what a timer begins gets on before the next one. */
async function pass(clock: ManualClock, millis: number): Promise<void> {
  let left = millis
  for (; left > 1_000; left -= 1_000) await clock.advance(1_000)
  await clock.advance(left)
}

const steps = (points: readonly ExportedPoint[]): number[] => points.map(({ step }) => step)

describe('scalars over OpenTelemetry', () => {
  test('leave once the interval is over, a point for each step, with its run and its name', async () => {
    const { tracker, clock, receiver } = reading()
    const now = clock.wallMillis()
    tracker.logScalars({ loss: 0.5, lr: 0.1 }, { step: 1 })
    tracker.logScalars({ loss: 0.4 }, { step: 2, run: 'other', at: now - 1_000 })
    await pass(clock, 4_999)
    expect(receiver.requests).toEqual([])
    await pass(clock, 1)
    expect(receiver.taken).toEqual([
      { run: 'trainer', scalar: 'loss', timeMillis: now, step: 1, value: 0.5 },
      { run: 'trainer', scalar: 'lr', timeMillis: now, step: 1, value: 0.1 },
      { run: 'other', scalar: 'loss', timeMillis: now - 1_000, step: 2, value: 0.4 },
    ])
  })

  test('have timestamps that strictly increase in each series, whatever order they come in', async () => {
    const { tracker, clock, receiver } = reading()
    const now = clock.wallMillis()
    const given = [0, 0, -5_000, 10.7, 10.7, 500, -1]
    for (const [step, offset] of given.entries()) tracker.logScalars({ loss: step }, { step, at: now + offset })
    tracker.logScalars({ lr: 1 }, { step: 0, at: now })
    await pass(clock, 5_000)
    const times = receiver.taken.map(({ scalar, timeMillis }) => [scalar, timeMillis - now])
    expect(times).toEqual([...[0, 1, 2, 10, 11, 500, 501].map((time) => ['loss', time]), ['lr', 0]])
  })

  test('of the same step both leave, the later one later', async () => {
    const { tracker, clock, receiver } = reading()
    tracker.logScalars({ loss: 1 }, { step: 7 })
    tracker.logScalars({ loss: 2 }, { step: 7 })
    await pass(clock, 5_000)
    expect(receiver.taken.map(({ step, value }) => [step, value])).toEqual([
      [7, 1],
      [7, 2],
    ])
    expect(tracker.snapshot().faults).toEqual({ 'scalar.repeated': 1 })
  })

  test('that are logged while a flush goes on do not keep it from ending, and leave right after it', async () => {
    let more = 200
    const { tracker, clock, receiver, reader } = reading(
      () => {
        // A program that logs as fast as the receiver takes.
        for (let count = 0; count < 10 && more > 0; count += 1, more -= 1)
          tracker.logScalars({ loss: 1 }, { step: more })
        return 'ok'
      },
      { maxBatchSize: 10 },
    )
    for (let step = 1_000; step < 1_025; step += 1) tracker.logScalars({ loss: 1 }, { step })
    await reader.forceFlush()
    expect(receiver.requests).toHaveLength(3)
    await pass(clock, 10_000)
    expect(reader.status()).toMatchObject({ recorded: 225, exported: 225 })
  })

  test('leave at once when a request is full, in requests of that size', async () => {
    const { tracker, clock, receiver } = reading(undefined, { maxBatchSize: 10 })
    for (let step = 0; step < 25; step += 1) tracker.logScalars({ loss: 1 }, { step })
    await pass(clock, 0)
    expect(receiver.requests.map(({ points }) => points.length)).toEqual([10, 10, 5])
    expect(steps(receiver.taken)).toEqual(Array.from({ length: 25 }, (_, step) => step))
  })

  test('that are meant for another backend do not leave here', async () => {
    const { tracker, clock, receiver } = reading()
    for (const [step, backend] of ['tensorboard', 'otlp', undefined].entries())
      tracker.logScalars({ loss: 1 }, { step, backend })
    await pass(clock, 5_000)
    expect(steps(receiver.taken)).toEqual([1, 2])
  })

  test('keep NaN and the infinities', async () => {
    const { tracker, clock, receiver } = reading()
    for (const [step, value] of [Number.NaN, Infinity, -Infinity].entries())
      tracker.logScalars({ loss: value }, { step })
    await pass(clock, 5_000)
    expect(receiver.taken.map(({ value }) => value)).toEqual([Number.NaN, Infinity, -Infinity])
  })

  test('share the labels "(other)" where there are too many series', async () => {
    const { tracker, clock, receiver } = reading(undefined, { maxSeries: 2 })
    for (const [step, run] of ['a', 'b', 'c', 'd', 'a'].entries()) tracker.logScalars({ loss: 1 }, { step, run })
    await pass(clock, 5_000)
    expect(receiver.taken.map(({ run, scalar, step }) => [run, scalar, step])).toEqual([
      ['a', 'loss', 0],
      ['a', 'loss', 4],
      ['b', 'loss', 1],
      ['(other)', '(other)', 2],
      ['(other)', '(other)', 3],
    ])
  })

  test('send nothing where there is nothing, and ask the provider once for its resource', async () => {
    const { tracker, clock, receiver, reader } = reading()
    await pass(clock, 60_000)
    await reader.forceFlush()
    expect(receiver.requests).toEqual([])
    let asked = 0
    const other = scalarReader({ tracker, exporter: receiver })
    other.setMetricProducer({
      async collect() {
        asked += 1
        return { resourceMetrics: { resource } }
      },
    })
    for (let step = 0; step < 3; step += 1) {
      tracker.logScalars({ loss: 1 }, { step })
      await other.forceFlush()
    }
    expect([asked, receiver.requests.length]).toEqual([1, 3])
  })
})

test('the SDK is asked to collect once a minute, as it keeps what others collect for a reader that does not', async () => {
  const { tracker, clock } = newTracker()
  const reader = scalarReader({ tracker, exporter: new ScalarReceiver() })
  let collected = 0
  reader.setMetricProducer({
    async collect() {
      collected += 1
      if (collected === 2) throw new Error('a callback')
      return { resourceMetrics: { resource } }
    },
  })
  await pass(clock, 180_000)
  expect(collected).toBe(3)
  await reader.shutdown()
  await pass(clock, 60_000)
  expect(collected).toBe(3)
})

describe('an export that fails', () => {
  const outage: [string, ExportAnswer][] = [
    ['by its result', 'fail'],
    ['by throwing', 'throw'],
    ['by never answering', 'silence'],
    ['by missing credentials', { code: 401 }],
    ['by a receiver that has too much to do', { code: 503 }],
  ]
  test.each(outage)(
    'loses nothing: the same points are sent again with the same timestamps: %s',
    async (_how, answer) => {
      const { tracker, clock, receiver, reader } = reading((_points, request) => (request <= 3 ? answer : 'ok'))
      tracker.logScalars({ loss: 1 }, { step: 1 })
      await pass(clock, 5_000)
      expect(reader.status()).toMatchObject({ recorded: 1, exported: 0, pending: 1 })
      tracker.logScalars({ loss: 2 }, { step: 2 })
      for (let attempt = 0; attempt < 4; attempt += 1) await pass(clock, longest)
      const [first, ...again] = receiver.requests.map(({ points }) => points)
      expect(receiver.requests).toHaveLength(4)
      expect(receiver.taken.map(({ step, value }) => [step, value])).toEqual([
        [1, 1],
        [2, 2],
      ])
      for (const points of again) expect(points[0]).toEqual(first?.[0])
      expect(reader.status()).toMatchObject({ recorded: 2, exported: 2, pending: 0, failed: 0, expired: 0, dropped: 0 })
    },
  )

  test('is followed by pauses that grow up to a minute, and no attempt in between', async () => {
    const { tracker, clock, receiver } = reading(() => 'fail', { maxBatchSize: 1, maxAgeMillis: 86_400_000 })
    const times: number[] = []
    const begin = clock.monotonicMillis()
    for (let second = 0; second < 600; second += 1) {
      tracker.logScalars({ loss: 1 }, { step: second })
      await clock.advance(1_000)
      while (times.length < receiver.requests.length) times.push(clock.monotonicMillis() - begin)
    }
    const pauses = times.slice(1).map((time, at) => time - (times[at] ?? 0))
    expect(pauses.length).toBeLessThan(20)
    expect(pauses.at(-1)).toBeGreaterThanOrEqual(48_000)
    expect(Math.max(...pauses)).toBeLessThanOrEqual(73_000)
  })

  test('waits as long as the receiver asks, up to a minute', async () => {
    const exporter = new ScalarReceiver((_points, request) =>
      request === 1 ? ({ code: 503, retryAfterMillis: 30_000 } as never) : 'ok',
    )
    const { tracker, clock } = reading(undefined, { exporter })
    tracker.logScalars({ loss: 1 })
    await pass(clock, 5_000)
    await pass(clock, 29_999)
    expect(exporter.requests).toHaveLength(1)
    await pass(clock, 1)
    expect(exporter.requests).toHaveLength(2)
  })
})

describe('what a receiver refuses for good', () => {
  const isPoison = ({ step }: ExportedPoint): boolean => step === 13 || step === 77

  test.each([400, 413, 422, 3, 11])('costs only itself, is counted, and is not sent for ever: %i', async (code) => {
    const { tracker, clock, receiver, reader, warnings } = reading((points) =>
      points.some(isPoison) ? { code } : 'ok',
    )
    for (let step = 0; step < 100; step += 1) tracker.logScalars({ loss: step }, { step })
    await pass(clock, 5_000)
    const requests = receiver.requests.length
    await pass(clock, 600_000)
    expect(receiver.requests).toHaveLength(requests)
    expect(steps(receiver.taken).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, step) => step).filter((step) => step !== 13 && step !== 77),
    )
    expect(reader.status()).toMatchObject({
      recorded: 100,
      exported: 98,
      pending: 0,
      failed: 2,
      expired: 0,
      dropped: 0,
    })
    expect(tracker.snapshot().faults).toEqual({ 'scalar.refused': 2 })
    expect(warnings).toEqual(['UNDERWAY_SCALAR_REFUSED'])
  })

  test('costs a bounded number of requests, where it refuses everything', async () => {
    const { tracker, clock, receiver, reader } = reading(() => ({ code: 400 }))
    for (let step = 0; step < 4_000; step += 1) tracker.logScalars({ loss: step }, { step })
    await pass(clock, 5_000)
    expect(reader.status()).toMatchObject({ recorded: 4_000, failed: 4_000, pending: 0 })
    expect(receiver.requests.length).toBeLessThan(200)
  })

  test('does not keep what comes after a failure from being tried again', async () => {
    // The second half of a request that is being taken apart meets an outage.
    const { tracker, clock, receiver, reader } = reading((points, request) =>
      request === 3 ? 'fail' : points.some(isPoison) ? { code: 400 } : 'ok',
    )
    for (let step = 0; step < 100; step += 1) tracker.logScalars({ loss: step }, { step })
    for (let attempt = 0; attempt < 3; attempt += 1) await pass(clock, longest)
    expect(new Set(steps(receiver.taken)).size).toBe(98)
    expect(receiver.taken).toHaveLength(98)
    expect(reader.status()).toMatchObject({ exported: 98, failed: 2, pending: 0 })
  })
})

describe('what receivers would refuse', () => {
  test('is not sent, but counted, and does not move what comes after: older than the limit, or ten minutes ahead', async () => {
    const { tracker, clock, receiver, reader, warnings } = reading()
    const now = clock.wallMillis()
    const offsets = [-7_200_001, 600_001, 600_000, 1e15, -7_200_000, 0]
    for (const [step, offset] of offsets.entries())
      tracker.logScalars({ [`s${step}`]: 1, all: 1 }, { step, at: now + offset })
    await pass(clock, 0)
    await reader.forceFlush()
    expect(steps(receiver.taken.filter(({ scalar }) => scalar !== 'all'))).toEqual([2, 4, 5])
    // The one that was just not too far ahead leaves no room before the limit for those after it.
    expect(steps(receiver.taken.filter(({ scalar }) => scalar === 'all'))).toEqual([2])
    expect(reader.status()).toMatchObject({ recorded: 12, exported: 4, expired: 8 })
    expect(tracker.snapshot().faults).toEqual({ 'scalar.expired': 8 })
    expect(warnings).toEqual(['UNDERWAY_SCALAR_EXPIRED'])
  })

  test('goes to files all the same', async () => {
    const { tracker, clock, receiver, reader } = reading()
    const folder = mkdtempSync(join(tmpdir(), 'underway-scalars-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const path = join(folder, 'scalars.jsonl')
    const connected = connectBackends({ tracker, backends: [jsonLinesBackend({ path })] })
    tracker.logScalars({ loss: 1 }, { step: 1, at: clock.wallMillis() - 7_200_001 })
    tracker.logScalars({ loss: 2 }, { step: 2 })
    await pass(clock, 0)
    await Promise.all([reader.forceFlush(), connected.close()])
    expect(steps(receiver.taken)).toEqual([2])
    expect(readFileSync(path, 'utf8').match(/"step":\d/g)).toEqual(['"step":1', '"step":2'])
  })

  test('is given up while it waits, when it has become too old', async () => {
    let down = true
    const { tracker, clock, receiver, reader } = reading(() => (down ? 'fail' : 'ok'))
    tracker.logScalars({ loss: 1 }, { step: 1 })
    await pass(clock, 3_600_000)
    tracker.logScalars({ loss: 1 }, { step: 2 })
    await pass(clock, 3_600_001)
    down = false
    await pass(clock, longest)
    expect(steps(receiver.taken)).toEqual([2])
    expect(reader.status()).toMatchObject({ recorded: 2, exported: 1, pending: 0, failed: 0, expired: 1, dropped: 0 })
  })
})

describe('the buffer', () => {
  test('is bounded: what comes later is dropped, counted, and said once', async () => {
    let down = true
    const { tracker, clock, receiver, reader, warnings } = reading(() => (down ? 'fail' : 'ok'), { maxPoints: 10 })
    for (let step = 0; step < 15; step += 1) tracker.logScalars({ loss: 1 }, { step })
    await pass(clock, 5_000)
    down = false
    await pass(clock, longest)
    expect(steps(receiver.taken)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(reader.status()).toMatchObject({ recorded: 15, exported: 10, dropped: 5 })
    expect(warnings).toEqual(['UNDERWAY_SCALAR_DROPPED'])
    tracker.logScalars({ loss: 1 }, { step: 15 })
    await reader.forceFlush()
    expect(steps(receiver.taken).at(-1)).toBe(15)
  })
})

describe('the end of a reader', () => {
  test('sends what waits, once, and shuts the exporter down', async () => {
    const { tracker, clock, receiver, reader } = reading()
    tracker.logScalars({ loss: 1 }, { step: 1 })
    await reader.shutdown()
    await reader.shutdown()
    tracker.logScalars({ loss: 1 }, { step: 2 })
    await pass(clock, longest)
    expect([steps(receiver.taken), receiver.shutdowns, clock.timers]).toEqual([[1], 1, 0])
  })

  test('waits no longer than it is told for an exporter that does not answer', async () => {
    const { tracker, clock, reader } = reading(() => 'silence')
    tracker.logScalars({ loss: 1 }, { step: 1 })
    const flushed = reader.forceFlush({ timeoutMillis: 100 })
    await clock.advance(100)
    await flushed
    expect(reader.status()).toMatchObject({ pending: 1, failed: 0 })
    const ended = reader.shutdown({ timeoutMillis: 100 })
    await clock.advance(100)
    await ended
    expect(reader.status()).toMatchObject({ pending: 0, failed: 1 })
  })

  test('gives up, and counts, what does not leave', async () => {
    const { tracker, reader, receiver } = reading(() => 'fail')
    tracker.logScalars({ loss: 1 }, { step: 1 })
    await reader.shutdown()
    expect(receiver.requests).toHaveLength(1)
    expect(reader.status()).toMatchObject({ recorded: 1, failed: 1, pending: 0 })
  })

  test('is not disturbed by an exporter that rejects, and a flush without a provider fails quietly', async () => {
    const { tracker, warnings } = newTracker()
    const exporter = Object.assign(new ScalarReceiver(), { shutdown: () => Promise.reject(new Error('late')) })
    const reader = scalarReader({ tracker, exporter })
    tracker.logScalars({ loss: 1 })
    await reader.forceFlush()
    expect(reader.status()).toMatchObject({ pending: 1 })
    await reader.shutdown()
    expect(warnings).toEqual(['UNDERWAY_SIGNAL_FAILED'])
  })
})

describe('setting up', () => {
  test.each([
    [{}, /exporter/],
    [{ exporter: {} }, /exporter/],
    [{ exporter: new ScalarReceiver(), exportIntervalMillis: 0 }, /exportIntervalMillis/],
    [{ exporter: new ScalarReceiver(), maxPoints: Number.NaN }, /maxPoints/],
    [{ exporter: new ScalarReceiver(), tracker: {} }, /tracker/],
    [undefined, /options/],
  ])('is refused with what to do: %o', (options, message) => {
    expect(() => scalarReader(options as never)).toThrow(message)
  })
})
