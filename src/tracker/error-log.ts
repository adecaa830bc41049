import { toErrorInfo } from '../activity/error-info.js'
import { uuidv7 } from '../activity/ids.js'
import { isSeverity, type Severity, severities } from '../activity/states.js'
import { type Intake, type JsonObject, refuseValue, toJsonObject, toText } from '../activity/values.js'
import type { Clock } from '../base/clock.js'
import { Ring } from '../base/ring.js'

export interface ErrorReport {
  readonly module?: string | undefined
  /** What was being done. */
  readonly work?: string | undefined
  /** @defaultValue `'error'` */
  readonly severity?: Severity | undefined
  /** JSON, at most 16 KiB. */
  readonly details?: Readonly<Record<string, unknown>> | undefined
}

/** One error as it was reported. */
export interface ErrorRecord {
  readonly id: string
  /** Milliseconds since the Unix epoch. */
  readonly time: number
  readonly severity: Severity
  readonly module: string
  readonly work: string
  readonly type: string
  readonly message: string
  readonly stack?: string
  readonly details?: JsonObject
  /** The activity that failed, or in which it was reported. */
  readonly activityId?: string
}

/** Which errors to list. */
export interface ErrorFilter {
  readonly module?: string | undefined
  readonly work?: string | undefined
  /** The class or code of the error. */
  readonly type?: string | undefined
  readonly severity?: Severity | undefined
  /** At most so many: of errors the newest, of groups the largest. @defaultValue all that are kept */
  readonly limit?: number | undefined
}

/** What errors, and groups of them, are chosen by. */
export function matches(
  filter: ErrorFilter,
  { module, work, type, severity }: Pick<ErrorRecord, 'module' | 'work' | 'type' | 'severity'>,
): boolean {
  return (
    module === (filter.module ?? module) &&
    work === (filter.work ?? work) &&
    type === (filter.type ?? type) &&
    severity === (filter.severity ?? severity)
  )
}

/** The errors that are kept in memory, the oldest leaving first, and which error objects were counted already. */
export class ErrorLog {
  readonly #clock: Clock
  readonly #intake: Intake
  readonly #ring: Ring<ErrorRecord>
  readonly #seen = new WeakMap<object, string>()

  constructor(clock: Clock, intake: Intake, maxErrors: number) {
    this.#clock = clock
    this.#intake = intake
    this.#ring = new Ring(maxErrors)
  }

  /** The id under which this very error object was counted before. */
  seen(error: unknown): string | undefined {
    return typeof error === 'object' && error !== null ? this.#seen.get(error) : undefined
  }

  add(
    error: unknown,
    report: ErrorReport,
    fallback: { module: string; work: string; activityId: string | undefined },
  ): ErrorRecord {
    const time = this.#clock.wallMillis()
    const id = uuidv7(time)
    if (typeof error === 'object' && error !== null) this.#seen.set(error, id)
    const info =
      typeof error === 'string'
        ? { type: 'message', message: toText(this.#intake, 'error.message', error) ?? '' }
        : toErrorInfo(this.#intake, error)
    const details = toJsonObject(this.#intake, 'details', report.details)
    const record: ErrorRecord = {
      id,
      time,
      severity: this.#severity(report.severity),
      module: toText(this.#intake, 'module', report.module, 256) ?? fallback.module,
      work: toText(this.#intake, 'work', report.work, 256) ?? fallback.work,
      ...info,
      ...(details === undefined ? {} : { details }),
      ...(fallback.activityId === undefined ? {} : { activityId: fallback.activityId }),
    }
    this.#ring.push(record)
    return record
  }

  #severity(given: unknown): Severity {
    if (isSeverity(given)) return given
    if (given !== undefined) refuseValue(this.#intake, 'severity', severities.join(', '), given)
    return 'error'
  }

  /** Newest last. */
  list(filter: ErrorFilter, limit: number): ErrorRecord[] {
    const chosen: ErrorRecord[] = []
    if (limit === 0) return chosen
    for (const record of this.#ring.newestFirst()) {
      if (!matches(filter, record)) continue
      chosen.push(record)
      if (chosen.length === limit) break
    }
    return chosen.reverse()
  }

  /** How many have left memory because newer ones came. */
  get dropped(): number {
    return this.#ring.dropped
  }
}
