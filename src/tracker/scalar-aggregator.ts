/// <reference lib="esnext.disposable" preserve="true" />
import { bounds } from '../activity/bounds.js'
import { define } from '../activity/values.js'
import type { Clock, Timer } from '../base/clock.js'
import type { Faults } from '../base/faults.js'
import type { ScalarEntry } from './scalars.js'

/** Adds up numbers of a high rate, so that each step leaves as few points as it has names. No method throws. */
export interface ScalarAggregator<Values> extends Disposable {
  /** @param options `step`: the tracker's current step by default */
  add(values: Values, options?: { readonly step?: number | undefined }): void
  /** Logs what was added so far. Also done by `tracker.flushNow()`. */
  flush(): void
}

export interface AggregatorLimits {
  readonly maxSteps: number
  readonly quietMillis: number
}

/** What the aggregator needs of its tracker. */
export interface AggregatorHost {
  readonly clock: Clock
  readonly faults: Faults
  /** Those who are asked before all is flushed. */
  readonly holders: Set<() => void>
  publish(entry: ScalarEntry): void
}

interface Sums {
  sum: number
  min: number
  max: number
  count: number
}

interface OpenStep {
  readonly run: string
  readonly step: number
  readonly sums: Map<string, Sums>
  at: number
  heardOf: number
}

/** The sums of steps that are open: those of one step leave together once nothing was added to it for a while. */
export class StepSums {
  readonly #host: AggregatorHost
  readonly #limits: AggregatorLimits
  readonly #backend: string | undefined
  /** The one that was added to last is the last one. */
  readonly #open = new Map<string, OpenStep>()
  readonly #holder = (): void => this.flush()
  #timer: Timer | undefined

  constructor(host: AggregatorHost, limits: AggregatorLimits, backend: string | undefined) {
    this.#host = host
    this.#limits = limits
    this.#backend = backend
  }

  add(run: string, step: number, values: Readonly<Record<string, number>>): void {
    const { clock } = this.#host
    const key = `${step} ${run}`
    const open = this.#open.get(key) ?? { run, step, sums: new Map(), at: 0, heardOf: 0 }
    open.at = clock.wallMillis()
    open.heardOf = clock.monotonicMillis()
    for (const name of Object.keys(values)) this.#sum(open, name, values[name] ?? 0)
    this.#open.delete(key)
    this.#open.set(key, open)
    this.#host.holders.add(this.#holder)
    for (const oldest of this.#open.values()) {
      if (this.#open.size <= this.#limits.maxSteps) break
      this.#log(oldest)
    }
    this.#timer ??= clock.backgroundTimer(() => this.#logQuiet(), this.#limits.quietMillis)
  }

  #sum({ sums }: OpenStep, name: string, value: number): void {
    const known = sums.get(name)
    if (known === undefined) {
      if (sums.size < bounds.scalars) sums.set(name, { sum: value, min: value, max: value, count: 1 })
      else this.#host.faults.count('scalar.overflow', name)
      return
    }
    known.sum += value
    known.min = Math.min(known.min, value)
    known.max = Math.max(known.max, value)
    known.count += 1
  }

  flush(): void {
    for (const open of [...this.#open.values()]) this.#log(open)
  }

  #logQuiet(): void {
    this.#timer = undefined
    const { clock } = this.#host
    const before = clock.monotonicMillis() - this.#limits.quietMillis
    for (const open of [...this.#open.values()]) if (open.heardOf <= before) this.#log(open)
    if (this.#open.size > 0) this.#timer = clock.backgroundTimer(() => this.#logQuiet(), this.#limits.quietMillis)
  }

  #log(open: OpenStep): void {
    const { run, step, sums, at } = open
    this.#open.delete(`${step} ${run}`)
    if (this.#open.size === 0) {
      this.#host.holders.delete(this.#holder)
      this.#timer?.cancel()
      this.#timer = undefined
    }
    const values: Record<string, number> = {}
    for (const [name, { sum, min, max, count }] of sums) {
      define(values, `${name}/mean`, sum / count)
      define(values, `${name}/min`, min)
      define(values, `${name}/max`, max)
      define(values, `${name}/count`, count)
    }
    const entry = { run, step, at, values }
    this.#host.publish(this.#backend === undefined ? entry : { ...entry, backend: this.#backend })
  }
}
