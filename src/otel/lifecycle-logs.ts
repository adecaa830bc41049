import { checkedOptions, isFunction, isObject, type OptionChecks } from '../base/checked-options.js'
import { lifecycleFor } from '../instrument/connect.js'
import { getTracker } from '../tracker/default-tracker.js'
import { type ActivityTracker, trackerCheck } from '../tracker/tracker.js'
import { type EventLogger, globalLogger, loggerFor } from './event-logger.js'
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
  const words = (typeof value === 'string' ? value : '').split(',').map((word) => word.trim().toLowerCase())
  return (['logs/dup', 'logs'] as const).find((known) => words.includes(known))
}

function atLeast(least: number): OptionChecks<{ value: number }>['value'] {
  return [(value) => typeof value === 'number' && value >= least, `a number of at least ${least}`]
}

const checks: OptionChecks<LifecycleLogsOptions> = {
  tracker: trackerCheck,
  logger: [(value) => isObject(value) && isFunction(value['emit']), 'what logs.getLogger(name) returns'],
  startDelayMillis: atLeast(0),
  updateMillis: atLeast(1),
  heartbeatMillis: atLeast(1),
  maxActivities: atLeast(1),
  maxBatch: atLeast(1),
  exceptions: [(value) => value === 'logs' || value === 'logs/dup', "'logs' or 'logs/dup'"],
}

function resolve(options: LifecycleLogsOptions): ResolvedLifecycleLogs {
  return {
    startDelayMillis: options.startDelayMillis ?? 1_000,
    updateMillis: options.updateMillis ?? 5_000,
    heartbeatMillis: options.heartbeatMillis ?? 30_000,
    maxActivities: options.maxActivities ?? 10_000,
    exceptions: options.exceptions,
  }
}

const registrations = new Registrations()
/** Stands for the global logger before there is a provider: the api makes a new one each time, which finds it later. */
const globalSink = {}

/** What all loggers of a provider share, in both lines of the SDK: whatever their names, they write to one place. */
function providerOf(logger: EventLogger | undefined): object | undefined {
  const { _sharedState: shared } = (logger ?? {}) as { readonly _sharedState?: unknown }
  return isObject(shared) ? shared : undefined
}

/** Whether a tracker has been registered, with whatever logger. */
export function hasLifecycleLogs(tracker: ActivityTracker): boolean {
  return registrations.has(lifecycleFor(tracker, undefined))
}

/**
 * Sends log records with an event name about activities: `activity.started`, `.updated`, `.heartbeat`, `.ended` and
 * `.error`, each with the ids of the activity's span. Registering the same tracker again with a logger of the same
 * provider changes nothing.
 *
 * @throws UnderwayError OPTIONS_INVALID
 */
export function registerLifecycleLogs(given: LifecycleLogsOptions = {}): SignalRegistration {
  const options = checkedOptions('registerLifecycleLogs', given, checks)
  const tracker = options.tracker ?? getTracker()
  const lifecycle = lifecycleFor(tracker, undefined)
  const resolved = resolve(options)
  const maxBatch = options.maxBatch ?? 4_096
  const logger = loggerFor(options.logger, lifecycle.faults)
  const provider = providerOf(logger)
  const early = registrations.get(lifecycle, globalSink)
  if (early !== undefined && provider !== undefined && provider === providerOf(globalLogger())) return early
  return registrations.of(lifecycle, provider ?? options.logger ?? globalSink, () => {
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
