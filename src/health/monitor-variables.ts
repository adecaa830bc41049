import type { ExceptionPolicy } from './policy.js'

export type SettingKind = 'boolean' | 'millis' | 'policy'

/** One setting of a monitor, and its name wherever it can be given. */
export interface Setting {
  readonly section: 'exceptionHandling' | 'healthCheck'
  readonly key: string
  readonly kind: SettingKind
  readonly variable: string
  /** Its name in the section of the file that measures in seconds. */
  readonly inSeconds: string
  readonly fallback: boolean | number | ExceptionPolicy
}

/** Names the YAML file. */
export const configVariable = 'UNDERWAY_CONFIG'

export const monitorVariables: readonly Setting[] = [
  {
    section: 'exceptionHandling',
    key: 'enabled',
    kind: 'boolean',
    variable: 'UNDERWAY_EXCEPTION_HANDLING_ENABLED',
    inSeconds: 'enabled',
    fallback: true,
  },
  {
    section: 'exceptionHandling',
    key: 'intervalMillis',
    kind: 'millis',
    variable: 'UNDERWAY_EXCEPTION_HANDLING_INTERVAL',
    inSeconds: 'check_interval',
    fallback: 1_000,
  },
  {
    section: 'exceptionHandling',
    key: 'policy',
    kind: 'policy',
    variable: 'UNDERWAY_EXCEPTION_HANDLING_POLICY',
    inSeconds: 'policy',
    fallback: 'stop_on_error',
  },
  {
    section: 'healthCheck',
    key: 'enabled',
    kind: 'boolean',
    variable: 'UNDERWAY_HEALTH_CHECK_ENABLED',
    inSeconds: 'enabled',
    fallback: true,
  },
  {
    section: 'healthCheck',
    key: 'intervalMillis',
    kind: 'millis',
    variable: 'UNDERWAY_HEALTH_CHECK_INTERVAL',
    inSeconds: 'check_interval',
    fallback: 30_000,
  },
  {
    section: 'healthCheck',
    key: 'timeoutMillis',
    kind: 'millis',
    variable: 'UNDERWAY_HEALTH_CHECK_TIMEOUT',
    inSeconds: 'timeout',
    fallback: 5_000,
  },
]
