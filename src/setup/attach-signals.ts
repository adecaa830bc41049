import type { ActivityTracker } from '../tracker/tracker.js'
import type { Environment } from './environment.js'

/** What the signals are written with; absent where a signal is off or its provider was kept. */
export interface SignalSinks {
  readonly tracker: ActivityTracker
  readonly meterProvider: { getMeter(name: string, version?: string): object } | undefined
  readonly loggerProvider: { getLogger(name: string, version?: string): object } | undefined
  readonly exceptionSignal: Environment['exceptionSignal']
}

/**
 * The one place where metrics and log events of a tracker are connected to the providers.
 *
 * @returns what takes them off again
 */
export function attachSignals(_sinks: SignalSinks): () => void {
  return () => {}
}
