import { AsyncLocalStorage } from 'node:async_hooks'
import * as otel from '@opentelemetry/api'
import type { ActivityRecord } from '../activity/record.js'
import { ActivityContext, activityKey, spanRecordKey } from './activity-context.js'
import { registered } from './registered.js'
import { inNoStorage, runWith } from './storage-switch.js'

/**
 * Where the current activity lives: in the OpenTelemetry context once a context manager has proved that it carries our
 * key, also across an `await`; in our own AsyncLocalStorage without one; in both until the proof is in, and where the
 * manager loses the context, so that at least spans that are started before the first `await` are inside ours.
 *
 * In both as seldom as possible: what has once been in a storage leaves an entry in the frame of the program, which
 * every later switch of any storage copies.
 */
type Place = 'context' | 'own' | 'both'

interface Slot {
  readonly storage: AsyncLocalStorage<ActivityContext | undefined>
  /** Whether activities were started while there was no context manager: they may still run, and only we know of them. */
  startedWithout?: boolean
  /** Whether a manager was seen that keeps the context somewhere else than in a storage that shows. */
  elsewhere?: boolean
}

interface Direct {
  readonly storage: AsyncLocalStorage<unknown>
  /** The method that was looked at; somebody may put another in front of it later. */
  readonly with: otel.ContextManager['with']
}

const slotKey: unique symbol = Symbol.for('underway.current/1') as never
const probeKey = otel.createContextKey('underway.probe/1')

/** Shared by all copies of the package, so that an activity started through one is current for the others. */
function sharedSlot(): Slot {
  const holder = globalThis as { [slotKey]?: Slot }
  holder[slotKey] ??= { storage: new AsyncLocalStorage() }
  return holder[slotKey]
}

let place: Place = 'own'
let slot: Slot | undefined
let provenManager: otel.ContextManager | undefined
/** How the proven manager is entered, if that is to run in its storage and nothing else. */
let direct: Direct | undefined

function registeredManager(): otel.ContextManager | undefined {
  return registered()?.context
}

/** The manager that was proven, asked without the way through the api, which every tracked call would take twice. */
function contextManager(): Pick<otel.ContextManager, 'active' | 'with'> {
  return provenManager ?? otel.context
}

/** Decides anew whenever another context manager was registered. */
function currentPlace(): Place {
  const manager = registeredManager()
  if (manager !== provenManager) {
    provenManager = manager
    direct = undefined
    place = manager === undefined ? 'own' : probe(manager)
    if (manager !== undefined && place !== 'context') sharedSlot().elsewhere = true
  }
  return place
}

function probe(manager: otel.ContextManager): Place {
  try {
    const mark = {}
    const marked = otel.ROOT_CONTEXT.setValue(probeKey, mark)
    const carried = (): boolean => otel.context.active().getValue(probeKey) === mark
    const first = otel.context.with(marked, () => {
      if (!carried()) return false
      const kept = keptBy(manager, mark)
      if (kept?.context === marked && onlyRuns(manager, kept.field))
        direct = { storage: kept.storage, with: manager.with }
      return kept === undefined ? 'both' : 'context'
    })
    if (first === false) return 'own'
    const acrossAwait = otel.context.with(marked, async () => {
      await Promise.resolve()
      return carried()
    })
    acrossAwait.then(
      (proved) => {
        if (provenManager === manager) place = proved ? 'context' : 'both'
      },
      () => {
        if (provenManager === manager) place = 'own'
      },
    )
    return first
  } catch {
    return 'own'
  }
}

interface Kept {
  readonly field: string
  readonly storage: AsyncLocalStorage<unknown>
  readonly context: unknown
}

/** The AsyncLocalStorage of a manager that has the running code's context, which holds the mark: that goes across every `await`. */
function keptBy(manager: otel.ContextManager, mark: object): Kept | undefined {
  for (const [field, storage] of Object.entries(manager)) {
    if (!(storage instanceof AsyncLocalStorage)) continue
    const context = storage.getStore() as Partial<otel.Context> | undefined
    if (context?.getValue?.(probeKey) === mark) return { field, storage, context }
  }
  return undefined
}

/** Whether its `with` is that of OpenTelemetry, which binds and runs, and none that does more, such as for a profiler. */
function onlyRuns(manager: otel.ContextManager, field: string): boolean {
  const source = Function.prototype.toString.call(manager.with)
  // The brackets of its parameters, of `bind` and of `run`.
  return source.includes(`this.${field}.run(`) && source.split('(').length === 4
}

function ownContext(): ActivityContext | undefined {
  slot ??= sharedSlot()
  return slot.storage.getStore()
}

