import { readTimeLimit, type TimeLimit } from '../activity/time-limit.js'
import { checkedOptions, isFunction, isObject, type OptionChecks, settingUp } from '../base/checked-options.js'
import { beforeDeadline } from '../base/deadline.js'
import { lifecycleFor } from '../instrument/connect.js'
import { getTracker } from '../tracker/default-tracker.js'
import type { Lifecycle } from '../tracker/lifecycle.js'
import { noPorts } from '../tracker/ports.js'
import { type ActivityTracker, trackerCheck } from '../tracker/tracker.js'
import type { ExperimentBackend } from './backend.js'
import { countCheck, isName } from './backend-options.js'
import { type BackendStatus, Outlet, type OutletLimits } from './outlet.js'
import { atProcessEnd } from './process-end.js'
import { Router } from './router.js'

export interface ConnectBackendsOptions {
  /** Each gets everything, unless the option `backend` of a call picks one. */
  readonly backends: readonly ExperimentBackend[]
  /** Calls of `logScalars` that wait for one backend at most; more are dropped, and counted. @defaultValue 65536 */
  readonly maxWaiting?: number | undefined
  /** @defaultValue 1000 */
  readonly maxWaitingMessages?: number | undefined
  /** Calls of `logScalars` in one call of a backend. @defaultValue 1000 */
  readonly maxBatch?: number | undefined
  /** How long scalars wait for company, in milliseconds. @defaultValue 1000 */
  readonly delayMillis?: number | undefined
  /** How long one call of a backend may take, in milliseconds. @defaultValue 15000 */
  readonly timeoutMillis?: number | undefined
  /** Calls of a backend with the same batch; the pauses between them grow from 1 s to 30 s. @defaultValue 6 */
  readonly maxAttempts?: number | undefined
  /** How long the process waits for the backends when nothing else is left to do, in milliseconds. @defaultValue 2000 */
  readonly exitTimeoutMillis?: number | undefined
  /** @defaultValue the default tracker */
  readonly tracker?: ActivityTracker | undefined
}

/** What `connectBackends` returns. No method rejects. */
export interface ConnectedBackends extends AsyncDisposable {
  /** In the order in which they were given. */
  status(): readonly BackendStatus[]
  /** `true` once all that was recorded until now has arrived. @param options `timeoutMillis`: 10000 by default */
  flush(options?: { readonly timeoutMillis?: number }): Promise<boolean>
  /**
   * Delivers what is left, gives up what takes longer, and closes the backends; `false` if something was lost. The same
   * promise every time.
   *
   * @param options `timeoutMillis`: 10000 by default
   */
  close(options?: { readonly timeoutMillis?: number }): Promise<boolean>
}

const methodNames = ['writeScalars', 'sendMessage', 'flush', 'close', 'writeScalarsAtExit'] as const

function isBackend(value: unknown): boolean {
  if (!isObject(value)) return false
  const methods = methodNames.map((method) => value[method])
  const [writeScalars, sendMessage] = methods
  return (
    isName(value['name']) &&
    (isFunction(writeScalars) || isFunction(sendMessage)) &&
    methods.every((method) => method === undefined || isFunction(method))
  )
}

/** Its methods as they are now: what is called later cannot have become something else. */
function readBackend(backend: ExperimentBackend): ExperimentBackend {
  const { name } = backend
  const methods = methodNames.flatMap((method) => {
    const called: unknown = backend[method]
    return typeof called === 'function' ? [[method, called.bind(backend)]] : []
  })
  return { name, ...Object.fromEntries(methods) }
}

const millis: OptionChecks<{ value: number }>['value'] = [
  (value) => typeof value === 'number' && value >= 0 && value <= 86_400_000,
  'a number of milliseconds, a day at most',
]

const checks: OptionChecks<ConnectBackendsOptions> = {
  backends: [
    (value) => Array.isArray(value) && value.every(isBackend),
    'a list of backends, such as consoleBackend(), each with a name and writeScalars or sendMessage',
  ],
  maxWaiting: countCheck,
  maxWaitingMessages: countCheck,
  maxBatch: countCheck,
  delayMillis: millis,
  timeoutMillis: millis,
  maxAttempts: countCheck,
  exitTimeoutMillis: millis,
  tracker: trackerCheck,
}

function limitsOf(options: ConnectBackendsOptions): OutletLimits {
  return {
    maxWaiting: options.maxWaiting ?? 65_536,
    maxWaitingMessages: options.maxWaitingMessages ?? 1_000,
    maxBatch: options.maxBatch ?? 1_000,
    delayMillis: options.delayMillis ?? 1_000,
    timeoutMillis: options.timeoutMillis ?? 15_000,
    maxAttempts: options.maxAttempts ?? 6,
  }
}

