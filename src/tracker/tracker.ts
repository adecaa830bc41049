/// <reference lib="esnext.disposable" preserve="true" />
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { isMainThread, threadId } from 'node:worker_threads'
import type { ActivityHandle } from '../activity/handle.js'
import type { ActivityProcess, ActivitySnapshot } from '../activity/snapshot.js'
import { type Intake, inCall, readOptions, refuseValue, toNumber } from '../activity/values.js'
import { isObject, type OptionChecks } from '../base/checked-options.js'
import { systemClock } from '../base/clock.js'
import { type FaultKind, Faults } from '../base/faults.js'
import { type Blocker, blockerOf } from './blockers.js'
import type { FeedItem, Gap } from './change.js'
import { ChangeLog, type ChangeStream, type ChangesOptions, type FeedSnapshot } from './change-stream.js'
import { type CounterColumn, type CounterRow, Counters } from './counters.js'
import type { ErrorGroup } from './error-groups.js'
import type { ErrorHealth, SeverityCounts } from './error-health.js'
import type { ErrorFilter, ErrorRecord, ErrorReport } from './error-log.js'
import { Errors } from './errors.js'
import { type ChangeOf, type EventName, eventMatcher, isChange } from './events.js'
import {
  type AggregatorOptions,
  Experiment,
  type LogScalarsOptions,
  type NotifyOptions,
  type ScalarTree,
} from './experiment.js'
import { Feed } from './feed.js'
import { Lifecycle } from './lifecycle.js'
import { moduleHostOf } from './module-host.js'
import { type ModuleOptions, type ModuleRegistration, type ModuleStatus, Modules } from './modules.js'
import { noPorts } from './ports.js'
import { Quiescence, type WaitOptions } from './quiescence.js'
import type { ScalarAggregator } from './scalar-aggregator.js'
import { ScalarChannel } from './scalar-channel.js'
import type { ScalarEntry } from './scalars.js'
import type { Scope } from './scope.js'
import { readSubscribeOptions, type SubscribeOptions, type SubscriptionStats } from './subscription.js'
import { summaryOf } from './summary.js'
import { checkTrackerOptions, type TrackerOptions } from './tracker-options.js'

/** All counters of a tracker in one moment, as plain JSON. */
export interface TrackerSnapshot {
  /** Of this format. */
  readonly version: 1
  readonly process: ActivityProcess
  readonly time: number
  /** How many changes there were. */
  readonly changes: number
  readonly open: number
  readonly planned: number
  readonly totals: Readonly<Record<CounterColumn, number>>
  readonly rows: readonly CounterRow[]
  /** Errors in the window, by severity. */
  readonly errors: SeverityCounts
  readonly droppedErrors: number
  /** Groups of errors that left memory because others came. */
  readonly droppedErrorGroups: number
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>
  readonly subscribers: readonly SubscriptionStats[]
}

/** Ends a subscription; safe to call twice. */
export interface Unsubscribe extends Disposable {
  (): void
}

/** The key under which a tracker holds its inside, for this and other copies of the package. */
export const lifecycleKey: unique symbol = Symbol.for('underway.tracker.lifecycle/1') as never

/** What the option `tracker` of a set-up call must be; a tracker of another copy of the package is as good. */
export const trackerCheck: OptionChecks<{ tracker: unknown }>['tracker'] = [
  (value) => isObject(value) && lifecycleKey in value,
  'an ActivityTracker',
]

const defaultTimeoutMillis = 5_000
const errorFilterKeys = ['module', 'work', 'type', 'severity', 'limit'] as const

/** Knows what is open, how it is, and when it is done. `new ActivityTracker()` is isolated from every other. */
export class ActivityTracker {
  readonly [lifecycleKey]: Lifecycle
  readonly #quiescence: Quiescence
  readonly #modules: Modules
  readonly #changes: ChangeLog
  readonly #experiment: Experiment
  #step = 0

