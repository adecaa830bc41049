import * as otel from '@opentelemetry/api'
import { scopeName } from '../activity/semantic-conventions.js'
import type { Severity } from '../activity/states.js'
import type { Faults } from '../base/faults.js'
import { version } from '../base/version.js'

/** One log record with a name, as the logs api of 1.10 and `@opentelemetry/api-logs` both take it. */
export interface EventRecord {
  readonly eventName: string
  readonly timestamp: Date
  readonly observedTimestamp: Date
  readonly severityNumber: number
  readonly severityText: string
  readonly body?: string
  readonly attributes: otel.Attributes
  readonly context: otel.Context
}

/** The part of an OpenTelemetry logger that is used. */
export interface EventLogger {
  emit(record: EventRecord): void
}

interface LogsApi {
  getLogger(name: string, version?: string): EventLogger
}

/** The numbers of the log data model. */
export const severityNumbers = {
  debug: { severityNumber: 5, severityText: 'DEBUG' },
  info: { severityNumber: 9, severityText: 'INFO' },
  warning: { severityNumber: 13, severityText: 'WARN' },
  error: { severityNumber: 17, severityText: 'ERROR' },
  critical: { severityNumber: 21, severityText: 'FATAL' },
} as const satisfies Record<Severity | 'debug', { readonly severityNumber: number; readonly severityText: string }>

const silentLogger: EventLogger = { emit: () => undefined }

/** Under this key all 1.x copies of the api keep what is registered. */
const apiKey: unique symbol = Symbol.for('opentelemetry.js.api.1') as never

/** The api has logs from 1.10 on. */
export function globalLogger(): EventLogger | undefined {
  return (otel as { readonly logs?: LogsApi }).logs?.getLogger(scopeName, version)
}

/** With an api before 1.10 only the user can say where loggers are. */
export function loggerFor(given: EventLogger | undefined, faults: Faults): EventLogger {
  if (given !== undefined) return given
  const logger = globalLogger()
  if (logger !== undefined) {
    const registered = (globalThis as { [apiKey]?: { logs?: unknown } })[apiKey]?.logs
    if (registered === undefined) faults.count('signal.missing', 'registerLifecycleLogs()')
    return logger
  }
  faults.count(
    'signal.missing',
    "registerLifecycleLogs(): this @opentelemetry/api has no logs; give logger: logs.getLogger('underway') of @opentelemetry/api-logs",
  )
  return silentLogger
}
