import { type ActivityHandle, planActivity } from 'underway'
import type { Sample } from './model.js'
import { batchSize } from './options.js'

/** Samples that one training step learns from, and the step itself, planned as soon as they are complete. */
export interface Batch {
  readonly samples: readonly Sample[]
  readonly activity: ActivityHandle
}

/** Collects samples into batches by their index, not in the order they come: so every run learns in the same order. */
export class Batches {
  readonly #collecting = new Map<number, Sample[]>()
  readonly #complete = new Map<number, Batch>()
  #waiting: { readonly step: number; readonly resolve: (batch: Batch | undefined) => void } | undefined
  #closed = false

  /** Once closed, samples are no longer needed. */
  add(sample: Sample, training: ActivityHandle | undefined): void {
    if (this.#closed) return
    const step = Math.floor(sample.index / batchSize) + 1
    const samples = this.#collecting.get(step) ?? []
    this.#collecting.set(step, samples)
    samples.push(sample)
    if (samples.length < batchSize) return
    this.#collecting.delete(step)
    // Planned while the last rollout is still open: between the two there is no moment in which nothing is.
    const activity = planActivity({
      module: 'trainer',
      name: 'train step',
      plan: `learn batch ${step}`,
      parent: training,
    })
    this.#complete.set(step, { samples: samples.toSorted((a, b) => a.index - b.index), activity })
    if (this.#waiting?.step === step) this.#waiting.resolve(this.#take(step))
  }

  /** Waits until a batch is complete. @returns `undefined` once closed */
  async next(step: number): Promise<Batch | undefined> {
    if (this.#closed || this.#complete.has(step)) return this.#take(step)
    return new Promise((resolve) => {
      this.#waiting = { step, resolve }
    })
  }

  /** @returns what nobody will take any more */
  close(): Batch[] {
    const left = [...this.#complete.values()]
    this.#closed = true
    this.#complete.clear()
    this.#waiting?.resolve(undefined)
    return left
  }

  #take(step: number): Batch | undefined {
    const batch = this.#complete.get(step)
    this.#complete.delete(step)
    this.#waiting = undefined
    return batch
  }
}
