import { refuseOthers, settingUp, shown } from '../base/checked-options.js'
import { beforeDeadline } from '../base/deadline.js'
import { UnderwayError } from '../base/underway-error.js'
import { asOwnWork } from '../tracing/suppressed.js'
import type { Blocker } from '../tracker/blockers.js'
import { getTracker } from '../tracker/default-tracker.js'
import type { Lifecycle } from '../tracker/lifecycle.js'
import { type ActivityTracker, lifecycleKey } from '../tracker/tracker.js'

/** What happens to the open work of a module: it may finish until the time is over, or its signals are aborted at once. */
export const drainPolicies = ['finish', 'abort'] as const
export type DrainPolicy = (typeof drainPolicies)[number]

export interface DrainOptions {
  /** How long open work has to end, in milliseconds; what is left then is aborted. @defaultValue 30000 */
  readonly timeoutMillis?: number | undefined
  /** How long what was aborted at the timeout has to end, in milliseconds. @defaultValue 1000 */
  readonly graceMillis?: number | undefined
  /** How long sending may take, in milliseconds. @defaultValue 5000 */
  readonly flushMillis?: number | undefined
  /** For modules that `modules` does not name. @defaultValue `'finish'` */
  readonly policy?: DrainPolicy | undefined
  readonly modules?: Readonly<Record<string, DrainPolicy>> | undefined
  /**
   * Called once nothing is open any more, or the time is over; what `startUnderway` exports is flushed besides. What fails,
   * takes too long or comes to `false`, as `flush()` and `shutdown()` of `startUnderway` may, was not sent.
   */
  readonly flush?: (() => unknown) | undefined
  /** @defaultValue the default tracker */
  readonly tracker?: ActivityTracker | undefined
}

export interface DrainReport {
  /** Whether everything ended in time. */
  readonly quiescent: boolean
  /** What was still open, oldest first. */
  readonly left: readonly Blocker[]
  /** Roots that were started meanwhile; they ran with an aborted signal. */
  readonly startedMeanwhile: number
  /** Whether everything was sent in time, and nothing was lost since draining began. */
  readonly flushed: boolean
  readonly durationMillis: number
  /** 0 if everything ended and was sent, else 1. */
  readonly exitCode: 0 | 1
}

interface Resolved {
  readonly timeoutMillis: number
  readonly graceMillis: number
  readonly flushMillis: number
  readonly policyOf: (module: string) => DrainPolicy
  readonly flush: (() => unknown) | undefined
  readonly tracker: ActivityTracker
}

function refuse(name: string, wanted: string, value: unknown): never {
  throw new UnderwayError('OPTIONS_INVALID', `drain({ ${name} }): expected ${wanted}, got ${shown(value)}`)
}

function millis(name: string, value: unknown, fallback: number): number {
  if (value === undefined) return fallback
  if (typeof value === 'number' && value >= 0 && !Number.isNaN(value)) return value
  return refuse(name, 'a number of milliseconds', value)
}

function policy(name: string, value: unknown): DrainPolicy {
  return drainPolicies.find((one) => one === value) ?? refuse(name, drainPolicies.join(' or '), value)
}

const drainKeys = ['timeoutMillis', 'graceMillis', 'flushMillis', 'policy', 'modules', 'flush', 'tracker'] as const

/**
 * @param call whose options they are, which may have more
 * @throws UnderwayError OPTIONS_INVALID
 */