const defaultTimeoutMillis = 10_000
const routers = new WeakMap<Lifecycle, Router>()

/**
 * Has scalars and messages of a tracker written to backends: in batches, beside the work, each with its own queue. What
 * fails is repeated, counted in `status()` and as the faults `backend.failed` and `backend.dropped`, and never reaches
 * the caller of `logScalars` or `notify`.
 *
 * @throws UnderwayError OPTIONS_INVALID
 */
export function connectBackends(given: ConnectBackendsOptions): ConnectedBackends {
  return settingUp('connectBackends(options)', () => {
    const options = checkedOptions('connectBackends', given, checks, ['backends'])
    const tracker = options.tracker ?? getTracker()
    const lifecycle = lifecycleFor(tracker, undefined)
    const { clock, faults } = lifecycle
    const router = routers.get(lifecycle) ?? new Router(tracker, lifecycle)
    const backends = options.backends.map(readBackend)
    router.check(backends.map(({ name }) => name))
    routers.set(lifecycle, router)
    const limits = limitsOf(options)
    const ownWork = <T>(work: () => T): T => (lifecycle.ports ?? noPorts).ownWork(work)
    const outlets = backends.map((backend) => new Outlet(backend, { clock, faults, limits, ownWork }))
    return new Connection(tracker, lifecycle, router, outlets, options.exitTimeoutMillis ?? 2_000)
  })
}

class Connection implements ConnectedBackends {
  readonly #tracker: ActivityTracker
  readonly #lifecycle: Lifecycle
  readonly #router: Router
  readonly #outlets: readonly Outlet[]
  readonly #exitTimeoutMillis: number
  #exiting = false
  #closing: Promise<boolean> | undefined
  readonly #flusher = (timeoutMillis: number): Promise<boolean> => this.flush({ timeoutMillis })
  readonly #forgetEnd: () => void

  constructor(
    tracker: ActivityTracker,
    lifecycle: Lifecycle,
    router: Router,
    outlets: readonly Outlet[],
    exitTimeoutMillis: number,
  ) {
    this.#tracker = tracker
    this.#lifecycle = lifecycle
    this.#router = router
    this.#outlets = outlets
    this.#exitTimeoutMillis = exitTimeoutMillis
    router.add(outlets)
    lifecycle.flushers.add(this.#flusher)
    this.#forgetEnd = atProcessEnd({
      beforeExit: () => void this.#beforeExit(),
      exit: () => {
        tracker.flushNow()
        for (const outlet of outlets) outlet.writeAtExit()
      },
    })
  }

  status(): readonly BackendStatus[] {
    return this.#outlets.map((outlet) => outlet.status())
  }

  flush(options?: { readonly timeoutMillis?: number }): Promise<boolean> {
    return this.#settle(this.#timeoutMillis('flush', options))
  }

  close(options?: { readonly timeoutMillis?: number }): Promise<boolean> {
    this.#closing ??= this.#close(this.#timeoutMillis('close', options))
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #timeoutMillis(call: string, options: TimeLimit | undefined): number {
    return readTimeLimit(this.#lifecycle.intake, call, options) ?? defaultTimeoutMillis
  }

  /** @returns whether everything arrived in time */
  async #settle(timeoutMillis: number): Promise<boolean> {
    const before = this.#lost()
    this.#tracker.flushNow()
    const outcome = await beforeDeadline(this.#lifecycle.clock, timeoutMillis, () =>
      Promise.all(this.#outlets.map((outlet) => outlet.flush())),
    )
    return outcome.kind === 'settled' && this.#lost() === before
  }

  async #close(timeoutMillis: number): Promise<boolean> {
    const { clock, flushers } = this.#lifecycle
    const began = clock.monotonicMillis()
    this.#tracker.flushNow()
    this.#router.remove(this.#outlets)
    for (const outlet of this.#outlets) outlet.stop()
    const all = await this.#settle(timeoutMillis)
    if (!all) for (const outlet of this.#outlets) outlet.abandon()
    const leftMillis = Math.max(timeoutMillis - (clock.monotonicMillis() - began), 0)
    const closed = await beforeDeadline(clock, leftMillis, () =>
      Promise.all(this.#outlets.map((outlet) => outlet.close())),
    )
    flushers.delete(this.#flusher)
    this.#forgetEnd()
    return all && closed.kind === 'settled'
  }

  #lost(): number {
    return this.status().reduce((sum, { scalars, messages }) => sum + scalars.failed + messages.failed, 0)
  }

  /** Once: a backend that cannot be reached must not hold the process again and again. */
  async #beforeExit(): Promise<void> {
    this.#tracker.flushNow()
    if (this.#exiting || this.#outlets.every(({ pending }) => pending === 0)) return
    this.#exiting = true
    await this.#settle(this.#exitTimeoutMillis)
  }
}
