/** What can be registered with the api. */
type Registered = 'trace' | 'metrics' | 'logs' | 'context' | 'propagation' | 'diag'

/** Under this key all 1.x copies of the api keep what is registered; the proxies in front of it do not say. */
const apiKey: unique symbol = Symbol.for('opentelemetry.js.api.1') as never
/** The same of `@opentelemetry/api-logs`, beside api 1.9. */
const apiLogsKey: unique symbol = Symbol.for('io.opentelemetry.js.api.logs') as never

interface Globals {
  readonly [apiKey]?: Partial<Record<Registered, unknown>>
  readonly [apiLogsKey]?: unknown
}

export function isRegistered(what: Registered): boolean {
  const globals = globalThis as Globals
  return globals[apiKey]?.[what] !== undefined || (what === 'logs' && globals[apiLogsKey] !== undefined)
}