  /** @throws UnderwayError OPTIONS_INVALID */
  constructor(given: TrackerOptions = {}) {
    const options = checkTrackerOptions(given)
    const clock = options.clock ?? systemClock
    const faults = new Faults(options.onWarning)
    const intake: Intake = { faults, redact: options.redact }
    const serviceName = options.serviceName ?? 'unknown_service'
    const instance = randomUUID()
    const self: ActivityProcess = Object.freeze({
      instance,
      service: serviceName,
      pid: process.pid,
      host: hostname(),
      ...(isMainThread ? {} : { worker: threadId }),
    })
    const detached = <T>(work: () => T): T => (this[lifecycleKey].ports ?? noPorts).detached(work)
    const host = { instance, clock, faults, detached }
    const feed = new Feed(host)
    const counters = new Counters(faults, options.counterBuffer)
    const errors = new Errors({
      clock,
      intake,
      maxErrors: Math.floor(options.maxErrors ?? 1_000),
      windowMillis: Math.floor(options.errorWindowMillis ?? 300_000),
      thresholds: options.errorThresholds ?? {},
      published: (error) => feed.publish({ kind: 'error', error }),
    })
    this[lifecycleKey] = new Lifecycle({
      serviceName,
      disabled: options.disabled ?? false,
      groupOf: (module) => this.#modules.groupOf(module),
      isGone: (module) => this.#modules.isGone(module),
      clock,
      faults,
      intake,
      process: self,
      counters,
      errors,
      feed,
      scalars: new ScalarChannel(host),
      maxDetails: Math.floor(options.maxDetails ?? 100_000),
    })
    this.#experiment = new Experiment(this[lifecycleKey])
    this.#quiescence = new Quiescence(this[lifecycleKey])
    this.#modules = new Modules(moduleHostOf(this[lifecycleKey]), Math.floor(options.maxModules ?? 10_000))
    this.#changes = new ChangeLog({ instance, feed, faults, snapshot: () => this.#openNow() })
  }

  /** The module of activities that name none. */
  get serviceName(): string {
    return this[lifecycleKey].serviceName
  }

  get disabled(): boolean {
    return this[lifecycleKey].disabled
  }

  get process(): ActivityProcess {
    return this[lifecycleKey].process
  }

  /** Whether nothing is open in the scope, leaving out the activity that asks and its ancestors. */
  isQuiescent(scope?: Scope): boolean {
    return this.#quiescence.isQuiescent(scope)
  }

  /**
   * Waits until nothing is open in the scope at the end of a turn of the event loop. `true` then, `false` on timeout
   * and on abort; never rejects.
   */
  waitQuiescent(options?: WaitOptions): Promise<boolean> {
    return this.#quiescence.wait(options)
  }

  /** Why the scope is not quiescent, oldest first. */
  blockers(scope?: Scope): Blocker[] {
    const lifecycle = this[lifecycleKey]
    const now = lifecycle.clock.monotonicMillis()
    const blockers = this.#quiescence
      .list({ call: 'blockers' }, scope)
      .map((record) => blockerOf(record, lifecycle, now))
    // In the order in which they came in, but for work that began earlier and planned work that began later.
    return blockers.sort((a, b) => b.ageMillis - a.ageMillis)
  }

  /** One line: `Active: 4 (RolloutWorker-1: 3, Trainer: 1)`. @param options `all` lists more than the ten busiest modules */
  runningSummary(options?: { readonly all?: boolean }): string {
    const { counters, faults } = this[lifecycleKey]
    const { all } = readOptions(faults, 'runningSummary(options)', options, ['all'])
    return summaryOf(counters.whole, counters.modules.all(), all === true)
  }

  /** What is open in the scope, oldest first, the asker and its ancestors included. */
  openActivities(scope?: Scope): ActivitySnapshot[] {
    const lifecycle = this[lifecycleKey]
    return this.#quiescence
      .list({ call: 'openActivities', self: true }, scope)
      .map((record) => lifecycle.snapshot(record))
  }

  /** The handle of an open activity, by its id. */
  activity(id: string): ActivityHandle | undefined {
    const record = this[lifecycleKey].find(id)
    return record === undefined ? undefined : this[lifecycleKey].ports?.handleOf(record)
  }

