import { types } from 'node:util'
import type { ActivityHandle } from '../activity/handle.js'
import type { ActivityRecord } from '../activity/record.js'
import { countUnknown } from '../activity/values.js'
import { callSite } from '../base/call-site.js'
import { guarded } from '../base/faults.js'
import type { Context } from '../tracing/api.js'
import { activeContext, currentRecord, recordIn } from '../tracing/current.js'
import type { Lifecycle } from '../tracker/lifecycle.js'
import { unsettled } from '../tracker/settled.js'
import type { StartPlace } from '../tracker/start-sites.js'
import { lifecycleFor } from './connect.js'
import { type Description, describe, type StartOptions } from './description.js'
import { execute } from './execute.js'
import { functionName } from './function-name.js'
import { Handle, handleOf } from './handle.js'
import { inertHandle } from './inert.js'
import { launch } from './launch.js'
import { startKeys } from './raw-options.js'

/** Options of a handle that nobody's function ends. */
export interface StartActivityOptions extends StartOptions {
  /** What leaving the scope of a `using` means without `complete()`. @defaultValue `'completed'` */
  readonly leftAs?: 'completed' | 'failed' | undefined
}

type Given<O> = string | O | undefined

/** Options may be just a name; anything that is neither is counted and ignored. */
function optionsOf<O extends StartOptions>(given: Given<O>): O {
  if (typeof given === 'string') return { name: given } as O
  return (typeof given === 'object' && given !== null ? given : {}) as O
}

function trackerOf(options: StartOptions): unknown {
  try {
    return options.tracker
  } catch {
    return undefined
  }
}

interface Opening {
  readonly active: Context
  readonly current: ActivityRecord | undefined
  readonly lifecycle: Lifecycle
  readonly what: Description
  readonly name: string
}

function open(given: Given<StartOptions>, fallbackName: string): Opening {
  const options = optionsOf(given)
  const active = activeContext()
  const current = recordIn(active)
  const lifecycle = lifecycleFor(trackerOf(options), current)
  if (given !== undefined && typeof given !== 'string' && typeof given !== 'object')
    lifecycle.faults.count('option.invalid', 'options')
  const what = describe(lifecycle.intake, options)
  return { active, current, lifecycle, what, name: what.name ?? fallbackName }
}

const handleKeys = [...startKeys, 'leftAs']

/**
 * Where it is started from, looked up at the first start of its module and name, then now and then; so are keys that do not
 * exist, such as mistyped ones. Both take longer than a start.
 */
function placeOf(
  { lifecycle, what, name }: Opening,
  call: string,
  given: Given<StartOptions>,
  below: (...args: never[]) => unknown,
): StartPlace {
  const known = call === 'runActivity' ? startKeys : handleKeys
  return lifecycle.sites.of(what.module, name, () => {
    if (typeof given === 'object' && given !== null) countUnknown(lifecycle.faults, `${call}(options)`, given, known)
    return callSite(below)
  })
}

/** The activity that `from` names, where it was handed off within this tracker and is still open. */
function handedOff({ lifecycle, what }: Opening): ActivityHandle | undefined {
  const record = what.from?.id === undefined ? undefined : lifecycle.find(what.from.id)
  return record === undefined ? undefined : handleOf(record)
}

/**
 * Runs a block as an activity, current inside it; the activity ends when the block settles. Returns what the block
 * returns, and throws what it throws. Never throws itself.
 */
export function runActivity<R>(options: string | StartOptions, fn: (activity: ActivityHandle) => R): R {
  const callable = typeof fn === 'function'
  const opening = open(options, callable ? functionName(fn, 'activity') : 'activity')
  const { lifecycle, what, name } = opening
  if (!callable) {
    lifecycle.faults.count('run.missing', `runActivity(options, fn): fn must be a function, got ${typeof fn}`)
    return undefined as R
  }
  if (lifecycle.disabled) return fn(inertHandle(lifecycle, name))
  const continued = handedOff(opening)
  if (continued !== undefined) return continued.run(fn)
  const place = placeOf(opening, 'runActivity', options, runActivity)
  const record = launch(lifecycle, what, name, place, opening.active, opening.current)
  try {
    return execute(record, fn, undefined, [handleOf(record)], undefined, types.isAsyncFunction(fn))
  } catch (error) {
    // The stack ended before the block was even called.
    if (record.functions === 0 && record.state === 'running') {
      record.functions = unsettled.threw
      lifecycle.stackError = error
      lifecycle.behind = true
    }
    throw error
  }
}

function leftAsOf(given: Given<StartActivityOptions>, { faults }: Lifecycle): 'completed' | 'failed' {
  const leftAs: unknown = guarded(faults, 'value.unreadable', 'leftAs', undefined, () =>
    typeof given === 'object' ? (given as StartActivityOptions | null)?.leftAs : undefined,
  )
  if (leftAs !== undefined && leftAs !== 'completed' && leftAs !== 'failed')
    faults.countOption('startActivity({ leftAs })', "expected 'completed' or 'failed'")
  return leftAs === 'failed' ? 'failed' : 'completed'
}

function guardedHandle(record: ActivityRecord, lifecycle: Lifecycle, leftAs: 'completed' | 'failed'): ActivityHandle {
  try {
    const handle = new Handle(record, leftAs)
    // Whoever chose the id, or handed it on, can end the activity without this handle.
    if (record.idIsKnown) record.handle = handle
    else lifecycle.guard(record, handle)
    return handle
  } catch (error) {
    // The stack ended, so nobody will have a handle.
    record.functions = unsettled.threw
    lifecycle.stackError = error
    lifecycle.behind = true
    throw error
  }
}

/**
 * Starts an activity that ends when you say so, or when the scope of a `using` is left. It does not become current: use
 * `activity.run(fn)`, or give it as `parent`.
 */
export function startActivity(options?: string | StartActivityOptions): ActivityHandle {
  const opening = open(options, 'activity')
  const { lifecycle, what, name } = opening
  if (lifecycle.disabled) return inertHandle(lifecycle, name)
  const continued = handedOff(opening)
  if (continued !== undefined) return continued.state === 'planned' ? continued.start() : continued
  const place = placeOf(opening, 'startActivity', options, startActivity)
  const record = launch(lifecycle, what, name, place, opening.active, opening.current)
  return guardedHandle(record, lifecycle, leftAsOf(options, lifecycle))
}

/** Announces work that will be done later, such as an item in a queue. It counts as open from now on. */
export function planActivity(options?: string | StartActivityOptions): ActivityHandle {
  const opening = open(options, 'activity')
  const { lifecycle, what, name } = opening
  if (lifecycle.disabled) return inertHandle(lifecycle, name)
  const continued = handedOff(opening)
  if (continued !== undefined) return continued
  const place = placeOf(opening, 'planActivity', options, planActivity)
  const record = launch(lifecycle, what, name, place, opening.active, opening.current, true)
  return guardedHandle(record, lifecycle, leftAsOf(options, lifecycle))
}

/** The activity that the running code belongs to. */
export function currentActivity(): ActivityHandle | undefined {
  const record = currentRecord()
  return record === undefined ? undefined : handleOf(record)
}
