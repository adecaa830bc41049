/** The variables of a process, as Node gives them. */
export type Variables = Readonly<Record<string, string | undefined>>

/** The largest number of the specification, and the longest timer of Node. */
const longestMillis = 2 ** 31 - 1

/**
 * Reads single variables as the OpenTelemetry specification says: empty is unset, and what cannot be used is reported
 * and replaced by the default.
 */
export class VariableReader {
  readonly #variables: Variables
  /** A variable that several signals share is said once. */
  readonly #warnings = new Set<string>()

  constructor(variables: Variables) {
    this.#variables = variables
  }

  get warnings(): readonly string[] {
    return [...this.#warnings]
  }

  text(name: string): string | undefined {
    const value = this.#variables[name]?.trim()
    return value === '' ? undefined : value
  }

  /** Only `true` is true, in any case; anything but `false` and nothing is worth a warning. */
  boolean(name: string): boolean {
    const value = this.text(name)?.toLowerCase()
    if (value !== undefined && value !== 'true' && value !== 'false') this.refuse(name, 'true or false', 'false')
    return value === 'true'
  }

  /** A whole number of at least `least`. */
  count<D extends number | undefined>(name: string, fallback: D, least = 0): number | D {
    const value = this.text(name)
    if (value === undefined) return fallback
    if (/^\+?\d+$/.test(value) && Number(value) >= least && Number(value) <= longestMillis) return Number(value)
    this.refuse(name, `a whole number of at least ${least}`, fallback)
    return fallback
  }

  /** Milliseconds; 0 is without end, as the specification says of timeouts. */
  timeout(name: string, fallback: number): number {
    return this.count(name, fallback) || longestMillis
  }

  ratio(name: string, fallback: number): number {
    const value = this.text(name)
    if (value === undefined) return fallback
    if (/^\+?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value) && Number(value) <= 1) return Number(value)
    this.refuse(name, 'a number from 0 to 1', fallback)
    return fallback
  }

  oneOf<T extends string>(name: string, known: readonly T[], fallback: T): T {
    const value = this.text(name)
    if (value === undefined) return fallback
    const found = known.find((one) => one === value.toLowerCase())
    if (found === undefined) this.refuse(name, known.join(', '), fallback)
    return found ?? fallback
  }

  /** Those of a list separated by commas that are known. @param remedy how to have another one, behind the warning */
  someOf<T extends string>(name: string, known: readonly T[], fallback: readonly T[], remedy = ''): readonly T[] {
    const value = this.text(name)
    if (value === undefined) return fallback
    const given = value.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim().toLowerCase()]))
    const found = known.filter((one) => given.includes(one))
    if (given.some((part) => !known.some((one) => one === part))) {
      this.refuse(name, known.join(', '), `${(found.length === 0 ? fallback : found).join(',')}${remedy}`)
    }
    return found.length === 0 ? fallback : found
  }

  /** `key=value,key=value`, percent-encoded. One wrong pair, and all are left out, as the specification asks. */
  pairs(name: string): Readonly<Record<string, string>> {
    const pairs: Record<string, string> = {}
    for (const pair of (this.text(name) ?? '').split(',')) {
      if (pair.trim() === '') continue
      const [, key, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? []
      try {
        if (key === undefined || value === undefined) throw new URIError()
        pairs[decodeURIComponent(key.trim())] = decodeURIComponent(value.trim())
      } catch {
        this.refuse(name, 'key=value pairs, separated by commas and percent-encoded', 'none of them')
        return {}
      }
    }
    return pairs
  }

  /** Says what a variable may be; never its value, which may be a secret. */
  refuse(name: string, expected: string, used: string | number | undefined): void {
    this.say(name, `expected ${expected}; using ${used ?? 'the default'}`)
  }

  say(name: string, message: string): void {
    this.#warnings.add(`${name}: ${message}`)
  }
}
