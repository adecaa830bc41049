import { scopeName } from '../activity/semantic-conventions.js'
import { version } from '../base/version.js'
import type { InstrumentsOptions } from '../otel/index.js'
import { type EventLogger, registerInstruments, registerLifecycleLogs } from '../otel/index.js'
import type { ActivityTracker } from '../tracker/tracker.js'
import type { Environment } from './environment.js'

type Meter = NonNullable<InstrumentsOptions['meter']>

/** Changes of one turn of the event loop, as many as spans are queued, so that a burst of short work drops no log event. */
const maxBatch = 65_536

/** What the signals are written with; absent where a signal is off or its provider was kept. */
export interface SignalSinks {
  readonly tracker: ActivityTracker
  readonly meterProvider: { getMeter(name: string, version?: string): Meter } | undefined
  readonly loggerProvider: { getLogger(name: string, version?: string): EventLogger } | undefined
  readonly exceptionSignal: Environment['exceptionSignal']
}

/**
 * The one place where metrics and log events of a tracker are connected to the providers.
 *
 * @returns what takes them off again
 */
export function attachSignals({ tracker, meterProvider, loggerProvider, exceptionSignal }: SignalSinks): () => void {
  const attached: { unregister(): void }[] = []
  if (meterProvider !== undefined)
    attached.push(registerInstruments({ tracker, meter: meterProvider.getMeter(scopeName, version) }))
  if (loggerProvider !== undefined) {
    const logger = loggerProvider.getLogger(scopeName, version)
    attached.push(
      registerLifecycleLogs({
        tracker,
        logger,
        maxBatch,
        exceptions: exceptionSignal === 'events' ? undefined : exceptionSignal,
      }),
    )
  }
  return () => {
    for (const registration of attached) registration.unregister()
  }
}
