/** What a run gave, and how long the core took before and after it for work that is always the same. */
export interface Measured {
  readonly value: number
  readonly paceMillis: number
}

const numbers = new Int32Array(1_024).map((_, index) => index * 7)

/** Eight sums at once: as many instructions at a time as a core can do, so that it shows when somebody has half of it. */
function mix(passes: number): number {
  let [a, b, c, d, e, f, g, h] = [0, 0, 0, 0, 0, 0, 0, 0]
  for (let pass = 0; pass < passes; pass += 1)
    for (let at = 0; at < numbers.length; at += 8) {
      a = (a + (numbers[at] as number)) | 0
      b ^= numbers[at + 1] as number
      c = (c + (numbers[at + 2] as number)) | 0
      d ^= numbers[at + 3] as number
      e = (e + (numbers[at + 4] as number)) | 0
      f ^= numbers[at + 5] as number
      g = (g + (numbers[at + 6] as number)) | 0
      h ^= numbers[at + 7] as number
    }
  return a ^ b ^ c ^ d ^ e ^ f ^ g ^ h
}

/** CPU time of a piece of work that needs nothing but the core, in milliseconds. */
function corePace(): number {
  mix(20_000)
  const before = process.cpuUsage()
  mix(100_000)
  return process.cpuUsage(before).user / 1_000
}

/** The slower of the paces before and after something was measured. */
export async function paced(measure: () => Promise<number>): Promise<Measured> {
  const before = corePace()
  const value = await measure()
  return { value, paceMillis: Math.max(before, corePace()) }
}

/** How much slower than its best the core may be. What two programs on one core take from each other is far more. */
const tolerance = 1.3
const tries = 6

/** Runs again what was measured while somebody else, on this machine or its host, was using the core. */
export class Undisturbed {
  readonly #paces: number[] = []
  #best: number

  /** @param best the best pace known, in milliseconds */
  constructor(best: number = Math.min(...Array.from({ length: 20 }, corePace))) {
    this.#best = best
  }

  async value(run: () => Promise<Measured>): Promise<number> {
    for (let left = tries; ; left -= 1) {
      const { value, paceMillis } = await run()
      this.#best = Math.min(this.#best, paceMillis)
      if (paceMillis > tolerance * this.#best && left > 1) continue
      this.#paces.push(paceMillis)
      return value
    }
  }

  /** How many of the values were disturbed none the less, by what is known now. */
  get disturbed(): number {
    return this.#paces.filter((pace) => pace > tolerance * this.#best).length
  }

  get count(): number {
    return this.#paces.length
  }
}
