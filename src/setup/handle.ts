import type { BackendStatus } from '../experiment/outlet.js'
import type { HealthMonitor } from '../health/health-monitor.js'
import type { ActivityTracker } from '../tracker/tracker.js'
import type { Environment } from './environment.js'
import type { Experiment } from './experiment.js'
import type { QueueStatus } from './export-queue.js'
import type { Notices } from './notices.js'
import type { Signal } from './otlp-environment.js'

export interface SignalStatus {
  /**
   * `exporting`: over a provider that was set up here. `kept`: somebody had registered a provider before, which was left
   * as it is. `off`: switched off by an option or the environment.
   */
  readonly state: 'exporting' | 'kept' | 'off'
  /** Where it goes over OTLP. */
  readonly url?: string
  /** Where Prometheus fetches metrics, with the exporter `prometheus`. */
  readonly pullUrl?: string
  /** Where the provider was kept and something is missing: what to add to its set-up. */
  readonly advice?: string
  /** Spans, log records, or metric payloads. */
  readonly queue?: QueueStatus
  /** Why the last payload that was lost was lost, or why metrics cannot be fetched. */
  readonly lastError?: string
}

export interface UnderwayStatus {
  readonly state: 'running' | 'disabled' | 'shut down'
  readonly service: string
  /** `service.instance.id` */
  readonly instance: string
  readonly signals: Readonly<Record<Signal, SignalStatus>>
  /** How the backends of the option `experiment` are doing. */
  readonly experiment?: readonly BackendStatus[]
  /** What `logScalars` was given, which leaves in requests of its own; those that wait for the collector are `pending`. */
  readonly scalars: SignalStatus
  /** What could not be used or attached, and collectors that do not take what is exported. */
  readonly warnings: readonly string[]
}

/** What `startUnderway` returns. No method rejects. */
export interface UnderwayHandle extends AsyncDisposable {
  /** The monitor that the option `health`, the environment or the file asked for; closed by `shutdown`. */
  readonly health: HealthMonitor | undefined
  status(): UnderwayStatus
  /** Exports all that has ended; `false` if that took longer or something was lost. @param options `timeoutMillis`: 10000 by default */
  flush(options?: { readonly timeoutMillis?: number }): Promise<boolean>
  /**
   * Exports what is left and stops; `false` if something was lost. The same promise every time.
   *
   * @param options `timeoutMillis`: two thirds of `exitTimeoutMillis` by default
   */
  shutdown(options?: { readonly timeoutMillis?: number }): Promise<boolean>
}

/** What every handle is made of. */
export interface SetUp {
  readonly tracker: ActivityTracker
  readonly environment: Environment
  readonly notices: Notices
  readonly health: HealthMonitor | undefined
  readonly experiment: Experiment | undefined
  /** Another set-up may follow. */
  readonly ended: () => void
}

export const off: SignalStatus = Object.freeze({ state: 'off' })
export const allOff: Readonly<Record<Signal, SignalStatus>> = Object.freeze({ traces: off, metrics: off, logs: off })
