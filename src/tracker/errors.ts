import { CopiedError } from '../activity/error-info.js'
import type { ActivityRecord } from '../activity/record.js'
import { isSeverity, type Severity, severities } from '../activity/states.js'
import { type Intake, inCall, refuseValue, toNumber, toText } from '../activity/values.js'
import type { Clock } from '../base/clock.js'
import { type ErrorCount, ErrorCounts } from './error-counts.js'
import { type ErrorGroup, ErrorGroups } from './error-groups.js'
import { type ErrorHealth, type ErrorHealthThresholds, ErrorWindow, errorHealthOf } from './error-health.js'
import { type ErrorFilter, ErrorLog, type ErrorRecord, type ErrorReport } from './error-log.js'

export interface ErrorsOptions {
  readonly clock: Clock
  readonly intake: Intake
  readonly maxErrors: number
  readonly windowMillis: number
  readonly thresholds: ErrorHealthThresholds
  readonly published: (error: ErrorRecord) => void
}

/** Primitives thrown by different activities below one, of which it may throw any. */
const maxPassing = 16

/** The error reporter: what went wrong, and what that says about health. */
export class Errors {
  readonly #options: ErrorsOptions
  readonly #log: ErrorLog
  readonly #window: ErrorWindow
  readonly #counts = new ErrorCounts()
  readonly #groups: ErrorGroups
  /** A thrown primitive has no identity: it is known by the activity above the one that failed with it last. */
  readonly #passing = new WeakMap<ActivityRecord, unknown[]>()
  /** What an activity failed with that may have spans of other code below it, which can end later than itself. */
  readonly #thrown = new WeakMap<ActivityRecord, unknown>()

  constructor(options: ErrorsOptions) {
    this.#options = options
    this.#log = new ErrorLog(options.clock, inCall(options.intake, 'reportError'), options.maxErrors)
    this.#groups = new ErrorGroups(options.maxErrors)
    this.#window = new ErrorWindow(options.clock, options.windowMillis)
  }

  /** Reports an error or a message; the same error object counts once. Returns its id. */
  report(
    error: unknown,
    report: ErrorReport,
    fallback: { module: string; work: string; activityId: string | undefined },
  ): string {
    const seen = this.#log.seen(error)
    if (seen !== undefined) return seen
    const record = this.#log.add(error, report, fallback)
    this.#window.add(record.severity)
    this.#counts.add(record.module, record.type, record.severity)
    this.#groups.add(record)
    this.#options.published(record)
    return record.id
  }

  /** An activity failed. Its error counts once, however many activities above fail with it too. */
  failed(record: ActivityRecord, error: { readonly value: unknown } | undefined): void {
    const reporting = record.details?.errors
    if (reporting?.report === false) return
    const value = error === undefined ? 'failed' : error.value
    if (record.hasChildren) this.#thrown.set(record, value)
    if (this.#passedOn(record, value) || this.#isCopyFromAbove(record, value)) return
    const severity = isSeverity(reporting?.severity) ? reporting.severity : severityOf(record)
    this.report(value, { severity }, { module: record.module, work: record.name, activityId: record.id })
    // The same error object is known by itself; a primitive and a copy are known by where they were last seen.
    if (typeof value !== 'object' || value === null || CopiedError.is(value)) this.#remember(record.origin, value)
  }

  #passedOn(record: ActivityRecord, value: unknown): boolean {
    if (this.#passing.get(record)?.some((known) => isSame(known, value)) !== true) return false
    this.#remember(record.origin, value)
    return true
  }

  #isCopyFromAbove({ origin }: ActivityRecord, value: unknown): boolean {
    return origin !== undefined && CopiedError.is(value) && value.resembles(this.#thrown.get(origin))
  }

  #remember(above: ActivityRecord | undefined, value: unknown): void {
    if (above === undefined) return
    this.#passing.set(above, [...(this.#passing.get(above) ?? []).slice(1 - maxPassing), value])
  }

  health(): ErrorHealth {
    return errorHealthOf(this.#window.counts(), this.#window.windowMillis, this.#options.thresholds)
  }

  windowCounts(): Readonly<Record<Severity, number>> {
    return this.#window.counts()
  }

  /** Since the tracker was made, by module, type and severity. */
  counts(): ErrorCount[] {
    return this.#counts.list()
  }

  list(filter: ErrorFilter): ErrorRecord[] {
    return this.#log.list(filter, this.#limit('errors', filter))
  }

  groups(filter: ErrorFilter): ErrorGroup[] {
    return this.#groups.list(filter, this.#limit('errorGroups', filter))
  }

  #limit(call: string, { limit, severity }: ErrorFilter): number {
    const intake = inCall(this.#options.intake, call)
    // Nothing has a severity that does not exist, and an empty list looks like good news.
    if (severity !== undefined && !isSeverity(severity))
      refuseValue(intake, 'severity', severities.join(', '), severity)
    const given = toNumber(intake, 'limit', limit)
    return given === undefined ? this.#options.maxErrors : Math.max(Math.floor(given), 0)
  }

  get dropped(): number {
    return this.#log.dropped
  }

  get droppedGroups(): number {
    return this.#groups.dropped
  }

  text(key: string, value: unknown): string | undefined {
    return toText(this.#options.intake, key, value)
  }
}

function isSame(known: unknown, value: unknown): boolean {
  return Object.is(known, value) || (CopiedError.is(known) && known.resembles(value))
}

/** While attempts are left a failure is only a warning. */
function severityOf(record: ActivityRecord): Severity {
  const attempt = record.details?.attempt
  return attempt?.of !== undefined && attempt.number < attempt.of ? 'warning' : 'error'
}
