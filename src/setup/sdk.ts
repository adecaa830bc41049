import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import * as otel from '@opentelemetry/api'
import { UnderwayError } from '../base/underway-error.js'
import type { Signal } from './otlp-environment.js'
import type {
  ContextPackage,
  CorePackage,
  LogsApi,
  LogsPackage,
  MetricsPackage,
  ResourcesPackage,
  TracePackage,
  TransformerPackage,
} from './sdk-shapes.js'

/** The packages of the line of SDKs that fits the api; what a signal does not need is not loaded. */
export interface Sdk {
  readonly core: CorePackage
  readonly resources: ResourcesPackage
  readonly transformer: TransformerPackage
  readonly context: ContextPackage
  readonly traces: TracePackage | undefined
  readonly metrics: MetricsPackage | undefined
  readonly logs: { readonly sdk: LogsPackage; readonly api: LogsApi } | undefined
}

/** Versions to ask for, by the line's numbers for stable and for experimental packages. */
interface Line {
  readonly stable: string
  readonly experimental: string
  readonly logs: string
}

const line3: Line = { stable: '3.1', experimental: '0.301', logs: '3.1' }
const line2: Line = { stable: '2.12', experimental: '0.223', logs: '0.223' }

/** The api has logs from 1.10 on, and only SDK 3 fits that. */
const isNewApi = 'logs' in otel

function packagesFor(wanted: ReadonlySet<Signal>): Readonly<Record<string, string>> {
  const { stable, experimental, logs } = isNewApi ? line3 : line2
  return {
    '@opentelemetry/core': stable,
    '@opentelemetry/resources': stable,
    '@opentelemetry/otlp-transformer': experimental,
    '@opentelemetry/context-async-hooks': stable,
    ...(wanted.has('traces') ? { '@opentelemetry/sdk-trace': stable } : {}),
    ...(wanted.has('metrics') ? { '@opentelemetry/sdk-metrics': stable } : {}),
    ...(wanted.has('logs') ? { '@opentelemetry/sdk-logs': logs } : {}),
    ...(wanted.has('logs') && !isNewApi ? { '@opentelemetry/api-logs': experimental } : {}),
  }
}

function installedVersion(name: string): string | undefined {
  try {
    const manifest = findPackageJSON(name, import.meta.url)
    if (manifest === undefined) return undefined
    return (JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version?: string }).version
  } catch {
    return undefined
  }
}

/** As a caret range: the same major, or the same minor of 0.x, and no older. */
function fits(version: string, wanted: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10))
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split('.').map(Number)
  if (major !== wantedMajor) return false
  // The experimental packages of a line count up together with its stable ones.
  return major === 0
    ? minor >= wantedMinor && Math.floor(minor / 100) === Math.floor(wantedMinor / 100)
    : minor >= wantedMinor
}

/** @throws UnderwayError SETUP_SDK_MISSING, with the line that installs what is missing */
export async function loadSdk(wanted: ReadonlySet<Signal>): Promise<Sdk> {
  const needed = Object.entries(packagesFor(wanted))
  const found = needed.map(([name, range]) => ({ name, range, version: installedVersion(name) }))
  const wrong = found.filter(({ version, range }) => version === undefined || !fits(version, range))
  if (wrong.length > 0) throw missing(wrong)
  try {
    const [core, resources, transformer, context] = await Promise.all([
      load<CorePackage>('@opentelemetry/core'),
      load<ResourcesPackage>('@opentelemetry/resources'),
      load<TransformerPackage>('@opentelemetry/otlp-transformer'),
      load<ContextPackage>('@opentelemetry/context-async-hooks'),
    ])
    return {
      core,
      resources,
      transformer,
      context,
      traces: wanted.has('traces') ? await load<TracePackage>('@opentelemetry/sdk-trace') : undefined,
      metrics: wanted.has('metrics') ? await load<MetricsPackage>('@opentelemetry/sdk-metrics') : undefined,
      logs: wanted.has('logs')
        ? { sdk: await load<LogsPackage>('@opentelemetry/sdk-logs'), api: await loadLogsApi() }
        : undefined,
    }
  } catch (error) {
    throw missing(found, error)
  }
}

/** Propagators need no other package, and are wanted without an SDK too. */
export async function loadCore(): Promise<CorePackage | undefined> {
  return installedVersion('@opentelemetry/core') === undefined ? undefined : await load('@opentelemetry/core')
}

interface Found {
  readonly name: string
  readonly range: string
  readonly version: string | undefined
}

function missing(packages: readonly Found[], cause?: unknown): UnderwayError {
  const what = packages.map(({ name, version }) => (version === undefined ? name : `${name} (found ${version})`))
  const line = packages.map(({ name, range }) => `${name}@^${range}`).join(' ')
  const api = installedVersion('@opentelemetry/api') ?? (isNewApi ? '1.10' : '1.9')
  return new UnderwayError(
    'SETUP_SDK_MISSING',
    `startUnderway() needs packages that fit @opentelemetry/api ${api} and are not there: ${what.join(', ')}. Run: npm i ${line}`,
    { cause },
  )
}

/** A CommonJS package may show its exports only on `default`. */
async function load<T extends object>(name: string): Promise<T> {
  const module = (await import(name)) as T & { readonly default?: T }
  return module.default === undefined ? module : { ...module.default, ...module }
}

async function loadLogsApi(): Promise<LogsApi> {
  if (isNewApi) return (otel as unknown as { readonly logs: LogsApi }).logs
  return (await load<{ readonly logs: LogsApi }>('@opentelemetry/api-logs')).logs
}
