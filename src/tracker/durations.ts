import type { EndedState } from '../activity/states.js'
import type { Clock } from '../base/clock.js'
import type { Faults } from '../base/faults.js'
import type { Row } from './counters.js'

/** How long work took, where `state` says how it ended; without `state`, how long planned work waited until it started. */
export interface DurationSample {
  readonly row: Row
  readonly state: EndedState | undefined
  readonly millis: number
}

export type DurationListener = (samples: readonly DurationSample[]) => void

const maxWaiting = 65_536
/** Samples for one turn of the event loop: a few milliseconds of an SDK's time. */
const slice = 2_048

/**
 * How long things took, for histograms: noted inside the call and handed on after it. Nothing is ever dropped: a sample
 * beyond the bound is handed on inside the call.
 */
export class Durations {
  readonly #clock: Clock
  readonly #faults: Faults
  readonly #listeners = new Set<DurationListener>()
  #samples: DurationSample[] = []
  #next = 0
  #scheduled = false
  #handedOnInside = 0

  constructor(clock: Clock, faults: Faults) {
    this.#clock = clock
    this.#faults = faults
  }

  get observed(): boolean {
    return this.#listeners.size > 0
  }

  get waiting(): number {
    return this.#samples.length - this.#next
  }

  /** How many samples found the bound reached and were handed on inside the call. */
  get handedOnInside(): number {
    return this.#handedOnInside
  }

  /** @returns ends it; what waits is handed on first */
  listen(listener: DurationListener): () => void {
    this.#listeners.add(listener)
    return () => {
      this.flush()
      this.#listeners.delete(listener)
    }
  }

  add(row: Row, state: EndedState | undefined, millis: number): void {
    const sample = { row, state, millis }
    if (this.#samples.length >= maxWaiting) {
      this.#handedOnInside += 1
      this.#handOn([sample])
      return
    }
    if (!this.#scheduled) this.#schedule()
    this.#samples.push(sample)
  }

  #schedule(): void {
    this.#clock.defer(() => {
      this.#scheduled = false
      this.#deliver(slice)
      if (this.waiting > 0) this.#schedule()
    })
    // Last, as with an exhausted stack there is nothing to wait for.
    this.#scheduled = true
  }

  /** Hands on everything that waits, now. */
  flush(): void {
    this.#deliver(maxWaiting)
  }

  #deliver(most: number): void {
    const batch = this.#samples.slice(this.#next, this.#next + most)
    this.#next += batch.length
    if (this.#next >= this.#samples.length) {
      this.#samples = []
      this.#next = 0
    }
    if (batch.length > 0) this.#handOn(batch)
  }

  #handOn(batch: readonly DurationSample[]): void {
    for (const listener of this.#listeners) {
      try {
        listener(batch)
      } catch (error) {
        this.#faults.count('signal.failed', 'durations', error)
      }
    }
  }
}
