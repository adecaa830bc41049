import type { Verdict } from '../activity/control.js'
import { isAbortError, toErrorInfo } from '../activity/error-info.js'
import { ActivityRecord, type LogEntry, never, type RecordOwner, type SharedFields } from '../activity/record.js'
import { type ActivityProcess, type ActivitySnapshot, snapshotOf } from '../activity/snapshot.js'
import type { EndedState, OpenState } from '../activity/states.js'
import type { Intake } from '../activity/values.js'
import { type Clock, systemClock, wallAt } from '../base/clock.js'
import type { Faults } from '../base/faults.js'
import { abortBelow, abortOf, signalOf } from './aborting.js'
import { atEnd, endOf } from './at-end.js'
import { type Counters, columnOf, type Row } from './counters.js'
import { Durations } from './durations.js'
import type { Errors } from './errors.js'
import type { Feed } from './feed.js'
import { IdIndex } from './id-index.js'
import { KeptDetails } from './kept-details.js'
import type { LifecycleParts } from './lifecycle-parts.js'
import type { OpenList } from './open-list.js'
import type { BackendNames, Draining, SilencePort, TrackerPorts } from './ports.js'
import type { ScalarChannel } from './scalar-channel.js'
import { returned, type Settled, unsettled } from './settled.js'
import { StartSites } from './start-sites.js'
import { beginWatching, inheritedSubtree } from './subtrees.js'
import type { SubtreeTally } from './tally.js'

