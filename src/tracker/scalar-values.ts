import { bounds } from '../activity/bounds.js'
import { define, readProperty } from '../activity/values.js'
import { isList } from '../base/checked-options.js'
import type { Faults } from '../base/faults.js'

/** A plain object, of this realm or another, and not a date, a map, a tensor or the like. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null
}

function nameOf(faults: Faults, name: string): string {
  if (name.length <= bounds.name) return name.isWellFormed() ? name : name.toWellFormed()
  faults.count('value.clamped', 'logScalars(values)')
  return name.slice(0, bounds.name).toWellFormed()
}

class ScalarValues {
  readonly #faults: Faults
  readonly #kept: Record<string, number> = {}
  #left: number = bounds.scalars
  /** Whether two keys may have become one name: `train/loss`, and `loss` within `train`. */
  #mayRepeat = false

  constructor(faults: Faults) {
    this.#faults = faults
  }

  read(given: unknown): Record<string, number> | undefined {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) {
      const got = isList(given) ? 'a list' : given === null ? 'null' : typeof given
      this.#faults.countOption('logScalars(values)', `expected an object of numbers, got ${got}`)
      return undefined
    }
    this.#object(given, '', 0)
    return this.#left === bounds.scalars ? undefined : this.#kept
  }

  #object(holder: object, prefix: string, depth: number): void {
    for (const key of Object.keys(holder)) {
      const value = readProperty(this.#faults, holder, key)
      if (typeof value === 'number') {
        if (!this.#keep(prefix + key, value)) return
      } else this.#other(prefix + key, value, depth)
    }
  }

  #other(name: string, value: unknown, depth: number): void {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !isPlain(value))
      this.#faults.countEach('scalar.invalid', nameOf(this.#faults, name))
    else if (depth >= bounds.scalarDepth - 1) this.#faults.count('scalar.overflow', nameOf(this.#faults, name))
    else {
      this.#mayRepeat = true
      this.#object(value, `${name}/`, depth + 1)
    }
  }

  /** `false` once there are enough. */
  #keep(name: string, value: number): boolean {
    if (this.#left === 0) {
      this.#faults.count('scalar.overflow', nameOf(this.#faults, name))
      return false
    }
    this.#left -= 1
    const kept = nameOf(this.#faults, name)
    this.#mayRepeat ||= kept !== name
    if (this.#mayRepeat && Object.hasOwn(this.#kept, kept)) this.#faults.count('scalar.repeated', kept)
    define(this.#kept, kept, value)
    return true
  }
}

/**
 * The numbers of nested plain objects by their path, such as `train/loss`. Whatever is no number is left out and
 * counted, and so is what comes after the bounds. `undefined` if nothing is left.
 */
export function toScalars(faults: Faults, given: unknown): Record<string, number> | undefined {
  return new ScalarValues(faults).read(given)
}
