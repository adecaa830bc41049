import { readTimeLimit, type TimeLimit } from '../activity/time-limit.js'
import { systemClock } from '../base/clock.js'
import { beforeDeadline } from '../base/deadline.js'
import type { HealthMonitor } from '../health/health-monitor.js'
import { lifecycleKey } from '../tracker/tracker.js'
import { attachSignals } from './attach-signals.js'
import { watchExit } from './exit.js'
import { closeExperiment } from './experiment.js'
import { off, type SetUp, type SignalStatus, type UnderwayHandle, type UnderwayStatus } from './handle.js'
import type { StartUnderwayOptions } from './options.js'
import type { Signal } from './otlp-environment.js'
import type { Outlet } from './pipeline.js'
import type { PrometheusEndpoint } from './prometheus-endpoint.js'
import type { Running } from './running.js'

/** How much of the time that the end may take is waited; the rest is for writing what is left, and for tearing down. */
const waitShare = 0.65

export interface RunningParts extends SetUp {
  readonly options: StartUnderwayOptions
  readonly running: { readonly [S in Signal]?: Running }
  /** Signals whose provider somebody else had registered, with what to add there. */
  readonly kept: ReadonlyMap<Signal, string | undefined>
}

export class RunningHandle implements UnderwayHandle {
  readonly health: HealthMonitor | undefined
  readonly #parts: RunningParts
  readonly #all: readonly Running[]
  readonly #outlets: readonly Outlet[]
  readonly #exitWaitMillis: number
  readonly #unwatch: () => void
  readonly #detach: () => void
  readonly #flusher = (timeoutMillis: number): Promise<boolean> =>
    this.#settle(timeoutMillis, () => this.#collect(), false)
  #shutdown: Promise<boolean> | undefined

  constructor(parts: RunningParts) {
    this.#parts = parts
    this.health = parts.health
    this.#all = Object.values(parts.running)
    this.#outlets = this.#all.flatMap(({ outlet, scalars }) => [outlet ?? [], scalars ?? []].flat())
    this.#exitWaitMillis = (parts.options.exitTimeoutMillis ?? 1_000) * waitShare
    const { metrics, logs } = parts.running
    this.#detach = attachSignals({
      tracker: parts.tracker,
      meterProvider: metrics?.provider as never,
      loggerProvider: logs?.provider as never,
      exceptionSignal: parts.environment.exceptionSignal,
    })
    const { flushers, lostExports } = parts.tracker[lifecycleKey]
    flushers.add(this.#flusher)
    for (const [signal, { outlet }] of Object.entries(parts.running))
      if (outlet !== undefined)
        lostExports.set(signal, () => {
          const { dropped, failed } = outlet.status()
          return dropped + failed
        })
    this.#unwatch = watchExit({
      outlets: this.#outlets,
      waitMillis: this.#exitWaitMillis,
      handOver: parts.options.handOverAtExit ?? true,
      onSignals: parts.options.flushOnSignals ?? false,
      release: () => parts.tracker[lifecycleKey].scalars.release(),
      flush: () => this.#settle(this.#exitWaitMillis, () => this.#collect(), true),
      shutdown: () => this.shutdown(),
    })
  }

  status(): UnderwayStatus {
    const { tracker, notices, experiment } = this.#parts
    return {
      state: this.#shutdown === undefined ? 'running' : 'shut down',
      service: tracker.process.service,
      instance: tracker.process.instance,
      signals: { traces: this.#signal('traces'), metrics: this.#signal('metrics'), logs: this.#signal('logs') },
      scalars: this.#scalars(),
      ...(experiment === undefined ? {} : { experiment: experiment.connected.status() }),
      warnings: notices.all(),
    }
  }

  async flush(options?: TimeLimit): Promise<boolean> {
    const timeoutMillis = this.#timeoutMillis('flush', options) ?? 10_000
    const all = await Promise.all([
      this.#settle(timeoutMillis, () => this.#collect(), false),
      this.#parts.experiment?.connected.flush({ timeoutMillis }),
    ])
    return !all.includes(false)
  }

  shutdown(options?: TimeLimit): Promise<boolean> {
    this.#shutdown ??= this.#endAll(this.#timeoutMillis('shutdown', options))
    return this.#shutdown
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown()
  }

  #timeoutMillis(call: string, options: TimeLimit | undefined): number | undefined {
    return readTimeLimit(this.#parts.tracker[lifecycleKey].intake, call, options)
  }

  async #endAll(timeoutMillis: number | undefined): Promise<boolean> {
    const all = await Promise.all([
      closeExperiment(this.#parts.experiment, timeoutMillis),
      this.#end(timeoutMillis ?? this.#exitWaitMillis),
    ])
    return !all.includes(false)
  }

  async #end(timeoutMillis: number): Promise<boolean> {
    this.#unwatch()
    const all = await this.#settle(
      timeoutMillis,
      () => Promise.allSettled(this.#all.map(({ provider }) => provider.shutdown())),
      true,
    )
    this.#detach()
    const { flushers, lostExports } = this.#parts.tracker[lifecycleKey]
    flushers.delete(this.#flusher)
    for (const signal of Object.keys(this.#parts.running)) lostExports.delete(signal)
    for (const { outlet, scalars, unregister } of this.#all) {
      outlet?.close()
      scalars?.close()
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
    const flush = (outlets: readonly (Outlet | undefined)[]): Promise<unknown> =>
      Promise.all(outlets.map(async (outlet) => outlet?.flush()))
    const outcome = await beforeDeadline(systemClock, timeoutMillis, () =>
      Promise.all([
        work().then(() => flush(this.#all.map(({ outlet }) => outlet))),
        // They leave without the provider, whose end may take all the time there is.
        flush(this.#all.map(({ scalars }) => scalars)),
      ]),
    )
    if (outcome.kind !== 'settled' && thenAbandon) for (const outlet of this.#outlets) outlet.abandon()
    return outcome.kind === 'settled' && this.#lost() === lostBefore
  }

  #lost(): number {
    return this.#outlets.reduce((sum, outlet) => sum + outlet.status().failed, 0)
  }

  #scalars(): SignalStatus {
    const outlet = this.#parts.running.metrics?.scalars
    return outlet === undefined ? off : { state: 'exporting', ...sent(outlet) }
  }

  #signal(signal: Signal): SignalStatus {
    const { running, kept } = this.#parts
    const { outlet, endpoint } = running[signal] ?? {}
    if (running[signal] !== undefined) return { state: 'exporting', ...fetched(endpoint), ...sent(outlet) }
    if (!kept.has(signal)) return { state: 'off' }
    const advice = kept.get(signal)
    return advice === undefined ? { state: 'kept' } : { state: 'kept', advice }
  }
}

function fetched(endpoint: PrometheusEndpoint | undefined): Partial<SignalStatus> {
  const { url, lastError } = endpoint ?? {}
  return { ...(url === undefined ? {} : { pullUrl: url }), ...(lastError === undefined ? {} : { lastError }) }
}

function sent(outlet: Outlet | undefined): Partial<SignalStatus> {
  if (outlet === undefined) return {}
  const { lastError, target } = outlet.sender
  const status = { url: target.url, queue: outlet.status() }
  return lastError === undefined ? status : { ...status, lastError }
}
