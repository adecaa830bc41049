/** Keeps the last `capacity` values, numbered from 1 in the order they came; the oldest leaves first. */
export class Ring<T> {
  readonly capacity: number
  readonly #slots: (T | undefined)[] = []
  #pushed = 0

  constructor(capacity: number) {
    this.capacity = capacity
  }

  get size(): number {
    return Math.min(this.#pushed, this.capacity)
  }

  /** How many values have left because newer ones came. */
  get dropped(): number {
    return this.#pushed - this.size
  }

  push(value: T): void {
    this.#slots[this.#pushed % this.capacity] = value
    this.#pushed += 1
  }

  /** As far back as somebody reads. */
  *newestFirst(): Generator<T, void, undefined> {
    for (let number = this.#pushed - 1; number >= this.#pushed - this.size; number -= 1) {
      yield this.#slots[number % this.capacity] as T
    }
  }

  /** Oldest first. */
  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (let number = this.#pushed - this.size; number < this.#pushed; number += 1) {
      yield this.#slots[number % this.capacity] as T
    }
  }
}
