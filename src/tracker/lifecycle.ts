import { isAbortError, toErrorInfo } from '../activity/error-info.js'
import {
  ActivityRecord,
  type LogEntry,
  never,
  type RecordOwner,
  type SharedFields,
  type Verdict,
} from '../activity/record.js'
import { type ActivityProcess, type ActivitySnapshot, snapshotOf } from '../activity/snapshot.js'
import type { EndedState } from '../activity/states.js'
import type { Intake } from '../activity/values.js'
import { type Clock, wallAt } from '../base/clock.js'
import type { Faults } from '../base/faults.js'
import type { Counters, Row } from './counters.js'
import { Durations } from './durations.js'
import type { Errors } from './errors.js'
import type { Feed } from './feed.js'
import { IdIndex } from './id-index.js'
import { KeptDetails } from './kept-details.js'
import { OpenList } from './open-list.js'
import type { Draining, SilencePort, TrackerPorts } from './ports.js'
import type { ScalarChannel } from './scalar-channel.js'
import { StartSites } from './start-sites.js'
import { beginWatching, inheritedSubtree } from './subtrees.js'
import type { SubtreeTally } from './tally.js'

const sweepMillis = 5_000

/** How a function of an activity settled. */
export type Settled = { readonly threw: false } | { readonly threw: true; readonly error: unknown }
export const returned: Settled = Object.freeze({ threw: false })

export interface LifecycleParts {
  readonly serviceName: string
  readonly disabled: boolean
  /** The group with which a module was registered. */
  readonly groupOf: (module: string) => string | undefined
  /** Whether the worker or process that a module was registered for has exited. */
  readonly isGone: (module: string) => boolean
  readonly clock: Clock
  readonly faults: Faults
  readonly intake: Intake
  readonly process: ActivityProcess
  readonly counters: Counters
  readonly errors: Errors
  readonly feed: Feed
  readonly scalars: ScalarChannel
  /** Open activities that keep their details. */
  readonly maxDetails: number
}

/**
 * The one state machine: every plan, start and end of a tracker's activities goes through here, so that counters, lists
 * and feed cannot disagree. Internal; another copy of the package may call it through the shared tracker.
 */
export class Lifecycle implements RecordOwner {
  serviceName: string
  disabled: boolean
  readonly groupOf: (module: string) => string | undefined
  readonly isGone: (module: string) => boolean
  readonly clock: Clock
  readonly faults: Faults
  readonly intake: Intake
  process: ActivityProcess
  readonly counters: Counters
  readonly errors: Errors
  readonly feed: Feed
  readonly scalars: ScalarChannel
  readonly open = new OpenList()
  readonly durations: Durations
  /** Whether the span of a failed activity also gets the exception; off where log records carry it. */
  exceptionsOnSpans = true
  /** Where blocks and handles are started from, by module and name. */
  readonly sites = new StartSites()
  ports: TrackerPorts | undefined = undefined
  silence: SilencePort | undefined = undefined
  draining: Draining | undefined = undefined
  /** What is to be sent before the process ends. */
  readonly flushers = new Set<() => unknown>()
  /** What exporters have lost so far, by signal. */
  readonly lostExports = new Map<string, () => number>()
  readonly #ids = new IdIndex()
  readonly #details: KeptDetails
  #sweeping = false

  constructor(parts: LifecycleParts) {
    this.serviceName = parts.serviceName
    this.disabled = parts.disabled
    this.groupOf = parts.groupOf
    this.isGone = parts.isGone
    this.clock = parts.clock
    this.faults = parts.faults
    this.intake = parts.intake
    this.process = parts.process
    this.counters = parts.counters
    this.errors = parts.errors
    this.feed = parts.feed
    this.scalars = parts.scalars
    this.#details = new KeptDetails(parts.maxDetails, parts.faults)
    this.durations = new Durations(parts.clock, parts.faults)
  }

  /** What set-up learns after the tracker was made. What was counted before keeps the module that it had. */
  configure(serviceName: string | undefined, disabled: boolean): void {
    this.disabled = disabled
    if (serviceName === undefined || serviceName === this.serviceName) return
    this.serviceName = serviceName
    this.process = Object.freeze({ ...this.process, service: serviceName })
  }

  /** A record's id was read for the first time. */
  adopt(record: ActivityRecord): void {
    this.#ids.add(record)
  }

  /** It has details from now on. */
  detailed(record: ActivityRecord): void {
    this.#details.add(record)
  }

  find(id: string): ActivityRecord | undefined {
    return this.#ids.find(id)
  }

  snapshot(record: ActivityRecord): ActivitySnapshot {
    return snapshotOf(record, this.process)
  }

