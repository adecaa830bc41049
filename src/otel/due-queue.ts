import type { Clock, Timer } from '../base/clock.js'

/** A timer that has fired waits at least this part of the delay, so that what comes due shortly after comes together. */
const gapShare = 1 / 20

/** Things that come due after one and the same delay, in the order in which they came, with one background timer. */
export class DueQueue<T> {
  readonly #clock: Clock
  readonly #delayMillis: number
  readonly #onDue: (due: readonly T[]) => void
  readonly #dueAt = new Map<T, number>()
  #timer: Timer | undefined = undefined

  constructor(clock: Clock, delayMillis: number, onDue: (due: readonly T[]) => void) {
    this.#clock = clock
    this.#delayMillis = delayMillis
    this.#onDue = onDue
  }

  has(entry: T): boolean {
    return this.#dueAt.has(entry)
  }

  /** Puts it at the end, wherever it was. @param waitedMillis how much of the delay has passed already */
  add(entry: T, waitedMillis = 0): void {
    this.#dueAt.delete(entry)
    this.#dueAt.set(entry, this.#clock.monotonicMillis() + this.#delayMillis - waitedMillis)
    this.#schedule(0)
  }

  delete(entry: T): void {
    this.#dueAt.delete(entry)
  }

  /** Everything in it, due or not. */
  takeAll(): T[] {
    const all = [...this.#dueAt.keys()]
    this.#dueAt.clear()
    return all
  }

  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#dueAt.clear()
  }

  #schedule(leastMillis: number): void {
    const [head] = this.#dueAt.values()
    if (this.#timer !== undefined || head === undefined) return
    const delayMillis = Math.max(head - this.#clock.monotonicMillis(), leastMillis)
    this.#timer = this.#clock.backgroundTimer(() => this.#fire(), delayMillis)
  }

  #fire(): void {
    this.#timer = undefined
    const now = this.#clock.monotonicMillis()
    const due: T[] = []
    for (const [entry, dueAt] of this.#dueAt) {
      if (dueAt > now) break
      this.#dueAt.delete(entry)
      due.push(entry)
    }
    if (due.length > 0) this.#onDue(due)
    this.#schedule(this.#delayMillis * gapShare)
  }
}
