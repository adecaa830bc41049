import { overflowName } from '../activity/semantic-conventions.js'
import type { Severity } from '../activity/states.js'

/** How many errors of one kind there were since the tracker was made. Never goes down. */
export interface ErrorCount {
  readonly module: string
  readonly type: string
  readonly severity: Severity
  readonly count: number
}

const maxKinds = 1_000

/** Errors by module, type and severity, however many there are; kinds beyond the bound count as "(other)". */
export class ErrorCounts {
  readonly #counts = new Map<string, { module: string; type: string; severity: Severity; count: number }>()

  add(module: string, type: string, severity: Severity): void {
    const key = `${module}\u0000${type}\u0000${severity}`
    const known = this.#counts.get(key)
    if (known !== undefined) known.count += 1
    else if (this.#counts.size < maxKinds || type === overflowName)
      this.#counts.set(key, { module, type, severity, count: 1 })
    else this.add(overflowName, overflowName, severity)
  }

  list(): ErrorCount[] {
    return [...this.#counts.values()].map((count) => ({ ...count }))
  }
}