const sweepMillis = 5_000

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
  readonly open: OpenList
  readonly durations: Durations
  /** Whether the span of a failed activity also gets the exception; off where log records carry it. */
  exceptionsOnSpans = true
  /** Where blocks and handles are started from, by module and name. */
  readonly sites = new StartSites()
  ports: TrackerPorts | undefined = undefined
  silence: SilencePort | undefined = undefined
  draining: Draining | undefined = undefined
  backends: BackendNames | undefined = undefined
  /** The stack had no room for something when it was due; see {@link unsettled}. */
  behind = false
  stackError: unknown = undefined
  /** What has ended without anybody having been told, by `next`. */
  untold: ActivityRecord | undefined = undefined
  /** What is to be sent before the process ends; `false` says that it was not. */
  readonly flushers = new Set<(timeoutMillis: number) => unknown>()
  /** What exporters have lost so far, by signal. */
  readonly lostExports = new Map<string, () => number>()
  readonly #ids: IdIndex
  readonly #details: KeptDetails
  #sweeping = false
  #catchingUp = false

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
    this.open = parts.counters.open
    this.#ids = new IdIndex(this.open)
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
    if (this.behind) this.catchUp()
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
    const subtree = inheritedSubtree(origin)
    record.subtree = subtree
    this.counters.entered(record, asPlanned, record.depth, subtree)
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
    try {
      const { functions, state, control } = record
      // Of nearly all nothing was said that could decide how they end.
      if (functions === 0 && state === 'running' && control === undefined && !settled.threw)
        this.#finish(record, 'completed', false)
      else this.#settled(record, settled)
    } catch (error) {
      if (record.functions === 0) record.functions = settled.threw ? unsettled.threw : unsettled.returned
      this.stackError = settled.threw ? settled.error : error
      this.behind = true
    }
  }

  #settled(record: ActivityRecord, settled: Settled): void {
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
    const aborted = abortOf(record)
    if (aborted !== undefined && (isAbortError(settled.error) || settled.error === aborted.reason)) return 'cancelled'
    return 'failed'
  }

  /** The first end wins: state, counters, span and feed move together, in that order. */
  end(record: ActivityRecord, state: EndedState, error?: { readonly value: unknown }): void {
    if (!record.open) {
      this.faults.count('end.ignored', record.name)
      return
    }
    record.control?.atEnd?.()
    if (state === 'failed') this.#describeFailure(record, error)
    else if (state === 'cancelled') this.#cancelled(record)
    // Describing runs code of the user (getters, `redact`), which may have ended the activity itself.
    if (!record.open) {
      this.faults.count('end.ignored', record.name)
      return
    }
    const asPlanned = record.state === 'planned'
    if (asPlanned && state === 'completed') record.markStarted()
    this.#finish(record, state, asPlanned)
  }

  #finish(record: ActivityRecord, state: EndedState, asPlanned: boolean): void {
    this.#ids.remove(record)
    if (record.details !== undefined) this.#details.remove(record)
    record.releaseAncestors()
    this.counters.left(record, state, asPlanned, columnOf[state], record.subtree as SubtreeTally | undefined)
    try {
      this.#tell(record, state, asPlanned ? 'planned' : 'running')
    } catch {
      // It is in no list any more, so its place in one is free.
      record.next = this.untold
      this.untold = record
      this.behind = true
    }
  }

  /** Who waits, its span, the feed and the histograms learn that it has ended. */
  #tell(record: ActivityRecord, state: EndedState, from: OpenState): void {
    // The span reads the clock too: where both measure the same, once is enough.
    const timed = record.timedBySpan && this.clock === systemClock
    if (!timed) record.endedMonotonic = this.clock.monotonicMillis()
    this.counters.tell(record, record.subtree as SubtreeTally | undefined)
    const ranMillis = this.ports?.ended(record, state, from)
    if (timed) record.endedMonotonic = endOf(record, ranMillis, this.clock)
    if (from === 'running') this.silence?.gap(record, record.endedMonotonic - record.progressMonotonic)
    if (this.feed.observed) this.feed.publishEnd(this.snapshot(record), from, wallAt(this.clock, record.endedMonotonic))
    else this.feed.skip()
    if (this.durations.observed && record.startedMonotonic > never)
      this.durations.add(record.shared.row as Row, state, record.endedMonotonic - record.startedMonotonic)
  }

  /** Does what the stack had no room for when it was due, the innermost first. Throws where there still is none. */
  catchUp(): void {
    if (!this.behind || this.#catchingUp) return
    this.#catchingUp = true
    this.behind = false
    try {
      for (let at = this.open.newest, above = at?.previous; at !== undefined; at = above, above = at?.previous) {
        const { functions } = at
        if (functions >= 0) continue
        at.functions = 0
        try {
          this.#settled(at, functions === unsettled.threw ? { threw: true, error: this.stackError } : returned)
        } finally {
          if (at.open) at.functions = functions
        }
      }
      for (let at = this.untold; at !== undefined; at = this.untold) {
        this.#tell(at, at.state as EndedState, 'running')
        this.untold = at.next
      }
      this.stackError = undefined
    } catch (error) {
      this.behind = true
      throw error
    } finally {
      this.#catchingUp = false
    }
  }

  #describeFailure(record: ActivityRecord, error: { readonly value: unknown } | undefined): void {
    const details = record.detail()
    if (error !== undefined) details.error = toErrorInfo(this.intake, error.value)
    this.errors.failed(record, error)
  }

  /** The reason of an abort from above becomes the reason of what it cancelled. */
  #cancelled(record: ActivityRecord): void {
    if (record.details?.reason !== undefined) return
    const aborted = abortOf(record)
    // The text is ours, or has passed the intake when it came in.
    const text = aborted?.text ?? (aborted?.reason instanceof Error ? aborted.reason.message : '')
    if (text !== '') record.detail().reason = text
  }

  /** Aborts the signals of an activity and of everything open below it. */
  abort(record: ActivityRecord, reason: unknown, text?: string): void {
    abortBelow(record, this.open.oldest, reason, text)
  }

  signal(record: ActivityRecord): AbortSignal {
    return signalOf(record)
  }

  /** Fails the activity after so long, and aborts its signal. */
  deadline(record: ActivityRecord, timeoutMillis: number): void {
    const timer = this.clock.backgroundTimer(() => {
      if (!record.open) return
      const error = new DOMException(`timed out after ${timeoutMillis} ms`, 'TimeoutError')
      this.conclude(record, { state: 'failed', error: { value: error } })
      this.abort(record, error)
    }, timeoutMillis)
    atEnd(record, () => timer.cancel())
  }

  /** Makes sure that the activity does not stay open for ever once nobody holds its handle. */
  guard(record: ActivityRecord, handle: object): void {
    record.guard = new WeakRef(handle)
    if (!this.#sweeping) this.#scheduleSweep()
  }

  #scheduleSweep(): void {
    this.clock.backgroundTimer(() => this.sweep(), sweepMillis)
    this.#sweeping = true
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
