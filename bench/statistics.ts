export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** @throws RangeError for an empty list */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle]
  const lower = sorted[sorted.length % 2 === 1 ? middle : middle - 1]
  if (upper === undefined || lower === undefined) throw new RangeError('there are no values')
  return { median: (lower + upper) / 2, min: sorted[0] ?? upper, max: sorted.at(-1) ?? upper }
}

/** A copy in random order (Fisher and Yates). */
export function shuffled<T>(items: readonly T[], random: () => number = Math.random): T[] {
  const copy = [...items]
  for (let last = copy.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1))
    ;[copy[last], copy[other]] = [copy[other] as T, copy[last] as T]
  }
  return copy
}

/** The values of one round, by the variant's name. */
export type Round = ReadonlyMap<string, number>

export function valuesOf(rounds: readonly Round[], name: string): number[] {
  return rounds.flatMap((round) => round.get(name) ?? [])
}

/** What a variant took of what stock took, round by round: what slows a whole round down slows both. */
export function ratiosOf(rounds: readonly Round[], name: string, stock: string): number[] {
  return rounds.flatMap((round) => {
    const value = round.get(name)
    const base = round.get(stock)
    return value === undefined || base === undefined ? [] : [value / base]
  })
}
