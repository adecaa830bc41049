import type { ConnectedBackends } from '../experiment/connect-backends.js'
import type { ActivityTracker } from '../tracker/tracker.js'
import type { Environment } from './environment.js'
import type { Notices } from './notices.js'
import type { StartUnderwayOptions } from './options.js'

const exitTimeoutMillis = 2_000

/** The backends of a set-up, and how long its end waits for them. */
export interface Experiment {
  readonly connected: ConnectedBackends
  readonly exitTimeoutMillis: number
}

/** Loads the room only where it is asked for, by the option or by the file. @throws UnderwayError OPTIONS_INVALID where the option is wrong */
export async function connectExperiment(
  options: StartUnderwayOptions,
  environment: Environment,
  tracker: ActivityTracker,
  notices: Notices,
): Promise<Experiment | undefined> {
  const { experiment, env } = options
  if (experiment === undefined && environment.configFile === undefined) return undefined
  const { configuredBackends, connectBackends } = await import('../experiment/index.js')
  if (experiment !== undefined) {
    const connected = connectBackends({ ...experiment, tracker })
    return { connected, exitTimeoutMillis: experiment.exitTimeoutMillis ?? exitTimeoutMillis }
  }
  try {
    const backends = configuredBackends({ env })
    return backends.length === 0 ? undefined : { connected: connectBackends({ backends, tracker }), exitTimeoutMillis }
  } catch (error) {
    // As with variables: what cannot be used does not keep the program from starting.
    notices.warn((error as Error).message, 'UNDERWAY_ENVIRONMENT')
    return undefined
  }
}

/** @returns whether all has arrived */
export async function closeExperiment(
  experiment: Experiment | undefined,
  timeoutMillis: number | undefined,
): Promise<boolean> {
  if (experiment === undefined) return true
  return await experiment.connected.close({ timeoutMillis: timeoutMillis ?? experiment.exitTimeoutMillis })
}