  /** Calls back in batches after things have changed, never inside a call of yours unless a batch is full. */
  subscribe(listener: (items: readonly FeedItem[]) => unknown, options: SubscribeOptions = {}): Unsubscribe {
    const { feed, intake } = this[lifecycleKey]
    if (!isListener(intake.faults, 'subscribe(listener)', listener)) return unsubscribeBy(() => {})
    const subscription = feed.subscribe(listener, readSubscribeOptions(intake, 'subscribe', options))
    return unsubscribeBy(() => subscription.end())
  }

  /** Calls back for one kind of event: `'run.failed'`, `'activity.ended'`, `'error'`, `'module.down'`. */
  on<E extends EventName>(event: E, listener: (change: ChangeOf<E>) => unknown): Unsubscribe {
    const matches = eventMatcher(event)
    const { faults } = this[lifecycleKey]
    const name = typeof event === 'string' ? JSON.stringify(event.slice(0, 80)) : typeof event
    if (matches === undefined) {
      faults.count('event.unknown', `on(${name})`)
      return unsubscribeBy(() => {})
    }
    if (!isListener(faults, `on(${name}, listener)`, listener)) return unsubscribeBy(() => {})
    return this.subscribe(
      (items) => {
        // Each by itself: what one change makes the listener throw must not cost it the others.
        const calls = items.flatMap((item) =>
          isChange(item) && matches(item) ? [(async () => listener(item as ChangeOf<E>))()] : [],
        )
        return calls.length === 0 ? undefined : Promise.all(calls)
      },
      { name: `on ${event}` },
    )
  }

  /** Changes as an async iterator, from a cursor on. */
  changes(options: ChangesOptions = {}): ChangeStream {
    return this.#changes.open(readOptions(this[lifecycleKey].faults, 'changes(options)', options, ['since', 'signal']))
  }

  /**
   * Cancels what is open in the scope, leaving out the activity that asks and its ancestors: work whose function runs gets
   * its `signal` aborted, everything else ends at once.
   *
   * @param reason for people
   * @returns how many there were
   */
  cancel(scope?: Scope, reason?: string): number {
    const ports = this[lifecycleKey].ports
    const chosen = this.#quiescence.list({ call: 'cancel' }, scope)
    for (const record of chosen) if (record.open) ports?.handleOf(record).cancel(reason)
    return chosen.length
  }

  /** Delivers to all subscribers what they have not seen, now. */
  flushNow(): void {
    const { feed, scalars } = this[lifecycleKey]
    this[lifecycleKey].catchUp()
    scalars.drain()
    feed.drain()
    // What a subscriber of the feed logged.
    scalars.drain()
  }

  /** Makes a module known. @throws UnderwayError OPTIONS_INVALID, MODULE_DUPLICATE */
  registerModule(name: string, options: ModuleOptions = {}): ModuleRegistration {
    return this.#modules.register(name, options)
  }

  /** Asks every registered module at once; `false` if any of them is down. @param options `timeoutMillis`: 5000 by default */
  checkModuleLiveness(options?: { readonly timeoutMillis?: number }): Promise<boolean> {
    const intake = inCall(this[lifecycleKey].intake, 'checkModuleLiveness')
    const given = readOptions(intake.faults, 'checkModuleLiveness(options)', options, ['timeoutMillis'])
    const timeoutMillis = toNumber(intake, 'timeoutMillis', given.timeoutMillis) ?? defaultTimeoutMillis
    if (timeoutMillis >= 0) return this.#modules.checkAll(timeoutMillis)
    // At once every module would be down.
    refuseValue(intake, 'timeoutMillis', 'a number from 0 on', timeoutMillis)
    return this.#modules.checkAll(defaultTimeoutMillis)
  }

  modules(): ModuleStatus[] {
    return this.#modules.list()
  }

  /** Reports an error or a message and returns its id. One error object counts once. */
  reportError(error: unknown, report: ErrorReport = {}): string {
    const lifecycle = this[lifecycleKey]
    const current = lifecycle.ports?.currentRecord()
    const inside = current?.owner === lifecycle ? current : undefined
    const fallback = { module: inside?.module ?? this.serviceName, work: inside?.name ?? '', activityId: inside?.id }
    const keys = ['module', 'work', 'severity', 'details'] as const
    const read = readOptions(lifecycle.faults, 'reportError(report)', report, keys)
    return lifecycle.errors.report(error, read as ErrorReport, fallback)
  }

