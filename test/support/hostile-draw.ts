import fc from 'fast-check'
import { hostileMakers } from './hostile-values.js'

/** Those of which each takes about a millisecond to make or to look through; drawn less often. */
const heavy = new Set([
  'ten megabytes',
  'control characters',
  'a deep object',
  'a wide array',
  'an array of nulls',
  'an array of empty arrays',
  'a wide object',
  'a long key',
])
const heavyMakers = hostileMakers.filter(([name]) => heavy.has(name))
const lightMakers: typeof hostileMakers = [
  ...hostileMakers.filter(([name]) => !heavy.has(name)),
  ['a promise that never settles', () => new Promise(() => undefined)],
  ['a promise that rejects', rejected],
]

/** Handled here: what follows from it unhandled is then somebody else's doing. */
function rejected(): Promise<never> {
  const promise = Promise.reject(new Error('promise'))
  promise.catch(() => undefined)
  return promise
}

export const drawSeed: number = fc.readConfigureGlobal().seed ?? Math.floor(Math.random() * 2 ** 31)

/** Draws hostile values, the same ones for the same seed, and remembers the names of the latest. */
export class Draw {
  #state: number
  #names: string[] = []

  constructor(seed: number) {
    this.#state = (seed * 2_654_435_761) | 1
  }

  next(): number {
    this.#state ^= this.#state << 13
    this.#state ^= this.#state >>> 17
    this.#state ^= this.#state << 5
    return (this.#state >>> 0) / 2 ** 32
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.next() * list.length)] as T
  }

  value(): unknown {
    const [name, make] = this.pick(this.next() < 0.02 ? heavyMakers : lightMakers)
    this.#names.push(name)
    return make()
  }

  /** Mostly options, good and hostile side by side or with getters that throw; sometimes what is none at all. */
  options(good: object, keys: readonly string[]): unknown {
    const kind = this.next()
    if (kind < 0.2) return this.value()
    const made: Record<string, unknown> = { ...good }
    for (let count = Math.floor(this.next() * 4); count > 0; count -= 1) {
      const key = this.pick(keys)
      this.#names.push(`${key}:`)
      if (kind < 0.3) Object.defineProperty(made, key, { get: thrower, enumerable: true, configurable: true })
      else made[key] = this.value()
    }
    return made
  }

  /** Good most of the time. */
  either<T>(good: T): T {
    return this.next() < 0.5 ? good : (this.value() as T)
  }

  /** What was drawn since the last time. */
  names(): string {
    return this.#names.splice(0).join(' ')
  }
}

function thrower(): never {
  throw new Error('a getter')
}
