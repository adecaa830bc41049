const firstCapacity = 16
const largestCapacity = 1_024
/** Time, step and value. */
const width = 3

class Chunk {
  readonly data: Float64Array
  from = 0
  to = 0

  constructor(capacity: number) {
    this.data = new Float64Array(capacity * width)
  }

  get full(): boolean {
    return this.to * width === this.data.length
  }
}

/** The points of one series that wait, oldest first: 24 bytes each, in chunks that leave with their points. */
export class PointQueue {
  readonly #chunks: Chunk[] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  /** When the oldest is from; milliseconds since the Unix epoch. */
  get oldest(): number {
    const first = this.#chunks[0]
    return first === undefined ? Number.POSITIVE_INFINITY : (first.data[first.from * width] ?? 0)
  }

  push(timeMillis: number, step: number, value: number): void {
    let last = this.#chunks.at(-1)
    if (last === undefined || last.full) {
      last = new Chunk(Math.min(Math.max(this.#size, firstCapacity), largestCapacity))
      this.#chunks.push(last)
    }
    const at = last.to * width
    last.data[at] = timeMillis
    last.data[at + 1] = step
    last.data[at + 2] = value
    last.to += 1
    this.#size += 1
  }

  /** The oldest `count`, which stay where they are. */
  each(count: number, visit: (timeMillis: number, step: number, value: number) => void): void {
    let left = count
    for (const { data, from, to } of this.#chunks) {
      for (let at = from; at < to; at += 1) {
        if (left === 0) return
        left -= 1
        visit(data[at * width] ?? 0, data[at * width + 1] ?? 0, data[at * width + 2] ?? 0)
      }
    }
  }

  /** Takes the oldest `count` out. */
  drop(count: number): void {
    let left = Math.min(count, this.#size)
    this.#size -= left
    while (left > 0) {
      const first = this.#chunks[0]
      if (first === undefined) return
      const taken = Math.min(left, first.to - first.from)
      first.from += taken
      left -= taken
      if (first.from === first.to) this.#chunks.shift()
    }
  }

  /** Takes out what is from before a time; @returns how many that were */
  dropBefore(timeMillis: number): number {
    let dropped = 0
    while (this.#size > 0 && this.oldest < timeMillis) {
      this.drop(1)
      dropped += 1
    }
    return dropped
  }
}
