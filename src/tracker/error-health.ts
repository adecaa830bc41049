import { type Severity, severities } from '../activity/states.js'
import type { Clock } from '../base/clock.js'

export type SeverityCounts = Readonly<Record<Severity, number>>

export interface ErrorHealthThresholds {
  /** This many errors (error or critical) in the window make the status `error`. @defaultValue 1 */
  readonly errors?: number | undefined
  /** This many warnings in the window make the status at least `warning`. @defaultValue 1 */
  readonly warnings?: number | undefined
}

export interface ErrorHealth {
  readonly status: 'healthy' | 'warning' | 'error'
  /** One sentence for people. */
  readonly message: string
  /** Everything in the window, of whatever severity. */
  readonly recentErrorCount: number
  /** Severity `error` and `critical`. */
  readonly errorLevelCount: number
  readonly warningLevelCount: number
  readonly criticalLevelCount: number
  readonly infoLevelCount: number
  readonly windowMillis: number
}

const noErrors: SeverityCounts = Object.freeze({ info: 0, warning: 0, error: 0, critical: 0 })

/** A count that may come from another process or version; what is none is left out. */
function numberIn<T extends object>(holder: T | undefined, key: keyof T, otherwise: number): number {
  try {
    const value: unknown = holder?.[key]
    return typeof value === 'number' && Number.isFinite(value) ? value : otherwise
  } catch {
    return otherwise
  }
}

function countsIn(given: SeverityCounts): SeverityCounts {
  const read = (severity: Severity): number => numberIn(given, severity, 0)
  return { info: read('info'), warning: read('warning'), error: read('error'), critical: read('critical') }
}

export function sumCounts(first: SeverityCounts, second: SeverityCounts): SeverityCounts {
  const [a, b] = [countsIn(first), countsIn(second)]
  return {
    info: a.info + b.info,
    warning: a.warning + b.warning,
    error: a.error + b.error,
    critical: a.critical + b.critical,
  }
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** A pure function of the counts in the window, so that the counts of several processes can be summed first. */
export function errorHealthOf(
  given: SeverityCounts,
  givenWindow: number,
  thresholds: ErrorHealthThresholds = {},
): ErrorHealth {
  const counts = countsIn(given)
  const windowMillis = numberIn({ givenWindow }, 'givenWindow', 0)
  const errorLevelCount = counts.error + counts.critical
  const warningLevelCount = counts.warning
  const minutes = windowMillis / 60_000
  const span = `in the last ${minutes >= 1 ? `${Number(minutes.toFixed(1))} min` : `${windowMillis / 1000} s`}`
  const status =
    errorLevelCount >= numberIn(thresholds, 'errors', 1)
      ? 'error'
      : warningLevelCount >= numberIn(thresholds, 'warnings', 1)
        ? 'warning'
        : 'healthy'
  const seen = [plural(errorLevelCount, 'error'), plural(warningLevelCount, 'warning')].join(' and ')
  return {
    status,
    message:
      errorLevelCount + warningLevelCount === 0
        ? `No errors ${span}`
        : `${seen[0]?.toUpperCase()}${seen.slice(1)} ${span}`,
    recentErrorCount: errorLevelCount + warningLevelCount + counts.info,
    errorLevelCount,
    warningLevelCount,
    criticalLevelCount: counts.critical,
    infoLevelCount: counts.info,
    windowMillis,
  }
}

const bucketMillis = 10_000

/** Counts per severity in buckets of 10 s over a window, as long as the process lives and however many errors come. */
export class ErrorWindow {
  readonly windowMillis: number
  readonly #clock: Clock
  readonly #buckets: { number: number; counts: Record<Severity, number> }[]

  constructor(clock: Clock, windowMillis: number) {
    this.#clock = clock
    this.windowMillis = windowMillis
    // One more than fits, so that the whole window counts while the newest bucket is still filling.
    const length = Math.ceil(windowMillis / bucketMillis) + 1
    this.#buckets = Array.from({ length }, () => ({ number: -1, counts: { ...noErrors } }))
  }

  #now(): number {
    return Math.floor(this.#clock.monotonicMillis() / bucketMillis)
  }

  add(severity: Severity): void {
    const number = this.#now()
    const bucket = this.#buckets[number % this.#buckets.length]
    if (bucket === undefined) return
    if (bucket.number !== number) {
      bucket.number = number
      bucket.counts = { ...noErrors }
    }
    bucket.counts[severity] += 1
  }

  counts(): SeverityCounts {
    const oldest = this.#now() - this.#buckets.length
    const totals = { ...noErrors } as Record<Severity, number>
    for (const bucket of this.#buckets) {
      if (bucket.number <= oldest) continue
      for (const severity of severities) totals[severity] += bucket.counts[severity]
    }
    return totals
  }
}
