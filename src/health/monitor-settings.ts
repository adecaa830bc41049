import { shown } from '../base/checked-options.js'
import { UnderwayError } from '../base/underway-error.js'
import { readYamlFile } from '../base/yaml-file.js'
import { configVariable, type Setting, type SettingKind, monitorVariables as settings } from './monitor-variables.js'
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
  /** How an option is written in the call that it was given to. @defaultValue `monitorHealth({ … })` */
  readonly written?: ((option: string) => string) | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
  /** A YAML file. @defaultValue what `UNDERWAY_CONFIG` names */
  readonly file?: string | undefined
}

const sectionsInSeconds = { exceptionHandling: 'exception_handling', healthCheck: 'health_check' } as const

type Values = Readonly<Record<string, unknown>>

function invalid(place: string, wanted: string, value: unknown): UnderwayError {
  return new UnderwayError('OPTIONS_INVALID', `${place}: expected ${wanted}, got ${shown(value)}`)
}

const wantedOf: Readonly<Record<SettingKind, string>> = {
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

type Written = NonNullable<SettingsSources['written']>

function fromCode(setting: Setting, code: PartialSettings, written: Written): unknown {
  const { section, key } = setting
  const value = sectionOf(written(section), code[section], keysOf(section, 'key'))?.[key]
  return value === undefined ? undefined : check(setting, written(`${section}: { ${key} }`), value)
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

/** Whether a YAML file has anything to say about a monitor. @throws UnderwayError OPTIONS_INVALID */
export function configures(path: string): boolean {
  const content = readYamlFile(path)
  return 'health' in content || 'runtime_monitor' in content
}

/**
 * What holds for a monitor: what the code says, else the environment, else the file, else the default.
 *
 * @throws UnderwayError OPTIONS_INVALID, naming the option, variable or key and what it may be
 */
export function resolveSettings({ code, written, environment, file }: SettingsSources): MonitorSettings {
  const path = file ?? (environment[configVariable]?.trim() || undefined)
  const content = path === undefined ? {} : readYamlFile(path)
  const resolved: Record<Setting['section'], Record<string, unknown>> = { exceptionHandling: {}, healthCheck: {} }
  for (const setting of settings) {
    resolved[setting.section][setting.key] =
      fromCode(setting, code, written ?? ((option) => `monitorHealth({ ${option} })`)) ??
      fromEnvironment(setting, environment) ??
      (path === undefined ? undefined : fromFile(setting, content, path)) ??
      setting.fallback
  }
  return resolved as unknown as MonitorSettings
}
