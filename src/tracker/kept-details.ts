import type { ActivityDetails, ActivityRecord } from '../activity/record.js'
import type { Faults } from '../base/faults.js'

/** What decides how the activity goes on or counts; the rest only describes it. */
function whatMatters({
  silenceBudgetMillis,
  errors,
  severity,
  attempt,
  kind,
  timeoutMillis,
}: ActivityDetails): ActivityDetails {
  return {
    evicted: true,
    ...(silenceBudgetMillis === undefined ? {} : { silenceBudgetMillis }),
    ...(errors === undefined ? {} : { errors }),
    ...(severity === undefined ? {} : { severity }),
    ...(attempt === undefined ? {} : { attempt }),
    ...(kind === undefined ? {} : { kind }),
    ...(timeoutMillis === undefined ? {} : { timeoutMillis }),
  }
}

/**
 * The open activities that have details, in the order in which they got them. Over the bound the oldest lose theirs;
 * they stay open and counted. The links lie in the details, so that activities without any pay nothing.
 */
export class KeptDetails {
  readonly #most: number
  readonly #faults: Faults
  #oldest: ActivityRecord | undefined = undefined
  #newest: ActivityRecord | undefined = undefined
  #size = 0

  constructor(most: number, faults: Faults) {
    this.#most = most
    this.#faults = faults
  }

  add(record: ActivityRecord): void {
    const details = record.details
    if (details === undefined || !record.open) return
    details.listed = true
    details.older = this.#newest
    if (this.#newest?.details === undefined) this.#oldest = record
    else this.#newest.details.newer = record
    this.#newest = record
    this.#size += 1
    if (this.#size > this.#most && this.#oldest !== undefined) this.#evict(this.#oldest)
  }

  remove(record: ActivityRecord): void {
    const details = record.details
    if (details?.listed !== true) return
    const { older, newer } = details
    if (older?.details === undefined) this.#oldest = newer
    else older.details.newer = newer
    if (newer?.details === undefined) this.#newest = older
    else newer.details.older = older
    details.listed = false
    details.older = undefined
    details.newer = undefined
    this.#size -= 1
  }

  #evict(record: ActivityRecord): void {
    this.remove(record)
    if (record.details !== undefined) record.details = whatMatters(record.details)
    this.#faults.count('details.evicted', `${record.module} ${record.name}`)
  }
}