  /** Brings an activity in, as planned or as running. From here on it counts. */
  create(
    shared: SharedFields,
    origin: ActivityRecord | undefined,
    id: string | undefined,
    asPlanned: boolean,
    createdAt?: number,
  ): ActivityRecord {
    const monotonic = this.clock.monotonicMillis()
    const wall = wallAt(this.clock, monotonic)
    // Work that really began earlier is that much older on every clock.
    const earlier = createdAt === undefined ? 0 : Math.max(wall - createdAt, 0)
    const record = new ActivityRecord(shared, origin, id, wall - earlier, monotonic - earlier)
    if (id !== undefined) this.#ids.add(record)
    if (!asPlanned) {
      record.state = 'running'
      record.markStarted()
    }
    this.counters.created(shared.row as Row, asPlanned)
    const subtree = inheritedSubtree(origin)
    record.subtree = subtree
    for (let tally = subtree; tally !== undefined; tally = tally.outer) tally.enter(asPlanned)
    this.open.add(record)
    if (this.draining !== undefined && origin === undefined) {
      this.draining.started += 1
      record.controls().aborted = { reason: this.draining.reason }
    }
    return record
  }

  /**
   * Tells the feed about an activity that was just created, once its details are in place.
   *
   * @param time what the wall clock said when it was created. @defaultValue now
   */
  announce(record: ActivityRecord, time?: number): void {
    if (this.feed.observed)
      this.feed.publishStart(record.state === 'planned' ? 'planned' : 'started', this.snapshot(record), time)
    else this.feed.skip()
  }

  /** Planned work begins. `false` if it had begun or ended before. */
  start(record: ActivityRecord): boolean {
    if (record.state !== 'planned') {
      this.faults.count('start.ignored', record.name)
      return false
    }
    record.state = 'running'
    const now = this.clock.monotonicMillis()
    record.markStarted(now)
    record.progressMonotonic = now
    const row = record.shared.row as Row
    this.counters.started(row, record)
    if (this.durations.observed) this.durations.add(row, undefined, now - record.createdMonotonic)
    for (let tally = record.subtree as SubtreeTally | undefined; tally !== undefined; tally = tally.outer)
      tally.begin(record)
    return true
  }

  /** Something was heard of it. `false` if that came too late. */
  progressed(record: ActivityRecord): boolean {
    if (!record.open) {
      this.faults.count('update.ignored', record.name)
      return false
    }
    const now = this.clock.monotonicMillis()
    if (this.silence !== undefined && record.state === 'running')
      this.silence.gap(record, now - record.progressMonotonic)
    record.progressMonotonic = now
    return true
  }

  announceUpdate(record: ActivityRecord, extra?: { readonly log: LogEntry } | { readonly heartbeat: true }): void {
    this.counters.updated(record.shared.row as Row)
    for (let tally = record.subtree as SubtreeTally | undefined; tally !== undefined; tally = tally.outer)
      tally.update()
    if (this.feed.observed) this.feed.publish({ kind: 'updated', activity: this.snapshot(record), ...extra })
    else this.feed.skip()
  }

  /** Ends it, or notes the verdict while a function of it runs. The first verdict and the first end win. */
  conclude(record: ActivityRecord, verdict: Verdict): boolean {
    if (!record.open || record.control?.verdict !== undefined) {
      this.faults.count('end.ignored', record.name)
      return false
    }
    if (record.functions > 0) {
      record.controls().verdict = verdict
      return true
    }
    this.end(record, verdict.state, verdict.error)
    return true
  }

  /** A function of this activity settled; with the last one the activity ends. */
  settle(record: ActivityRecord, settled: Settled): void {
    record.functions -= 1
    if (!record.open) return
    const state = this.#verdictOf(record, settled)
    if (record.functions > 0) {
      // A throw replaces a verdict that it outweighs, such as `complete`; a failure or a cancellation that was noted stays.
      if (state !== 'completed' && state !== record.control?.verdict?.state) {
        record.controls().verdict = { state, ...(settled.threw ? { error: { value: settled.error } } : {}) }
      }
      return
    }
    const noted = record.control?.verdict
    this.end(
      record,
      state,
      noted?.state === 'failed' ? noted.error : settled.threw ? { value: settled.error } : undefined,
    )
  }

