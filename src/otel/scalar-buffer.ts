import type * as otel from '@opentelemetry/api'
import { labelNames, overflowName } from '../activity/semantic-conventions.js'
import type { Faults } from '../base/faults.js'
import type { Gap } from '../tracker/change.js'
import { otlpBackend, type ScalarEntry } from '../tracker/scalars.js'
import { PointQueue } from './point-queue.js'

/** What became of every number that was logged: the others add up to `recorded`. */
export interface ScalarStatus {
  readonly recorded: number
  readonly exported: number
  /** Waiting, or on their way. */
  readonly pending: number
  /** Refused by the receiver, or given up at the end. */
  readonly failed: number
  /** Older, or further ahead, than receivers take. */
  readonly expired: number
  /** More waited than the bound allows. */
  readonly dropped: number
}

export interface ScalarLimits {
  /** Of points that wait. */
  readonly maxPoints: number
  readonly maxSeries: number
  readonly maxAgeMillis: number
}

/** Ahead of the clock receivers take ten minutes. */
const maxAheadMillis = 600_000

/** One run and one scalar. */
export class ScalarSeries {
  readonly labels: otel.Attributes
  readonly points = new PointQueue()
  /** The timestamp of its latest point. */
  last: number = Number.NEGATIVE_INFINITY
  /** Whether it is among those that have points. */
  queued = false

  constructor(scalar: string, run: string) {
    this.labels = Object.freeze({ [labelNames.scalar]: scalar, [labelNames.run]: run })
  }
}

/** The oldest points of some series. They stay in the buffer until it is told what became of them. */
export interface ScalarBatch {
  readonly slices: readonly { readonly series: ScalarSeries; readonly count: number }[]
  readonly size: number
  /** Of the buffer: what it gave up in the meantime cannot be settled any more. */
  readonly generation: number
}

/** Points that wait to leave over OpenTelemetry, each with the timestamp that it keeps. */
export class ScalarBuffer {
  readonly #limits: ScalarLimits
  readonly #faults: Faults
  readonly #now: () => number
  readonly #runs = new Map<string, Map<string, ScalarSeries>>()
  #seriesCount = 0
  #other: ScalarSeries | undefined
  /** Those that have points; who was served goes to the end. */
  #queue: ScalarSeries[] = []
  #generation = 0
  #exported = 0
  #pending = 0
  #failed = 0
  #expired = 0
  #dropped = 0

  constructor(limits: ScalarLimits, faults: Faults, now: () => number) {
    this.#limits = limits
    this.#faults = faults
    this.#now = now
  }

  get pending(): number {
    return this.#pending
  }

  /** What did not arrive and never will. Never goes down. */
  get lost(): number {
    return this.#failed + this.#expired + this.#dropped
  }

  record(items: readonly (ScalarEntry | Gap)[]): void {
    const now = this.#now()
    for (const item of items) {
      if (!('values' in item)) this.#drop(item.to - item.from + 1)
      else if (item.backend === undefined || item.backend === otlpBackend) this.#entry(item, now)
    }
  }

  #entry({ run, step, at, values }: ScalarEntry, now: number): void {
    let ofRun = this.#runs.get(run)
    if (ofRun === undefined) {
      ofRun = new Map()
      if (this.#seriesCount < this.#limits.maxSeries) this.#runs.set(run, ofRun)
    }
    for (const name in values) {
      if (Object.hasOwn(values, name)) this.#point(this.#seriesOf(ofRun, name, run), step, at, values[name] ?? 0, now)
    }
  }

