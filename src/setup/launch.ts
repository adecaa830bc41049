import { systemClock } from '../base/clock.js'
import { beforeDeadline } from '../base/deadline.js'
import type { ActivityTracker } from '../tracker/tracker.js'
import { attachSignals } from './attach-signals.js'
import type { Environment } from './environment.js'
import { watchExit } from './exit.js'
import { isRegistered } from './globals.js'
import type { SignalStatus, UnderwayHandle, UnderwayStatus } from './handle.js'
import { keptAdvice, Notices, showSdkMessages } from './notices.js'
import type { StartUnderwayOptions } from './options.js'
import { type Signal, signals } from './otlp-environment.js'
import { providers, type Running } from './providers.js'
import { loadSdk, type Sdk } from './sdk.js'
import type { ResourceLike } from './sdk-shapes.js'

const registrations = { traces: 'trace', metrics: 'metrics', logs: 'logs' } as const

/** Sets up the signals that are wanted and not taken. @throws UnderwayError SETUP_SDK_MISSING */
export async function launch(
  options: StartUnderwayOptions,
  environment: Environment,
  tracker: ActivityTracker,
  ended: () => void,
): Promise<UnderwayHandle> {
  const notices = new Notices(environment.logLevel)
  for (const warning of environment.warnings) notices.warn(warning, 'UNDERWAY_ENVIRONMENT')
  showSdkMessages(environment.logLevel)
  const wanted = signals.filter((signal) => options[signal] ?? environment.exports[signal])
  const free = new Set(wanted.filter((signal) => !isRegistered(registrations[signal])))
  const running: { [S in Signal]?: Running } = {}
  if (free.size > 0) {
    const sdk = await loadSdk(free)
    const resource = resourceOf(sdk, options, environment, tracker)
    for (const signal of free) {
      const started = providers[signal]({ sdk, environment, resource, tracker })
      if (started !== undefined) running[signal] = started
    }
  }
  for (const signal of wanted) if (running[signal] === undefined) notices.warn(keptAdvice[signal], 'UNDERWAY_SETUP')
  return new RunningHandle({ options, environment, tracker, notices, running, wanted, ended })
}

function resourceOf(
  sdk: Sdk,
  options: StartUnderwayOptions,
  environment: Environment,
  tracker: ActivityTracker,
): ResourceLike {
  const service = options.serviceName ?? environment.serviceName
  return sdk.resources.defaultResource().merge(
    sdk.resources.resourceFromAttributes({
      'service.instance.id': tracker.process.instance,
      ...environment.resourceAttributes,
      ...options.resourceAttributes,
      ...(service === undefined ? {} : { 'service.name': service }),
    }),
  )
}

interface Parts {
  readonly options: StartUnderwayOptions
  readonly environment: Environment
  readonly tracker: ActivityTracker
  readonly notices: Notices
  readonly running: { readonly [S in Signal]?: Running }
  readonly wanted: readonly Signal[]
  /** Another set-up may follow. */
  readonly ended: () => void
}

class RunningHandle implements UnderwayHandle {
  readonly #parts: Parts
  readonly #all: readonly Running[]
  readonly #exitTimeoutMillis: number
  readonly #unwatch: () => void
  readonly #detach: () => void
  #shutdown: Promise<boolean> | undefined

  constructor(parts: Parts) {
    this.#parts = parts
    this.#all = Object.values(parts.running)
    this.#exitTimeoutMillis = parts.options.exitTimeoutMillis ?? 1_000
    const { metrics, logs } = parts.running
    this.#detach = attachSignals({
      tracker: parts.tracker,
      meterProvider: metrics?.provider as never,
      loggerProvider: logs?.provider as never,
      exceptionSignal: parts.environment.exceptionSignal,
    })
    this.#unwatch = watchExit({
      outlets: this.#all.map(({ outlet }) => outlet),
      exitTimeoutMillis: this.#exitTimeoutMillis,
      handOver: parts.options.handOverAtExit ?? true,
      onSignals: parts.options.flushOnSignals ?? false,
      flush: () => this.#settle(this.#exitTimeoutMillis, () => this.#collect(), true),
      shutdown: () => this.shutdown(),
    })
  }

  status(): UnderwayStatus {
    const { tracker, notices } = this.#parts
    return {
      state: this.#shutdown === undefined ? 'running' : 'shut down',
      service: tracker.process.service,
      instance: tracker.process.instance,
      signals: { traces: this.#signal('traces'), metrics: this.#signal('metrics'), logs: this.#signal('logs') },
      warnings: notices.all(),
    }
  }

  flush(options: { readonly timeoutMillis?: number } = {}): Promise<boolean> {
    return this.#settle(options.timeoutMillis ?? 10_000, () => this.#collect(), false)
  }

  shutdown(options: { readonly timeoutMillis?: number } = {}): Promise<boolean> {
    this.#shutdown ??= this.#end(options.timeoutMillis ?? this.#exitTimeoutMillis)
    return this.#shutdown
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown()
  }

  async #end(timeoutMillis: number): Promise<boolean> {
    this.#unwatch()
    const all = await this.#settle(
      timeoutMillis,
      () => Promise.allSettled(this.#all.map(({ provider }) => provider.shutdown())),
      true,
    )
    this.#detach()
    for (const { outlet, unregister } of this.#all) {
      outlet.close()
      unregister()
    }
    this.#parts.ended()
    return all
  }

  /** Only metrics: the providers of the others would hold the process with a timer for as long as the collector hangs. */
  async #collect(): Promise<void> {
    await Promise.allSettled([this.#parts.running.metrics?.provider.forceFlush()])
  }

  /** @returns whether everything was exported in time */
  async #settle(timeoutMillis: number, work: () => Promise<unknown>, thenAbandon: boolean): Promise<boolean> {
    const lostBefore = this.#lost()
    this.#parts.tracker.flushNow()
    const outcome = await beforeDeadline(systemClock, timeoutMillis, async () => {
      await work()
      await Promise.all(this.#all.map(({ outlet }) => outlet.flush()))
    })
    if (outcome.kind !== 'settled' && thenAbandon) for (const { outlet } of this.#all) outlet.abandon()
    return outcome.kind === 'settled' && this.#lost() === lostBefore
  }

  #lost(): number {
    return this.#all.reduce((sum, { outlet }) => sum + outlet.status().failed, 0)
  }

  #signal(signal: Signal): SignalStatus {
    const outlet = this.#parts.running[signal]?.outlet
    if (outlet === undefined) {
      return this.#parts.wanted.includes(signal) ? { state: 'kept', advice: keptAdvice[signal] } : { state: 'off' }
    }
    const { lastError, target } = outlet.sender
    const status = { state: 'exporting', url: target.url, queue: outlet.status() } as const
    return lastError === undefined ? status : { ...status, lastError }
  }
}
