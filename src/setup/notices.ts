import * as otel from '@opentelemetry/api'
import type { LogLevel, SdkLogLevel } from './environment.js'
import { isRegistered } from './globals.js'
import type { Signal } from './otlp-environment.js'

/** The line that connects a provider which exists already. */
export const keptAdvice: Readonly<Record<Signal, string>> = {
  traces:
    "a tracer provider was registered before: to see spans of other code as activities, add new ActivitySpanProcessor() from 'underway/otel' first to its spanProcessors",
  metrics:
    "a meter provider was registered before and is kept: to have activities as metrics there, call registerInstruments() of 'underway/otel' once; to have scalars there, give its readers scalarReader({ exporter })",
  logs: "a logger provider was registered before and is kept: to have log events of activities there, call registerLifecycleLogs() of 'underway/otel' once",
}

/** Collects what has to be said, and says each thing once, if the level lets it. */
export class Notices {
  readonly #said = new Set<string>()
  readonly #level: LogLevel

  constructor(level: LogLevel) {
    this.#level = level
  }

  warn(message: string, code: 'UNDERWAY_ENVIRONMENT' | 'UNDERWAY_SETUP' | 'UNDERWAY_HEALTH'): void {
    if (this.#said.has(message)) return
    this.#said.add(message)
    if (!this.printed) return
    process.emitWarning(message, { type: 'UnderwayWarning', code })
  }

  /** Whether the level lets warnings through. */
  get printed(): boolean {
    return this.#level !== 'none' && this.#level !== 'error'
  }

  /** For the status, of what somebody else prints. */
  keep(message: string): void {
    this.#said.add(message)
  }

  all(): readonly string[] {
    return [...this.#said]
  }
}

/**
 * What the SDK has to say is shown as `OTEL_LOG_LEVEL` says, and without that from our level `info` on. A logger that
 * somebody set is left alone.
 */
export function showSdkMessages(level: LogLevel, sdkLevel: SdkLogLevel | undefined): void {
  const shown = sdkLevel ?? (level === 'info' || level === 'debug' ? level : 'none')
  if (shown === 'none' || isRegistered('diag')) return
  const logLevel = otel.DiagLogLevel[shown.toUpperCase() as keyof typeof otel.DiagLogLevel]
  otel.diag.setLogger(new otel.DiagConsoleLogger(), { logLevel, suppressOverrideMessage: true })
}
