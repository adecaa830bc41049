import { type Faults, faultAdvice } from '../base/faults.js'
import type { Notices } from './notices.js'
import { tooLate } from './otlp-sender.js'

/** Causes that are told apart; an address with many machines behind it may fail in many ways. */
const maxCauses = 10

/** Says that a collector does not take what is exported: once for each cause, however many signals and exports have it. */
export class ExportFailures {
  readonly #faults: Faults
  readonly #notices: Notices
  /** What is said, by where and why. */
  readonly #said = new Map<string, string>()

  constructor(faults: Faults, notices: Notices) {
    this.#faults = faults
    this.#notices = notices
  }

  add(url: string, why: string): void {
    // The rest of an address may have a secret in it.
    const { origin, pathname } = new URL(url)
    const detail = this.#detail(origin, pathname, why)
    if (detail === undefined) {
      this.#faults.count('export.failed')
      return
    }
    this.#faults.countEach('export.failed', detail)
    this.#notices.keep(`${detail}: ${faultAdvice['export.failed']}`)
  }

  #detail(origin: string, pathname: string, why: string): string | undefined {
    const cause = `${origin} ${why}`
    const known = this.#said.get(cause)
    if (known !== undefined) return known
    // That the end did not wait is no news of a collector that had failed before.
    const isOld = why === tooLate && [...this.#said.keys()].some((other) => other.startsWith(`${origin} `))
    if (isOld || this.#said.size >= maxCauses) return undefined
    const detail = `${origin}${pathname} (${why})`
    this.#said.set(cause, detail)
    return detail
  }
}
