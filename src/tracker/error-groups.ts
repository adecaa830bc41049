import { type Severity, severities } from '../activity/states.js'
import { type ErrorFilter, type ErrorRecord, matches } from './error-log.js'

/** Errors of one type, of the same work in the same module. */
export interface ErrorGroup {
  readonly type: string
  readonly module: string
  readonly work: string
  readonly count: number
  /** When the first of them was reported, milliseconds since the Unix epoch. */
  readonly firstAt: number
  /** When the latest was. */
  readonly lastAt: number
  /** The worst of them. */
  readonly severity: Severity
  /** Of the latest. */
  readonly message: string
  /** The id of the latest. */
  readonly lastId: string
}

type Group = { -readonly [K in keyof ErrorGroup]: ErrorGroup[K] }

/** Errors by type, module and work, however many there are; the group that was quiet for longest leaves first. */
export class ErrorGroups {
  readonly #max: number
  /** In the order in which they were last seen. */
  readonly #groups = new Map<string, Group>()
  #dropped = 0

  constructor(max: number) {
    this.#max = max
  }

  add({ id, time, type, module, work, severity, message }: ErrorRecord): void {
    const key = `${module}\u0000${work}\u0000${type}`
    const known = this.#groups.get(key)
    if (known === undefined) {
      this.#makeRoom()
      const latest = { severity, message, lastId: id }
      this.#groups.set(key, { type, module, work, count: 1, firstAt: time, lastAt: time, ...latest })
      return
    }
    known.count += 1
    known.lastAt = time
    known.message = message
    known.lastId = id
    if (severities.indexOf(severity) > severities.indexOf(known.severity)) known.severity = severity
    this.#groups.delete(key)
    this.#groups.set(key, known)
  }

  #makeRoom(): void {
    if (this.#groups.size < this.#max) return
    const [quietest] = this.#groups.keys()
    if (quietest === undefined) return
    this.#groups.delete(quietest)
    this.#dropped += 1
  }

  /** How many have left memory because others came. */
  get dropped(): number {
    return this.#dropped
  }

  /** The largest first; of two as large the one that was seen last. */
  list(filter: ErrorFilter, limit: number): ErrorGroup[] {
    return [...this.#groups.values()]
      .filter((group) => matches(filter, group))
      .reverse()
      .sort((one, other) => other.count - one.count)
      .slice(0, limit)
      .map((group) => ({ ...group }))
  }
}
