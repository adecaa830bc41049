import { types } from 'node:util'
import { bounds } from '../activity/bounds.js'
import type { Verdict } from '../activity/control.js'
import type { ActivityHandle } from '../activity/handle.js'
import type { ActivityOutcome, ActivityUpdate, SpanReference } from '../activity/options.js'
import type { ActivityRecord, LogEntry } from '../activity/record.js'
import { type DetailedSnapshot, detailedSnapshotOf } from '../activity/snapshot.js'
import { toAttributes, toNumber, toText } from '../activity/values.js'
import { guarded } from '../base/faults.js'
import type { ActivityContext } from '../tracing/activity-context.js'
import { currentRecord } from '../tracing/current.js'
import { injectActivity } from '../tracing/propagation.js'
import { setSpanAttributes } from '../tracing/span.js'
import { begin, lifecycleOf, recordKey, release } from './begin.js'
import { bindTo } from './bind.js'
import { execute, executeInside } from './execute.js'
import { applyOutcome, applyUpdate } from './updates.js'
import { ActivityView } from './view.js'

export class Handle extends ActivityView implements ActivityHandle {
  readonly #leftAs: 'completed' | 'failed'

  constructor(record: ActivityRecord, leftAs: 'completed' | 'failed' = 'completed') {
    super(record)
    this.#leftAs = leftAs
  }

  get signal(): AbortSignal {
    return lifecycleOf(this[recordKey]).signal(this[recordKey])
  }

  start(doing?: string): this {
    const record = this[recordKey]
    if (!begin(record)) return this
    if (doing !== undefined) applyUpdate(record, doing, undefined)
    lifecycleOf(record).announce(record)
    return this
  }

  update(doing: string | ActivityUpdate, update?: ActivityUpdate): this {
    const record = this[recordKey]
    const lifecycle = lifecycleOf(record)
    if (!lifecycle.progressed(record)) return this
    if (typeof doing === 'object' && doing !== null) applyUpdate(record, undefined, doing)
    else applyUpdate(record, doing, update)
    lifecycle.announceUpdate(record)
    return this
  }

  heartbeat(): this {
    const record = this[recordKey]
    if (lifecycleOf(record).progressed(record)) lifecycleOf(record).announceUpdate(record, { heartbeat: true })
    return this
  }

  log(message: string, options?: { readonly percent?: number }): this {
    const record = this[recordKey]
    const lifecycle = lifecycleOf(record)
    const text = toText(lifecycle.intake, 'log', message)
    if (text === undefined || !lifecycle.progressed(record)) return this
    const given = guarded(lifecycle.faults, 'option.invalid', 'log.percent', undefined, () => options?.percent)
    const percent = toNumber(lifecycle.intake, 'log.percent', given)
    const entry: LogEntry = {
      time: lifecycle.clock.wallMillis(),
      message: text,
      state: record.state,
      ...(percent === undefined ? {} : { percent }),
    }
    const details = record.detail()
    details.log ??= []
    details.log.push(entry)
    if (details.log.length > bounds.logEntries) {
      details.log.shift()
      lifecycle.faults.count('log.dropped', record.name)
    }
    lifecycle.announceUpdate(record, { log: entry })
    return this
  }

  set(key: string | Readonly<Record<string, unknown>>, value?: unknown): this {
    const record = this[recordKey]
    const lifecycle = lifecycleOf(record)
    if (!record.open) {
      lifecycle.faults.count('update.ignored', record.name)
      return this
    }
    const before = record.details?.attributes
    const added = typeof key === 'string' ? { [key]: value } : key
    const attributes = toAttributes(lifecycle.intake, added, before)
    if (attributes === undefined || attributes === before) return this
    record.detail().attributes = attributes
    setSpanAttributes(record, attributes, lifecycle.faults)
    lifecycle.announceUpdate(record)
    return this
  }

  complete(did?: string, outcome?: ActivityOutcome): void {
    conclude(this[recordKey], { state: 'completed' }, did, outcome)
  }

  fail(error: unknown, outcome?: ActivityOutcome): void {
    conclude(this[recordKey], { state: 'failed', error: { value: error } }, undefined, outcome)
  }

  skip(reason?: string): void {
    conclude(this[recordKey], { state: 'skipped' }, undefined, reason === undefined ? undefined : { reason })
  }

  cancel(reason?: string): void {
    const record = this[recordKey]
    const lifecycle = lifecycleOf(record)
    const tooLate = !record.open
    conclude(this[recordKey], { state: 'cancelled' }, undefined, reason === undefined ? undefined : { reason })
    if (tooLate) return
    const text = reason === undefined ? undefined : record.details?.reason
    lifecycle.abort(record, new DOMException(text ?? 'cancelled', 'AbortError'))
  }

  run<R>(fn: (activity: this) => R): R {
    const record = this[recordKey]
    const lifecycle = lifecycleOf(record)
    if (typeof fn !== 'function') {
      lifecycle.faults.count('run.missing', `run(fn): fn must be a function, got ${typeof fn}`)
      return undefined as R
    }
    if (record.state === 'planned') this.start()
    if (currentRecord() === record && record.functions > 0) return executeInside(record, () => fn(this))
    if (record.state === 'running')
      return execute(record, fn as (...args: never[]) => R, undefined, [this], undefined, types.isAsyncFunction(fn))
    if (!lifecycle.disabled) lifecycle.faults.count('run.ended', record.name)
    return fn(this)
  }

  bind<F extends (...args: never) => unknown>(fn: F): F {
    if (this[recordKey].tracing === undefined || typeof fn !== 'function') return fn
    return bindTo(this, fn)
  }

  inject<C extends object>(carrier: C): C {
    const record = this[recordKey]
    // Made-up ids would cut the trace that the carrier belongs to.
    if (lifecycleOf(record).disabled) return carrier
    // Whoever receives it can end the activity by its id.
    release(record, this)
    injectActivity(record, record.tracing as ActivityContext | undefined, carrier, lifecycleOf(record).faults)
    return carrier
  }

  spanContext(): SpanReference {
    const { traceId, spanId, traceFlags } = this[recordKey].spanReference()
    return { traceId, spanId, traceFlags }
  }

  toJSON(): DetailedSnapshot {
    return detailedSnapshotOf(this[recordKey], this.process)
  }

  [Symbol.dispose](): void {
    const record = this[recordKey]
    if (!record.open || record.functions > 0 || record.control?.verdict !== undefined) return
    if (this.#leftAs === 'completed') this.complete()
    else this.fail(new Error(`${record.name} was left without complete()`))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]()
  }
}

function conclude(
  record: ActivityRecord,
  verdict: Verdict,
  did: string | undefined,
  outcome: ActivityOutcome | undefined,
): void {
  if (record.open && record.control?.verdict === undefined) applyOutcome(record, did, outcome)
  lifecycleOf(record).conclude(record, verdict)
}

/** Handles of other copies of the package are as good, and what guards a generator is no handle. */
function isHandle(value: object | undefined): value is ActivityHandle {
  return value !== undefined && recordKey in value
}

/** The handle of a record; the same one each time while somebody holds it. */
export function handleOf(record: ActivityRecord): ActivityHandle {
  const known = record.handle ?? record.guard?.deref()
  if (isHandle(known)) return known
  const made = new Handle(record)
  // Where the first handle was lost before anybody noticed, the new one is what the activity now depends on.
  if (record.guard === undefined || record.control?.paused === true) record.handle = made
  else record.guard = new WeakRef(made)
  return made
}
