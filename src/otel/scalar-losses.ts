import type { Lifecycle } from '../tracker/lifecycle.js'

const signal = 'scalars'

/** Those who send scalars of one tracker. */
const known = new WeakMap<Lifecycle, Set<() => number>>()

/** Adds what one of them has lost to the own health of the tracker. @returns what ends that */
export function countLosses(lifecycle: Lifecycle, lost: () => number): () => void {
  const sources = known.get(lifecycle) ?? new Set()
  known.set(lifecycle, sources)
  sources.add(lost)
  lifecycle.lostExports.set(signal, () => [...sources].reduce((sum, one) => sum + one(), 0))
  return () => {
    sources.delete(lost)
    if (sources.size === 0) lifecycle.lostExports.delete(signal)
  }
}