/** The context that the running code is in, with the current activity in it. */
export function activeContext(): otel.Context {
  const where = currentPlace()
  if (where === 'own') return ownContext() ?? (provenManager === undefined ? otel.ROOT_CONTEXT : otel.context.active())
  const active = contextManager().active()
  if (where === 'both') {
    const own = ownContext()
    // A manager that still holds our activity may hold a span of other code inside it.
    return own === undefined || active.getValue(activityKey) === own.record ? active : own
  }
  slot ??= sharedSlot()
  return slot.startedWithout === true ? withEarlier(active) : active
}

/** The context with the activity that runs since before there was a context manager, unless the context has one itself. */
function withEarlier(active: otel.Context): otel.Context {
  const earlier = ownContext()
  if (earlier === undefined || earlier.inBoth) return active
  if (active === otel.ROOT_CONTEXT) return earlier
  // With two copies of the api the manager's root is not ours; and a span of other code knows nothing of the activity either.
  if (recordIn(active) !== undefined) return active
  return new ActivityContext(active, otel.trace.getSpan(active) ?? earlier.span, earlier.record)
}

/** The activity of the context's span, if it is ours and was put there by hand; else that of the context. */
export function recordIn(context: otel.Context): ActivityRecord | undefined {
  if (context === otel.ROOT_CONTEXT) return undefined
  const ours = context instanceof ActivityContext
  const record = ours ? context.record : (context.getValue(activityKey) as ActivityRecord | undefined)
  const span = ours ? context.span : otel.trace.getSpan(context)
  if (span === undefined) return record
  const spanRecord = (span as { [spanRecordKey]?: ActivityRecord })[spanRecordKey]
  if (spanRecord === undefined || spanRecord === record) return record
  // An activity without a span of its own, not started yet or refused by the SDK, has that of the one above in its context.
  return (record?.tracing as ActivityContext | undefined)?.span === span ? record : spanRecord
}

export function currentRecord(): ActivityRecord | undefined {
  slot ??= sharedSlot()
  // Most questions about what is open come from outside of any activity.
  if (slot.elsewhere !== true && inNoStorage()) return undefined
  return recordIn(activeContext())
}

/** Calls a function with an activity's context current. */
export function runIn<R>(
  context: ActivityContext,
  fn: (...args: never[]) => R,
  self: unknown,
  args: readonly unknown[],
): R {
  currentPlace()
  return enter(context, fn, self, args)
}

/** Like {@link runIn}, where the active context was asked for just before: what is registered is still the same. */
export function enter<R>(
  context: ActivityContext,
  fn: (...args: never[]) => R,
  self: unknown,
  args: readonly unknown[],
): R {
  if (place === 'context' && direct !== undefined && direct.with === provenManager?.with)
    return runWith(direct.storage, context, fn, self, args)
  if (place !== 'own') return enterManager(context, fn, self, args)
  slot ??= sharedSlot()
  slot.startedWithout = true
  return runWith(slot.storage, context, fn, self, args)
}

/** Apart, as a function that makes closures keeps its arguments for them in every call, whether it makes one or not. */
function enterManager<R>(
  context: ActivityContext,
  fn: (...args: never[]) => R,
  self: unknown,
  args: readonly unknown[],
): R {
  // Not through the arguments of `with`: managers make `null` of an undefined `this`.
  const call = (): R => Reflect.apply(fn, self, args) as R
  if (place === 'context') return contextManager().with(context, call)
  context.inBoth = true
  slot ??= sharedSlot()
  return runWith(slot.storage, context, () => otel.context.with(context, call), undefined, [])
}

/** The function as it would run now, whoever calls it later: in the context of this moment, with its activity. */
export function inContextOfNow<A extends unknown[], R>(fn: (...args: A) => R): (...args: A) => R {
  const where = currentPlace()
  slot ??= sharedSlot()
  const { storage } = slot
  const own = storage.getStore()
  const active = otel.context.active()
  const inOwn = where !== 'context' || slot.startedWithout === true
  const inManager = provenManager !== undefined
  return (...args) => {
    const call = (): R => fn(...args)
    const inside = inManager ? (): R => otel.context.with(active, call) : call
    return inOwn ? runWith(storage, own, inside, undefined, []) : inside()
  }
}

/** Calls a function outside of any activity and span. */
export function detached<T>(work: () => T): T {
  const where = currentPlace()
  slot ??= sharedSlot()
  if (where === 'own') return runWith(slot.storage, undefined, work, undefined, [])
  if (where === 'context' && slot.startedWithout !== true) return otel.context.with(otel.ROOT_CONTEXT, work)
  const inside = (): T => otel.context.with(otel.ROOT_CONTEXT, work)
  return runWith(slot.storage, undefined, inside, undefined, [])
}