  errorHealth(): ErrorHealth {
    return this[lifecycleKey].errors.health()
  }

  /** The errors that are kept, newest last. */
  errors(filter: ErrorFilter = {}): ErrorRecord[] {
    const { errors, faults } = this[lifecycleKey]
    return errors.list(readOptions(faults, 'errors(filter)', filter, errorFilterKeys) as ErrorFilter)
  }

  /** Errors by type, module and work, the largest group first: also of errors that are not kept any more. */
  errorGroups(filter: ErrorFilter = {}): ErrorGroup[] {
    const { errors, faults } = this[lifecycleKey]
    return errors.groups(readOptions(faults, 'errorGroups(filter)', filter, errorFilterKeys) as ErrorFilter)
  }

  /** Whether the program is coming to its end: `drain()` of `underway/health` has begun, and a worker should take no more. */
  get draining(): boolean {
    return this[lifecycleKey].draining !== undefined
  }

  /** The current step of the training or the loop; 0 until it is set. */
  get step(): number {
    return this.#step
  }

  set step(step: number) {
    const { intake, feed } = this[lifecycleKey]
    const value = toNumber({ ...intake, written: () => 'tracker.step' }, 'step', step)
    if (value === undefined) return
    this.#experiment.stepKnown = true
    if (value === this.#step) return
    this.#step = value
    feed.publish({ kind: 'step', step: value })
  }

  /**
   * Logs numbers of a step of an experiment, such as `{ 'train/loss': 0.5 }`. Steps may come in any order. What is not a
   * number is left out, and warned about once by its name; NaN and the infinities are kept. Never throws.
   */
  logScalars(values: ScalarTree, options?: LogScalarsOptions): void {
    this.#experiment.log(values, options, this.#step)
  }

  /**
   * For numbers of a high rate: logs mean, min, max and count of each step, as `loss/mean` and so on, once the step is
   * over.
   */
  scalarAggregator(options?: AggregatorOptions): ScalarAggregator<ScalarTree> {
    return this.#experiment.aggregator(options, () => this.#step)
  }

  /** Sends a message to people, by whatever is connected for that. Never throws. */
  notify(message: { readonly title: string; readonly content: string }, options?: NotifyOptions): void {
    this.#experiment.notify(message, options)
  }

  /** Like {@link subscribe}, for what `logScalars` is given: they have a channel of their own, as there may be millions. */
  subscribeScalars(
    listener: (items: readonly (ScalarEntry | Gap)[]) => unknown,
    options: SubscribeOptions = {},
  ): Unsubscribe {
    const { scalars, intake } = this[lifecycleKey]
    if (!isListener(intake.faults, 'subscribeScalars(listener)', listener)) return unsubscribeBy(() => {})
    const subscription = scalars.subscribe(listener, readSubscribeOptions(intake, 'subscribeScalars', options))
    return unsubscribeBy(() => subscription.end())
  }

  /** Every counter in one moment. */
  snapshot(): TrackerSnapshot {
    const { counters, clock, errors, faults, feed, scalars } = this[lifecycleKey]
    return {
      version: 1,
      process: this.process,
      time: clock.wallMillis(),
      changes: feed.number,
      open: counters.whole.open,
      planned: counters.whole.planned,
      totals: counters.totals(),
      rows: counters.rows(),
      errors: errors.windowCounts(),
      droppedErrors: errors.dropped,
      droppedErrorGroups: errors.droppedGroups,
      faults: faults.toJSON(),
      subscribers: [...feed.stats(), ...scalars.stats()],
    }
  }

  #openNow(): FeedSnapshot {
    const time = this[lifecycleKey].clock.wallMillis()
    return { kind: 'snapshot', instance: this.process.instance, time, activities: this.openActivities() }
  }
}

function isListener(faults: Faults, place: string, listener: unknown): boolean {
  if (typeof listener === 'function') return true
  faults.countOption(place, `expected a function, got ${typeof listener}`)
  return false
}

function unsubscribeBy(end: () => void): Unsubscribe {
  return Object.assign(() => end(), { [Symbol.dispose]: () => end() })
}
