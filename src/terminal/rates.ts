const bucketMillis = 500
const keptBuckets = 40
/** The window of a rate: long enough to be calm, short enough to follow a change. */
const windowBuckets = 20

/** How often something happened lately, in buckets of half a second. */
export class RecentRate {
  readonly #counts = new Float64Array(keptBuckets)
  #newest = Number.NEGATIVE_INFINITY
  #since: number | undefined = undefined

  /** From when on nothing happening counts as zero. @param time milliseconds since the Unix epoch */
  begin(time: number): void {
    this.#since ??= time
  }

  add(time: number, weight = 1): void {
    this.begin(time)
    const bucket = this.#advance(time)
    const at = bucket % keptBuckets
    this.#counts[at] = (this.#counts[at] ?? 0) + weight
  }

  /** A clock that went back adds to the newest bucket. */
  #advance(time: number): number {
    const bucket = Math.floor(time / bucketMillis)
    if (bucket > this.#newest) {
      const gap = Math.min(bucket - this.#newest, keptBuckets)
      for (let step = 0; step < gap; step += 1) this.#counts[(bucket - step) % keptBuckets] = 0
      this.#newest = bucket
    }
    return this.#newest
  }

  perSecond(now: number): number {
    if (this.#since === undefined) return 0
    const newest = this.#advance(now)
    let sum = 0
    for (let back = 0; back <= windowBuckets; back += 1) sum += this.#at(newest - back)
    const observed = Math.min(now - this.#since, windowBuckets * bucketMillis + (now % bucketMillis))
    return (sum / Math.max(observed, 1_000)) * 1_000
  }

  /** The last complete buckets, oldest first. */
  history(now: number, length: number): number[] {
    const newest = this.#advance(now)
    const oldest = Math.min(length, keptBuckets - 1)
    return Array.from({ length: oldest }, (_, index) => this.#at(newest - oldest + index))
  }

  #at(bucket: number): number {
    return bucket < 0 ? 0 : (this.#counts[bucket % keptBuckets] ?? 0)
  }
}

/** How fast a piece of work gets on and when it will have arrived. */
export class Pace {
  readonly #rate = new RecentRate()
  #done: number | undefined = undefined

  note(time: number, done: number): void {
    const before = this.#done
    this.#done = done
    if (before === undefined || done < before) this.#rate.begin(time)
    else if (done > before) this.#rate.add(time, done - before)
  }

  perSecond(now: number): number {
    return this.#rate.perSecond(now)
  }

  /** `undefined` while nothing can be said. */
  remainingMillis(now: number, total: number): number | undefined {
    const rate = this.#rate.perSecond(now)
    return this.#done === undefined || rate <= 0 ? undefined : (Math.max(total - this.#done, 0) / rate) * 1_000
  }
}
