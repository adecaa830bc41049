import { shown } from '../base/checked-options.js'
import { UnderwayError } from '../base/underway-error.js'
import { readYamlFile } from '../base/yaml-file.js'
import { type ExceptionPolicy, exceptionPolicies } from './policy.js'

export interface ExceptionHandlingSettings {
  /** Whether errors are looked at. @defaultValue true */
  readonly enabled: boolean
  /** How often, in milliseconds. @defaultValue 1000 */
  readonly intervalMillis: number
  /** @defaultValue `'stop_on_error'` */
  readonly policy: ExceptionPolicy
}

export interface HealthCheckSettings {
  /** Whether the registered modules are asked. @defaultValue true */
  readonly enabled: boolean
  /** How long after one round of checks the next begins, in milliseconds. @defaultValue 30000 */
  readonly intervalMillis: number
  /** How long a module may take to answer, in milliseconds. @defaultValue 5000 */
  readonly timeoutMillis: number
}

export interface MonitorSettings {
  readonly exceptionHandling: ExceptionHandlingSettings
  readonly healthCheck: HealthCheckSettings
}

/** Settings of which any may be left out. */
export interface PartialSettings {
  readonly exceptionHandling?:
    | { readonly [K in keyof ExceptionHandlingSettings]?: ExceptionHandlingSettings[K] | undefined }
    | undefined
  readonly healthCheck?: { readonly [K in keyof HealthCheckSettings]?: HealthCheckSettings[K] | undefined } | undefined
}

export interface SettingsSources {
  readonly code: PartialSettings
  readonly environment: Readonly<Record<string, string | undefined>>
  /** A YAML file. @defaultValue what `UNDERWAY_CONFIG` names */
  readonly file?: string | undefined
}

type Kind = 'boolean' | 'millis' | 'policy'

interface Setting {
  readonly section: 'exceptionHandling' | 'healthCheck'
  readonly key: string
  readonly kind: Kind
  readonly variable: string
  /** Its name in the section of the file that measures in seconds. */
  readonly inSeconds: string
  readonly fallback: boolean | number | ExceptionPolicy
}

const settings: readonly Setting[] = [
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
const sectionsInSeconds = { exceptionHandling: 'exception_handling', healthCheck: 'health_check' } as const

type Values = Readonly<Record<string, unknown>>

function invalid(place: string, wanted: string, value: unknown): UnderwayError {
  return new UnderwayError('OPTIONS_INVALID', `${place}: expected ${wanted}, got ${shown(value)}`)
}

const wantedOf: Readonly<Record<Kind, string>> = {
  boolean: 'true or false',
  millis: 'a positive number of milliseconds',
  policy: exceptionPolicies.join(', '),
}

function check({ kind }: Setting, place: string, value: unknown, wanted = wantedOf[kind]): unknown {
  const fits =
    kind === 'boolean'
      ? typeof value === 'boolean'
      : kind === 'policy'
        ? exceptionPolicies.includes(value as ExceptionPolicy)
        : typeof value === 'number' && Number.isFinite(value) && value > 0
  if (!fits) throw invalid(place, wanted, value)
  return value
}

/** The sections of an object, or `undefined`; anything that is not one is refused. */
function sectionOf(place: string, value: unknown, known: readonly string[]): Values | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'object' || Array.isArray(value))
    throw invalid(place, `an object with ${known.join(', ')}`, value)
  for (const key of Object.keys(value)) {
    if (!known.includes(key))
      throw new UnderwayError('OPTIONS_INVALID', `${place}: unknown key '${key}'; known are ${known.join(', ')}`)
  }
  return value as Values
}

function keysOf(section: Setting['section'], name: 'key' | 'inSeconds'): string[] {
  return settings.filter((one) => one.section === section).map((one) => one[name])
}

function fromCode(setting: Setting, code: PartialSettings): unknown {
  const place = `monitorHealth({ ${setting.section} })`
  const value = sectionOf(place, code[setting.section], keysOf(setting.section, 'key'))?.[setting.key]
  return value === undefined
    ? undefined
    : check(setting, `monitorHealth({ ${setting.section}: { ${setting.key} } })`, value)
}

/** Empty is unset, as in the variables of OpenTelemetry. */
function fromEnvironment(setting: Setting, environment: SettingsSources['environment']): unknown {
  const text = environment[setting.variable]?.trim()
  if (text === undefined || text === '') return undefined
  const lower = text.toLowerCase()
  const value =
    setting.kind === 'boolean'
      ? lower === 'true'
        ? true
        : lower === 'false'
          ? false
          : text
      : setting.kind === 'millis'
        ? Number(text)
        : lower
  return check(setting, setting.variable, typeof value === 'number' && Number.isNaN(value) ? text : value)
}

/** Both `health: { exceptionHandling: { intervalMillis } }` and `runtime_monitor: { exception_handling: { check_interval } }`, in seconds. */
function fromFile(setting: Setting, file: Values, path: string): unknown {
  const { section, key, inSeconds, kind } = setting
  const ours = sectionOf(`${path}: health`, file['health'], Object.keys(sectionsInSeconds))
  const mine = sectionOf(`${path}: health.${section}`, ours?.[section], keysOf(section, 'key'))
  if (mine?.[key] !== undefined) return check(setting, `${path}: health.${section}.${key}`, mine[key])
  const name = sectionsInSeconds[section]
  const other = sectionOf(`${path}: runtime_monitor`, file['runtime_monitor'], Object.values(sectionsInSeconds))
  const theirs = sectionOf(`${path}: runtime_monitor.${name}`, other?.[name], keysOf(section, 'inSeconds'))
  const value = theirs?.[inSeconds]
  if (value === undefined) return undefined
  const place = `${path}: runtime_monitor.${name}.${inSeconds}`
  if (kind !== 'millis') return check(setting, place, value)
  return (check(setting, place, value, 'a positive number of seconds') as number) * 1_000
}

/**
 * What holds for a monitor: what the code says, else the environment, else the file, else the default.
 *
 * @throws UnderwayError OPTIONS_INVALID, naming the option, variable or key and what it may be
 */
export function resolveSettings({ code, environment, file }: SettingsSources): MonitorSettings {
  const path = file ?? (environment['UNDERWAY_CONFIG']?.trim() || undefined)
  const content = path === undefined ? {} : readYamlFile(path)
  const resolved: Record<Setting['section'], Record<string, unknown>> = { exceptionHandling: {}, healthCheck: {} }
  for (const setting of settings) {
    resolved[setting.section][setting.key] =
      fromCode(setting, code) ??
      fromEnvironment(setting, environment) ??
      (path === undefined ? undefined : fromFile(setting, content, path)) ??
      setting.fallback
  }
  return resolved as unknown as MonitorSettings
}
