import type { ConnectBackendsOptions, ConnectedBackends } from '../experiment/index.js'
import type { ActivityTracker } from '../tracker/tracker.js'

/** What `connectBackends` is given, but for the tracker. */
export type ExperimentOptions = Omit<ConnectBackendsOptions, 'tracker'>

const exitTimeoutMillis = 2_000

/** The backends of a set-up, and how long its end waits for them. */
export interface Experiment {
  readonly connected: ConnectedBackends
  readonly exitTimeoutMillis: number
}

/** Loads the room only where it is asked for. @throws UnderwayError OPTIONS_INVALID */
export async function connectExperiment(
  options: ExperimentOptions | undefined,
  tracker: ActivityTracker,
): Promise<Experiment | undefined> {
  if (options === undefined) return undefined
  const { connectBackends } = await import('../experiment/index.js')
  const connected = connectBackends({ ...options, tracker })
  return { connected, exitTimeoutMillis: options.exitTimeoutMillis ?? exitTimeoutMillis }
}

/** @returns whether all has arrived */
export async function closeExperiment(
  experiment: Experiment | undefined,
  timeoutMillis: number | undefined,
): Promise<boolean> {
  if (experiment === undefined) return true
  return await experiment.connected.close({ timeoutMillis: timeoutMillis ?? experiment.exitTimeoutMillis })
}
