const keptPoints = 64

/** The course of one number: its ends, its extremes, and enough points in between to draw it. */
export class Series {
  readonly name: string
  readonly module: string
  count = 0
  first = Number.NaN
  last = Number.NaN
  lowest = Number.POSITIVE_INFINITY
  highest = Number.NEGATIVE_INFINITY
  #points: number[] = []
  #stride = 1

  constructor(name: string, module: string) {
    this.name = name
    this.module = module
  }

  add(value: number): void {
    if (this.count === 0) this.first = value
    if (this.count % this.#stride === 0) this.#points.push(value)
    if (this.#points.length > keptPoints) {
      this.#points = this.#points.filter((_, index) => index % 2 === 0)
      this.#stride *= 2
    }
    this.count += 1
    this.last = value
    this.lowest = Math.min(this.lowest, value)
    this.highest = Math.max(this.highest, value)
  }

  /** At most so many points over the whole course, oldest first. */
  points(length: number): number[] {
    const points = this.#points
    if (points.length <= length) return [...points]
    return Array.from({ length }, (_, index) => points[Math.round((index * (points.length - 1)) / (length - 1))] ?? 0)
  }
}
