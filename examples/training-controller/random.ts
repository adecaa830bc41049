/** A generator of numbers that depend on nothing but the keys it was made with. */
export interface Random {
  /** At least 0, below 1. */
  next(): number
  /** From the standard normal distribution. */
  normal(): number
  /** A whole number at least 0, below `limit`. */
  integer(limit: number): number
}

/**
 * Every piece of work draws from a generator of its own, made from the seed and what the work is about. So the numbers
 * are the same in every run, in whatever order concurrent work happens to be done.
 */
export function createRandom(...keys: readonly (number | string)[]): Random {
  let state = hash(keys.join('/'))
  const next = (): number => {
    // mulberry32
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    next,
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    integer: (limit) => Math.floor(next() * limit),
  }
}

/** FNV-1a */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193)
  return value
}
