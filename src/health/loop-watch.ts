import type { LoopState } from './watchdog-protocol.js'

/** Beats that come this much later than they should, on average, make a loop saturated. */
const saturatedFactor = 4
/** So does having had something to do for this share of the time. */
const saturatedBusy = 0.95
const windowBeats = 20

/** Tells from a counter that the watched loop raises whether the loop turns. Pure: fed with times and counts. */
export class LoopWatch {
  readonly #beatMillis: number
  readonly #blockedAfterMillis: number
  #beats: number
  #changedAt: number
  /** When recent beats were seen. */
  readonly #seen: { readonly time: number; readonly beats: number; readonly busy: number }[] = []

  constructor(beatMillis: number, blockedAfterMillis: number, now: number) {
    this.#beatMillis = beatMillis
    this.#blockedAfterMillis = blockedAfterMillis
    this.#beats = 0
    this.#changedAt = now
  }

  /**
   * Notes how many beats there were by now.
   *
   * @param busy the share of the time between the latest two beats in which the loop had something to do
   */
  look(now: number, beats: number, busy: number): void {
    if (beats !== this.#beats) {
      // What it did not do while it was wedged says nothing about how it turns now.
      if (this.blockedMillis(now) >= this.#blockedAfterMillis) this.#seen.length = 0
      this.#beats = beats
      this.#changedAt = now
    }
    this.#seen.push({ time: now, beats, busy })
    if (this.#seen.length > windowBeats) this.#seen.shift()
  }

  /** How long the loop has not turned, as far as a beat can tell. */
  blockedMillis(now: number): number {
    return Math.max(now - this.#changedAt - this.#beatMillis, 0)
  }

  state(now: number): LoopState {
    if (this.blockedMillis(now) >= this.#blockedAfterMillis) return 'wedged'
    const [oldest] = this.#seen
    if (oldest === undefined || this.#seen.length < windowBeats) return 'ok'
    const expected = (now - oldest.time) / this.#beatMillis
    if (this.#beats - oldest.beats < expected / saturatedFactor) return 'saturated'
    const busy = this.#seen.reduce((sum, seen) => sum + seen.busy, 0) / this.#seen.length
    return busy >= saturatedBusy ? 'saturated' : 'ok'
  }
}