  #verdictOf(record: ActivityRecord, settled: Settled): Verdict['state'] {
    const noted = record.control?.verdict?.state
    if (noted === 'cancelled' || noted === 'failed') return noted
    if (!settled.threw) return noted ?? 'completed'
    // Some operations throw an AbortError, others the very reason of the signal, such as a TimeoutError from above.
    const aborted = this.aborted(record)
    if (aborted !== undefined && (isAbortError(settled.error) || settled.error === aborted.reason)) return 'cancelled'
    return 'failed'
  }

  /** The first end wins: state, counters, span and feed move together, in that order. */
  end(record: ActivityRecord, state: EndedState, error?: { readonly value: unknown }): void {
    if (!record.open) {
      this.faults.count('end.ignored', record.name)
      return
    }
    record.control?.cancelTimeout?.()
    if (state === 'failed') this.#describeFailure(record, error)
    else if (state === 'cancelled') this.#cancelled(record)
    // Describing runs code of the user (getters, `redact`), which may have ended the activity itself.
    if (!record.open) {
      this.faults.count('end.ignored', record.name)
      return
    }
    const asPlanned = record.state === 'planned'
    const now = this.clock.monotonicMillis()
    if (asPlanned && state === 'completed') record.markStarted()
    if (this.silence !== undefined && !asPlanned) this.silence.gap(record, now - record.progressMonotonic)
    record.state = state
    record.endedMonotonic = now
    this.open.remove(record)
    this.#ids.remove(record)
    this.#details.remove(record)
    record.releaseAncestors()
    const row = record.shared.row as Row
    this.counters.ended(row, record, state, asPlanned)
    if (this.durations.observed && record.startedMonotonic > never)
      this.durations.add(row, state, now - record.startedMonotonic)
    for (let tally = record.subtree as SubtreeTally | undefined; tally !== undefined; tally = tally.outer)
      tally.leave(asPlanned, record)
    const from = asPlanned ? 'planned' : 'running'
    this.ports?.ended(record, state, from)
    if (this.feed.observed) this.feed.publishEnd(this.snapshot(record), from, wallAt(this.clock, now))
    else this.feed.skip()
  }

  #describeFailure(record: ActivityRecord, error: { readonly value: unknown } | undefined): void {
    const details = record.detail()
    if (error !== undefined) details.error = toErrorInfo(this.intake, error.value)
    this.errors.failed(record, error)
  }

  /** The reason of an abort from above becomes the reason of what it cancelled. */
  #cancelled(record: ActivityRecord): void {
    if (record.details?.reason !== undefined) return
    const reason = this.aborted(record)?.reason
    // The text is ours, or has passed the intake when it came in.
    if (reason instanceof Error) record.detail().reason = reason.message
  }

  /** Why the signal of this activity is aborted, if it is: by itself or by one above it. */
  aborted(record: ActivityRecord): { readonly reason: unknown } | undefined {
    for (let at: ActivityRecord | undefined = record; at !== undefined; at = at.origin) {
      if (at.control?.aborted !== undefined) return at.control.aborted
    }
    return undefined
  }

  /** Aborts the signals of an activity and of everything open below it. */
  abort(record: ActivityRecord, reason: unknown): void {
    if (record.control?.aborted !== undefined) return
    // All are marked before any listener runs, as listeners may end some; a signal that is first read later is aborted too.
    const reached = [record, ...this.#openBelow(record)]
    for (const one of reached) one.controls().aborted ??= { reason }
    for (const one of reached) one.control?.abort?.abort(reason)
  }

  #openBelow(record: ActivityRecord): ActivityRecord[] {
    const below: ActivityRecord[] = []
    if (!record.hasChildren) return below
    // Children come in after their parent, so the search can begin at the parent while that is itself in the list.
    for (let at = record.open ? record.next : this.open.oldest; at !== undefined; at = at.next) {
      if (descendsFrom(at, record)) below.push(at)
    }
    return below
  }

  signal(record: ActivityRecord): AbortSignal {
    const control = record.controls()
    if (control.abort === undefined) {
      control.abort = new AbortController()
      const aborted = this.aborted(record)
      if (aborted !== undefined) control.abort.abort(aborted.reason)
    }
    return control.abort.signal
  }

  /** Fails the activity after so long, and aborts its signal. */
  deadline(record: ActivityRecord, timeoutMillis: number): void {
    const timer = this.clock.backgroundTimer(() => {
      if (!record.open) return
      const error = new DOMException(`timed out after ${timeoutMillis} ms`, 'TimeoutError')
      this.conclude(record, { state: 'failed', error: { value: error } })
      this.abort(record, error)
    }, timeoutMillis)
    record.controls().cancelTimeout = () => timer.cancel()
  }

  /** Makes sure that the activity does not stay open for ever once nobody holds its handle. */
  guard(record: ActivityRecord, handle: object): void {
    record.guard = new WeakRef(handle)
    if (!this.#sweeping) this.#scheduleSweep()
  }

  #scheduleSweep(): void {
    this.#sweeping = true
    this.clock.backgroundTimer(() => this.sweep(), sweepMillis)
  }

  /** Cancels what was abandoned: its handle was collected, nobody knows its id, no function of it runs. */
  sweep(): void {
    this.#sweeping = false
    let guarded = false
    for (const record of this.open) {
      if (record.guard === undefined) continue
      guarded = true
      if (record.guard.deref() !== undefined || (record.functions > 0 && record.control?.paused !== true)) continue
      this.faults.count('abandoned', `${record.module} ${record.name}`)
      record.detail().reason = 'abandoned'
      this.end(record, 'cancelled')
    }
    if (guarded && !this.#sweeping) this.#scheduleSweep()
  }

  /** The tally of an activity and everything below it; made when first asked for. */
  subtree(record: ActivityRecord): SubtreeTally {
    return beginWatching(record, this.open.oldest)
  }
}

function descendsFrom(record: ActivityRecord, above: ActivityRecord): boolean {
  for (let at = record.origin; at !== undefined; at = at.origin) {
    if (at === above) return true
  }
  return false
}
