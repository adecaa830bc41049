import { checkedOptions, isBoolean, isObject, isTexts, type OptionChecks, settingUp } from '../base/checked-options.js'
import { UnderwayError } from '../base/underway-error.js'
import type { ConnectBackendsOptions } from '../experiment/connect-backends.js'
import type { HealthMonitorOptions } from '../health/health-monitor.js'
import { type ActivityTracker, trackerCheck } from '../tracker/tracker.js'
import type { Variables } from './environment-values.js'

export interface StartUnderwayOptions {
  /** @defaultValue `OTEL_SERVICE_NAME`, else `service.name` of `OTEL_RESOURCE_ATTRIBUTES` */
  readonly serviceName?: string | undefined
  /** Added to the resource, over those of `OTEL_RESOURCE_ATTRIBUTES`. */
  readonly resourceAttributes?: Readonly<Record<string, string>> | undefined
  /** `true` exports over OTLP if the environment names no exporter. @defaultValue `OTEL_TRACES_EXPORTER` is not `none` */
  readonly traces?: boolean | undefined
  /** @defaultValue `OTEL_METRICS_EXPORTER` is not `none` */
  readonly metrics?: boolean | undefined
  /** @defaultValue `OTEL_LOGS_EXPORTER` is not `none` */
  readonly logs?: boolean | undefined
  /** Whose work is exported. @defaultValue the default tracker */
  readonly tracker?: ActivityTracker | undefined
  /**
   * A monitor that stops the program by a policy, as `monitorHealth` of `underway/health`; `true` takes its defaults. What
   * the code does not say, the environment and the file of `UNDERWAY_CONFIG` do.
   *
   * @defaultValue one where the environment or the file have settings for it
   */
  readonly health?: boolean | Omit<HealthMonitorOptions, 'tracker'> | undefined
  /** Shuts down on SIGTERM and SIGINT, and then lets the signal have its way unless somebody else listens. @defaultValue false */
  readonly flushOnSignals?: boolean | undefined
  /** How long the end of the process may take longer for the collector; two thirds of it are waited. @defaultValue 1000 */
  readonly exitTimeoutMillis?: number | undefined
  /** Passes spans and logs that are left at `process.exit` or a crash to a short-lived child process. @defaultValue true */
  readonly handOverAtExit?: boolean | undefined
  /** Where scalars and messages go besides OpenTelemetry; see `connectBackends` of `underway/experiment`. @defaultValue nowhere */
  readonly experiment?: Omit<ConnectBackendsOptions, 'tracker'> | undefined
  /** @defaultValue `process.env` */
  readonly env?: Variables | undefined
}

const flag = [isBoolean, 'true or false'] as const

const checks: OptionChecks<StartUnderwayOptions> = {
  serviceName: [(value) => typeof value === 'string' && value !== '', 'a text'],
  resourceAttributes: [isTexts, 'an object of texts'],
  traces: flag,
  metrics: flag,
  logs: flag,
  tracker: trackerCheck,
  health: [(value) => isBoolean(value) || isObject(value), 'true, false or an object of settings'],
  flushOnSignals: flag,
  exitTimeoutMillis: [
    (value) => typeof value === 'number' && value >= 0 && value <= 60_000,
    'a number from 0 to 60000',
  ],
  handOverAtExit: flag,
  experiment: [
    (value) => isObject(value) && Array.isArray(value['backends']),
    "an object with 'backends', such as { backends: [consoleBackend()] }",
  ],
  env: [isTexts, 'an object such as process.env'],
}

/** @throws UnderwayError OPTIONS_INVALID */
export function checkStartOptions(options: StartUnderwayOptions): StartUnderwayOptions {
  settingUp('startUnderway(options)', () => refuseAddress(options))
  return checkedOptions('startUnderway', options, checks)
}

/** Names of all options, in their order. */
export const startOptionNames: readonly string[] = Object.keys(checks)

/** Others have the address of the collector among their options. */
function refuseAddress(options: unknown): void {
  const address = isObject(options) ? Object.keys(options).find((name) => /endpoint|url/i.test(name)) : undefined
  if (address === undefined) return
  throw new UnderwayError(
    'OPTIONS_INVALID',
    `startUnderway({ ${address.slice(0, 80)} }): the collector is named by OTEL_EXPORTER_OTLP_ENDPOINT, in the environment or in env: { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT }`,
  )
}

/** Names of the options of a second call that ask for something else than the first did. */
export function optionsThatDiffer(first: StartUnderwayOptions, second: StartUnderwayOptions): readonly string[] {
  return (Object.keys(second) as (keyof StartUnderwayOptions)[]).filter(
    (name) => second[name] !== undefined && !isSame(first[name], second[name]),
  )
}

/** Flat records are the same if they say the same. */
function isSame(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true
  if (!isPlain(one) || !isPlain(other)) return false
  const keys = new Set([...Object.keys(one), ...Object.keys(other)])
  return [...keys].every((key) => Object.is(one[key], other[key]))
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}
