/// <reference lib="esnext.disposable" preserve="true" />
import { refuseUnknown, settingUp } from '../base/checked-options.js'
import type { Clock, Timer } from '../base/clock.js'
import { UnderwayError } from '../base/underway-error.js'
import { detached } from '../tracing/current.js'
import { getTracker } from '../tracker/default-tracker.js'
import { type ActivityTracker, lifecycleKey } from '../tracker/tracker.js'
import { type MonitorSettings, type PartialSettings, resolveSettings } from './monitor-settings.js'
import { type StopReason, stopsOnErrors } from './policy.js'

export interface HealthMonitorOptions extends PartialSettings {
  /** Called once, before open activities are aborted. What it throws, or rejects with, is counted as a fault. */
  readonly onStop?: ((reason: StopReason) => unknown) | undefined
  /**
   * Whether the process stays alive until the monitor is closed or has said stop. Choose it where the work runs elsewhere:
   * when a worker dies, nothing else may be left that could notice. @defaultValue false
   */
  readonly keepAlive?: boolean | undefined
  /** A YAML file. @defaultValue what `UNDERWAY_CONFIG` names */
  readonly configFile?: string | undefined
  /** @defaultValue the default tracker */
  readonly tracker?: ActivityTracker | undefined
}

const optionKeys: readonly string[] = [
  'exceptionHandling',
  'healthCheck',
  'onStop',
  'keepAlive',
  'configFile',
  'tracker',
]

/** Looks at errors and modules at intervals and says once that the program should stop. */
export class HealthMonitor implements Disposable {
  /** What holds after code, environment, file and defaults. */
  readonly settings: MonitorSettings
  readonly #tracker: ActivityTracker
  readonly #clock: Clock
  readonly #onStop: HealthMonitorOptions['onStop']
  readonly #keepAlive: boolean
  readonly #stopped = new AbortController()
  readonly #timers = new Map<() => unknown, Timer>()
  #reason: StopReason | undefined
  #closed = false

  /** @internal Use {@link monitorHealth}. */
  constructor(tracker: ActivityTracker, settings: MonitorSettings, { onStop, keepAlive }: HealthMonitorOptions) {
    this.settings = settings
    this.#tracker = tracker
    this.#clock = tracker[lifecycleKey].clock
    this.#onStop = onStop
    this.#keepAlive = keepAlive ?? false
    const { exceptionHandling, healthCheck } = settings
    if (exceptionHandling.enabled) this.#every(exceptionHandling.intervalMillis, () => this.#lookAtErrors())
    if (healthCheck.enabled) this.#every(healthCheck.intervalMillis, () => this.#askModules())
  }

  /** Aborted with the reason when the program should stop; wait with it, or hand it to what you call. */
  get signal(): AbortSignal {
    return this.#stopped.signal
  }

  /** Why the program should stop, once it should. */
  get stopReason(): StopReason | undefined {
    return this.#reason
  }

  /** Looks now, without waiting for the interval. @returns why the program should stop, if it should */
  async check(): Promise<StopReason | undefined> {
    const { exceptionHandling, healthCheck } = this.settings
    if (healthCheck.enabled) await this.#askModules()
    if (exceptionHandling.enabled) this.#lookAtErrors()
    return this.#reason
  }

  /** Ends the watching. A second call does nothing. */
  close(): void {
    this.#closed = true
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** One look after another, never two at once, outside of the activity in which the monitor was made. */
  #every(intervalMillis: number, look: () => unknown): void {
    const again = (): void => {
      if (this.#closed) return
      const tick = (): void => void (async () => look())().then(again, again)
      const timer = detached(() =>
        this.#keepAlive ? this.#clock.timer(tick, intervalMillis) : this.#clock.backgroundTimer(tick, intervalMillis),
      )
      this.#timers.set(look, timer)
    }
    again()
  }

  #lookAtErrors(): void {
    const health = this.#tracker.errorHealth()
    const { policy } = this.settings.exceptionHandling
    if (stopsOnErrors(policy, health)) this.#stop('errors', `${health.message} (policy ${policy})`)
  }