  #seriesOf(ofRun: Map<string, ScalarSeries>, name: string, run: string): ScalarSeries {
    const known = ofRun.get(name)
    if (known !== undefined) return known
    if (this.#seriesCount >= this.#limits.maxSeries) {
      this.#other ??= new ScalarSeries(overflowName, overflowName)
      return this.#other
    }
    const made = new ScalarSeries(name, run)
    ofRun.set(name, made)
    this.#seriesCount += 1
    return made
  }

  #point(series: ScalarSeries, step: number, at: number, value: number, now: number): void {
    // Of two points of a series with one timestamp a receiver keeps one, or refuses both with all that came along.
    const time = Math.max(Math.floor(at), series.last + 1)
    if (at < now - this.#limits.maxAgeMillis || time > now + maxAheadMillis) this.#expire(1, series)
    else if (this.#pending >= this.#limits.maxPoints) this.#drop(1)
    else {
      series.last = time
      series.points.push(time, step, value)
      this.#pending += 1
      if (series.queued) return
      series.queued = true
      this.#queue.push(series)
    }
  }

  #expire(count: number, series: ScalarSeries): void {
    this.#expired += count
    this.#faults.count('scalar.expired', String(series.labels[labelNames.scalar]))
  }

  #drop(count: number): void {
    this.#dropped += count
    this.#faults.count('scalar.dropped')
  }

  /** At most `size` points to send next, or `undefined` if none wait. One batch at a time. */
  take(size: number): ScalarBatch | undefined {
    const tooOld = this.#now() - this.#limits.maxAgeMillis
    const slices: { series: ScalarSeries; count: number }[] = []
    const served: ScalarSeries[] = []
    const unserved: ScalarSeries[] = []
    let left = size
    for (const series of this.#queue) {
      if (left === 0) {
        unserved.push(series)
        continue
      }
      const expired = series.points.dropBefore(tooOld)
      this.#pending -= expired
      if (expired > 0) this.#expire(expired, series)
      const count = Math.min(series.points.size, left)
      left -= count
      series.queued = count > 0
      if (count === 0) continue
      slices.push({ series, count })
      served.push(series)
    }
    this.#queue = [...unserved, ...served]
    return slices.length === 0 ? undefined : { slices, size: size - left, generation: this.#generation }
  }

  /** What became of a batch, or of one of its halves in their order. */
  settle(batch: ScalarBatch, exported: boolean): void {
    if (batch.generation !== this.#generation) return
    this.takeOut(batch)
    this.account(batch.size, exported)
  }

  /** From here on somebody else delivers it, and tells {@link account} what became of it. */
  takeOut({ slices }: ScalarBatch): void {
    for (const { series, count } of slices) series.points.drop(count)
  }

  account(size: number, exported: boolean): void {
    this.#pending -= size
    if (exported) this.#exported += size
    else this.#failed += size
  }

  /** What is on its way is not waited for any more: it waits again. */
  recall(): void {
    this.#generation += 1
  }

  /** Gives up all that waits or is on its way. */
  abandon(): void {
    this.recall()
    for (const series of this.#queue) {
      series.points.drop(series.points.size)
      series.queued = false
    }
    this.#queue = []
    this.account(this.#pending, false)
  }

  status(): ScalarStatus {
    const [exported, pending, failed, expired, dropped] = [
      this.#exported,
      this.#pending,
      this.#failed,
      this.#expired,
      this.#dropped,
    ]
    return { recorded: exported + pending + failed + expired + dropped, exported, pending, failed, expired, dropped }
  }
}

/** The first and the second half of a batch. */
export function halvesOf({ slices, size, generation }: ScalarBatch): readonly [ScalarBatch, ScalarBatch] {
  const middle = Math.floor(size / 2)
  const first: { series: ScalarSeries; count: number }[] = []
  const second: { series: ScalarSeries; count: number }[] = []
  let left = middle
  for (const { series, count } of slices) {
    const inFirst = Math.min(count, left)
    left -= inFirst
    if (inFirst > 0) first.push({ series, count: inFirst })
    if (count > inFirst) second.push({ series, count: count - inFirst })
  }
  return [
    { slices: first, size: middle, generation },
    { slices: second, size: size - middle, generation },
  ]
}