export function checkDrainOptions(options: DrainOptions, call = 'drain', more: readonly string[] = []): Resolved {
  return settingUp(`${call}(options)`, () => {
    refuseOthers(call, options, [...drainKeys, ...more])
    const { modules = {}, flush, tracker = getTracker() } = options
    if (typeof modules !== 'object' || modules === null)
      refuse('modules', "an object such as { Trainer: 'abort' }", modules)
    if (flush !== undefined && typeof flush !== 'function') refuse('flush', 'a function', flush)
    const byModule = new Map(
      Object.entries(modules).map(([module, value]) => [module, policy(`modules: { ${module} }`, value)]),
    )
    const otherwise = options.policy === undefined ? 'finish' : policy('policy', options.policy)
    return {
      timeoutMillis: millis('timeoutMillis', options.timeoutMillis, 30_000),
      graceMillis: millis('graceMillis', options.graceMillis, 1_000),
      flushMillis: millis('flushMillis', options.flushMillis, 5_000),
      policyOf: (module) => byModule.get(module) ?? otherwise,
      flush,
      tracker,
    }
  })
}

const drains = new WeakMap<Lifecycle, Promise<DrainReport>>()

/**
 * Brings a program to its end: it is no longer ready, new roots run with an aborted signal, work of modules with the policy
 * `abort` is aborted, the rest may finish, and what is left when the time is over is aborted too; then everything is sent.
 * A second call gives the report of the first. Never rejects.
 *
 * @throws UnderwayError OPTIONS_INVALID
 */
export function drain(options: DrainOptions = {}): Promise<DrainReport> {
  return drainAsChecked(checkDrainOptions(options))
}

/** Like {@link drain}, with options that were read before. */
export function drainAsChecked(resolved: Resolved): Promise<DrainReport> {
  const lifecycle = resolved.tracker[lifecycleKey]
  const running = drains.get(lifecycle)
  if (running !== undefined) return running
  const report = run(resolved, lifecycle)
  drains.set(lifecycle, report)
  return report
}

async function run(options: Resolved, lifecycle: Lifecycle): Promise<DrainReport> {
  const { tracker, policyOf, timeoutMillis, graceMillis, flushMillis } = options
  const began = lifecycle.clock.monotonicMillis()
  const lostBefore = lostBy(lifecycle)
  const draining = { reason: new DOMException('the program is draining', 'AbortError'), started: 0 }
  lifecycle.draining = draining
  abort(lifecycle, draining.reason, (module) => policyOf(module) === 'abort')
  let quiescent = await tracker.waitQuiescent({ timeoutMillis })
  if (!quiescent) {
    abort(lifecycle, new DOMException(`still open ${timeoutMillis} ms after draining began`, 'AbortError'), () => true)
    quiescent = await tracker.waitQuiescent({ timeoutMillis: graceMillis })
  }
  const left = Object.freeze(quiescent ? [] : tracker.blockers())
  tracker.flushNow()
  const sent = await flushAll(options, lifecycle, flushMillis)
  const flushed = sent && lostBy(lifecycle) <= lostBefore
  return Object.freeze({
    quiescent,
    left,
    startedMeanwhile: draining.started,
    flushed,
    durationMillis: lifecycle.clock.monotonicMillis() - began,
    exitCode: quiescent && flushed ? 0 : 1,
  })
}

/** A copy, as what listens to a signal may end its activity. */
function abort(lifecycle: Lifecycle, reason: DOMException, chosen: (module: string) => boolean): void {
  for (const record of [...lifecycle.open]) if (chosen(record.module)) lifecycle.abort(record, reason)
}

/** What exporters have not delivered so far. */
function lostBy({ lostExports }: Lifecycle): number {
  return [...lostExports.values()].reduce((sum, lost) => sum + lost(), 0)
}

async function flushAll(
  { flush }: Resolved,
  { flushers, clock, faults }: Lifecycle,
  flushMillis: number,
): Promise<boolean> {
  const all = flush === undefined ? [...flushers] : [() => flush(), ...flushers]
  const outcomes = await Promise.all(
    all.map((one) => beforeDeadline(clock, flushMillis, () => asOwnWork(() => one(flushMillis)))),
  )
  for (const outcome of outcomes)
    if (outcome.kind === 'failed') faults.count('option.threw', 'drain flush', outcome.error)
  return outcomes.every((outcome) => outcome.kind === 'settled' && outcome.value !== false)
}
