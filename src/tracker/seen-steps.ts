/** Steps of one page, a bit each. */
const pageSteps = 2_048
/** 4 MiB of bits. */
const maxPages = 16_384
const maxSeries = 10_000

/**
 * Which whole steps a scalar of a run was logged for. Bounded: the pages of steps that were begun first are forgotten
 * first, and so are repetitions in them.
 */
export class SeenSteps {
  readonly #runs = new Map<string, Map<string, Map<number, Uint32Array>>>()
  /** A ring, in the order in which they were begun. */
  readonly #pages: { readonly holder: Map<number, Uint32Array>; readonly page: number }[] = []
  #begun = 0
  #series = 0

  /** Notes it; `true` if it was there. */
  add(run: string, scalar: string, step: number): boolean {
    if (!Number.isSafeInteger(step)) return false
    const pages = this.#pagesOf(run, scalar)
    if (pages === undefined) return false
    const number = Math.floor(step / pageSteps)
    const page = pages.get(number) ?? this.#begin(pages, number)
    const bit = step - number * pageSteps
    const word = page[bit >>> 5] ?? 0
    const mask = 1 << (bit & 31)
    page[bit >>> 5] = word | mask
    return (word & mask) !== 0
  }

  #pagesOf(run: string, scalar: string): Map<number, Uint32Array> | undefined {
    const known = this.#runs.get(run)?.get(scalar)
    if (known !== undefined) return known
    if (this.#series >= maxSeries) return undefined
    this.#series += 1
    const ofRun = this.#runs.get(run) ?? new Map<string, Map<number, Uint32Array>>()
    this.#runs.set(run, ofRun)
    const made = new Map<number, Uint32Array>()
    ofRun.set(scalar, made)
    return made
  }

  #begin(holder: Map<number, Uint32Array>, page: number): Uint32Array {
    const bits = new Uint32Array(pageSteps / 32)
    holder.set(page, bits)
    const slot = this.#begun % maxPages
    const oldest = this.#pages[slot]
    oldest?.holder.delete(oldest.page)
    this.#pages[slot] = { holder, page }
    this.#begun += 1
    return bits
  }
}
