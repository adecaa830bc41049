import { UnderwayError } from '../base/underway-error.js'
import { lifecycleFor } from '../instrument/connect.js'
import { getTracker } from '../tracker/default-tracker.js'
import type { ActivityTracker } from '../tracker/tracker.js'
import { type EventLogger, loggerFor } from './event-logger.js'
import { LifecycleEvents, type ResolvedLifecycleLogs } from './lifecycle-events.js'
import { Registrations, registrationBy, type SignalRegistration } from './registration.js'

/**
 * Where the exception of a failed activity goes, in the words of `OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN`: `logs` puts it
 * on the log record `activity.error` instead of the span, `logs/dup` on both.
 */
export type ExceptionSignals = 'logs' | 'logs/dup'

export interface LifecycleLogsOptions {
  /** @defaultValue the default tracker */
  readonly tracker?: ActivityTracker | undefined
  /** @defaultValue a logger of the global LoggerProvider; with an api before 1.10 one of `@opentelemetry/api-logs` must be given */
  readonly logger?: EventLogger | undefined
  /** What ends sooner sends neither its start nor its end. @defaultValue 1000 */
  readonly startDelayMillis?: number | undefined
  /** Of the updates of one activity in so long the latest is sent. @defaultValue 5000 */
  readonly updateMillis?: number | undefined
  /** What is open and has sent nothing for so long sends that it is still there. @defaultValue 30000 */
  readonly heartbeatMillis?: number | undefined
  /** Activities followed at once; the events of more are left out and counted. @defaultValue 10000 */
  readonly maxActivities?: number | undefined
  /** Changes that wait for the event loop; more are left out and counted. @defaultValue 4096 */
  readonly maxBatch?: number | undefined
  /** @defaultValue the exception is on the span alone */
  readonly exceptions?: ExceptionSignals | undefined
}

/** Reads a value of `OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN`; what it does not know is the default. */
export function exceptionSignalsOf(value: string | undefined): ExceptionSignals | undefined {
  const words = (value ?? '').split(',').map((word) => word.trim().toLowerCase())
  return (['logs/dup', 'logs'] as const).find((known) => words.includes(known))
}

function numberOf(name: string, given: number | undefined, least: number, otherwise: number): number {
  if (given === undefined) return otherwise
  if (typeof given === 'number' && given >= least) return given
  throw new UnderwayError(
    'OPTIONS_INVALID',
    `registerLifecycleLogs({ ${name} }) must be a number of at least ${least}, got ${String(given)}`,
  )
}

function resolve(options: LifecycleLogsOptions): ResolvedLifecycleLogs {
  const { exceptions } = options
  if (exceptions !== undefined && exceptions !== 'logs' && exceptions !== 'logs/dup')
    throw new UnderwayError('OPTIONS_INVALID', "registerLifecycleLogs({ exceptions }) must be 'logs' or 'logs/dup'")
  return {
    startDelayMillis: numberOf('startDelayMillis', options.startDelayMillis, 0, 1_000),
    updateMillis: numberOf('updateMillis', options.updateMillis, 1, 5_000),
    heartbeatMillis: numberOf('heartbeatMillis', options.heartbeatMillis, 1, 30_000),
    maxActivities: numberOf('maxActivities', options.maxActivities, 1, 10_000),
    exceptions,
  }
}

const registrations = new Registrations()
/** Stands for the global logger, of which the api makes a new one each time. */
const globalSink = {}

/**
 * Sends log records with an event name about activities: `activity.started`, `.updated`, `.heartbeat`, `.ended` and
 * `.error`, each with the ids of the activity's span. Registering the same tracker and logger again changes nothing.
 *
 * @throws UnderwayError OPTIONS_INVALID
 */
export function registerLifecycleLogs(options: LifecycleLogsOptions = {}): SignalRegistration {
  const tracker = options.tracker ?? getTracker()
  const lifecycle = lifecycleFor(tracker, undefined)
  const resolved = resolve(options)
  const maxBatch = numberOf('maxBatch', options.maxBatch, 1, 4_096)
  const logger = loggerFor(options.logger, lifecycle.faults)
  return registrations.of(lifecycle, options.logger ?? globalSink, () => {
    const events = new LifecycleEvents(lifecycle, logger, resolved)
    const unsubscribe = tracker.subscribe((items) => events.take(items), {
      name: 'lifecycle logs',
      maxBatch,
      whenFull: 'gap',
    })
    const before = lifecycle.exceptionsOnSpans
    lifecycle.exceptionsOnSpans = resolved.exceptions === 'logs' ? false : before
    return registrationBy(() => {
      lifecycle.exceptionsOnSpans = before
      unsubscribe()
      events.close()
    })
  })
}
