/** Four buckets for each doubling, up to 2^31 ms: a learned budget is at most a quarter above the gap it stands for. */
const bucketsPerDoubling = 4
const bucketCount = 32 * bucketsPerDoubling
const leastGaps = 20
const maxNames = 1_000

/** Where a gap is counted: its power of two, and the two bits below. */
function bucketOf(millis: number): number {
  const whole = Math.min(Math.max(millis, 1), 2 ** 31 - 1) | 0
  const power = 31 - Math.clz32(whole)
  const fraction = power < 2 ? (whole << (2 - power)) & 3 : (whole >> (power - 2)) & 3
  return power * bucketsPerDoubling + fraction
}

/** The gap at which the next bucket begins. */
function upperBound(bucket: number): number {
  const power = Math.floor(bucket / bucketsPerDoubling)
  return 2 ** power * (1 + ((bucket % bucketsPerDoubling) + 1) / bucketsPerDoubling)
}

interface Gaps {
  readonly counts: Uint32Array
  total: number
}

/** How long activities of a name go without being heard of, in a fixed number of counters for each name. */
export class GapStatistics {
  readonly #floorMillis: number
  readonly #names = new Map<string, Gaps>()

  constructor(floorMillis: number) {
    this.#floorMillis = floorMillis
  }

  add(name: string, millis: number): void {
    let gaps = this.#names.get(name)
    if (gaps === undefined) {
      // Names beyond the bound have no learned budget; those are names that somebody makes per call.
      if (this.#names.size >= maxNames) return
      gaps = { counts: new Uint32Array(bucketCount), total: 0 }
      this.#names.set(name, gaps)
    }
    const bucket = bucketOf(millis)
    gaps.counts[bucket] = (gaps.counts[bucket] ?? 0) + 1
    gaps.total += 1
  }

  /** What 99 of 100 gaps stayed below, but no less than the floor; `undefined` until enough were seen. */
  budgetMillis(name: string): number | undefined {
    const gaps = this.#names.get(name)
    if (gaps === undefined || gaps.total < leastGaps) return undefined
    let above = Math.floor(gaps.total / 100)
    for (let bucket = bucketCount - 1; bucket >= 0; bucket -= 1) {
      const count = gaps.counts[bucket] ?? 0
      if (count > above) return Math.max(upperBound(bucket), this.#floorMillis)
      above -= count
    }
    return this.#floorMillis
  }
}