  /** A module that goes down is reported as an error, so that the policy decides about it too; here it is named. */
  async #askModules(): Promise<void> {
    const { healthCheck, exceptionHandling } = this.settings
    if (await this.#tracker.checkModuleLiveness({ timeoutMillis: healthCheck.timeoutMillis })) return
    if (!exceptionHandling.enabled || exceptionHandling.policy !== 'stop_on_error') return
    const down = this.#down()
    if (down.length > 0)
      this.#stop(
        'module',
        `${down.map(({ name, reason }) => `${name} is down: ${reason ?? 'no reason'}`).join('; ')} (policy stop_on_error)`,
      )
  }

  #down(): { readonly name: string; readonly reason?: string }[] {
    return this.#tracker.modules().filter(({ state }) => state === 'down')
  }

  #stop(cause: StopReason['cause'], message: string): void {
    if (this.#closed) return
    this.close()
    const lifecycle = this.#tracker[lifecycleKey]
    const reason: StopReason = Object.freeze({
      policy: this.settings.exceptionHandling.policy,
      cause,
      message,
      down: Object.freeze(this.#down().map(({ name }) => name)),
      errorHealth: this.#tracker.errorHealth(),
      time: lifecycle.clock.wallMillis(),
    })
    this.#reason = reason
    this.#tell(reason)
    const aborted = new DOMException(message, 'AbortError')
    this.#stopped.abort(aborted)
    // A copy, as what listens to a signal may end its activity.
    for (const record of [...lifecycle.open]) lifecycle.abort(record, aborted)
  }

  #tell(reason: StopReason): void {
    const { faults } = this.#tracker[lifecycleKey]
    const failed = (error: unknown): void => faults.count('option.threw', 'onStop', error)
    void (async () => this.#onStop?.(reason))().catch(failed)
  }
}

/** Where a monitor is asked for: how its options are written there, and the environment that holds. */
export interface MonitorCall {
  readonly written: (option: string) => string
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** @throws UnderwayError OPTIONS_INVALID */
export function openMonitor(options: HealthMonitorOptions, { written, environment }: MonitorCall): HealthMonitor {
  const refuse = (option: string, wanted: string, value: unknown): never => {
    throw new UnderwayError('OPTIONS_INVALID', `${written(option)}: expected ${wanted}, got ${typeof value}`)
  }
  refuseUnknown(written, options, optionKeys)
  const { onStop, keepAlive, configFile, tracker = getTracker() } = options
  if (onStop !== undefined && typeof onStop !== 'function') refuse('onStop', 'a function', onStop)
  if (keepAlive !== undefined && typeof keepAlive !== 'boolean') refuse('keepAlive', 'true or false', keepAlive)
  if (configFile !== undefined && typeof configFile !== 'string') refuse('configFile', 'a path', configFile)
  if (typeof tracker !== 'object' || tracker === null || !(lifecycleKey in tracker))
    refuse('tracker', 'an ActivityTracker', tracker)
  return new HealthMonitor(tracker, resolveSettings({ code: options, written, environment, file: configFile }), options)
}

/**
 * Watches errors and modules, and stops the program by its policy: `onStop` is called once, then `monitor.signal` and the
 * signals of all open activities are aborted.
 *
 * @throws UnderwayError OPTIONS_INVALID, for what code, environment or file say
 */
export function monitorHealth(options: HealthMonitorOptions = {}): HealthMonitor {
  return settingUp('monitorHealth(options)', () => {
    if (typeof options !== 'object' || options === null)
      throw new UnderwayError(
        'OPTIONS_INVALID',
        `monitorHealth(options): options must be an object, got ${options === null ? 'null' : typeof options}`,
      )
    return openMonitor(options, {
      written: (option) => `monitorHealth({ ${option} })`,
      environment: process.env,
    })
  })
}
