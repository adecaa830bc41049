/** What became of all that one backend was given: `accepted = delivered + failed + pending`. */
export interface DeliveryCounts {
  readonly accepted: number
  readonly delivered: number
  /** Refused, or given up after the last attempt. */
  readonly failed: number
  /** Not accepted, because the queue was full or closed. */
  readonly dropped: number
  /** Waiting, or on their way. */
  readonly pending: number
}

/** What waits for a backend, and what became of the rest. */
export class Lane<T> {
  readonly #waiting: T[] = []
  #underway: readonly T[] = []
  #accepted = 0
  #delivered = 0
  #failed = 0
  #dropped = 0

  /** @returns whether there was room */
  add(item: T, bound: number): boolean {
    if (this.pending >= bound) {
      this.#dropped += 1
      return false
    }
    this.#accepted += 1
    this.#waiting.push(item)
    return true
  }

  get waiting(): number {
    return this.#waiting.length
  }

  get accepted(): number {
    return this.#accepted
  }

  get settled(): number {
    return this.#delivered + this.#failed
  }

  get pending(): number {
    return this.#accepted - this.settled
  }

  counts(): DeliveryCounts {
    return {
      accepted: this.#accepted,
      delivered: this.#delivered,
      failed: this.#failed,
      dropped: this.#dropped,
      pending: this.pending,
    }
  }

  take(count: number): readonly T[] {
    this.#underway = Object.freeze(this.#waiting.splice(0, count))
    return this.#underway
  }

  /** What was taken has arrived, or not. */
  settle(delivered: boolean): void {
    this.count(this.#underway.length, delivered)
    this.#underway = []
  }

  /** Takes out all that has not settled, also what is on its way; {@link count} says what became of it. */
  takeAll(): readonly T[] {
    const all = [...this.#underway, ...this.#waiting]
    this.#waiting.length = 0
    this.#underway = []
    return all
  }

  count(count: number, delivered: boolean): void {
    if (delivered) this.#delivered += count
    else this.#failed += count
  }
}
