import type { Lifecycle } from '../tracker/lifecycle.js'

const signal = 'scalars'

/** All who send scalars of one tracker; the metric is a sum, and never goes down. */
class Losses {
  readonly #sources = new Set<() => number>()
  #before = 0

  add(lost: () => number): () => void {
    this.#sources.add(lost)
    return () => {
      if (this.#sources.delete(lost)) this.#before += lost()
    }
  }

  get sum(): number {
    return [...this.#sources].reduce((sum, lost) => sum + lost(), this.#before)
  }
}

const known = new WeakMap<Lifecycle, Losses>()

/** Adds what one of them has lost to the own health of the tracker. @returns what ends that */
export function countLosses(lifecycle: Lifecycle, lost: () => number): () => void {
  let losses = known.get(lifecycle)
  if (losses === undefined) {
    const made = new Losses()
    known.set(lifecycle, made)
    lifecycle.lostExports.set(signal, () => made.sum)
    losses = made
  }
  return losses.add(lost)
}
