import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ChildOptions, runNode } from './child-process.js'
import { sdk2Folder } from './install-sdk2.mjs'
import { succeeded, type Workbench } from './installed-project.js'
import { repositoryRoot } from './repository.js'

/** What a run of the workload printed. The account is the same wherever it runs; the rest tells where that was. */
export interface CellResult {
  readonly account: Readonly<Record<string, unknown>> & { readonly totals: Readonly<Record<string, number>> }
  readonly faults: Readonly<Record<string, number>>
  readonly warnings: readonly { readonly name: string; readonly code?: string; readonly message: string }[]
  readonly setting: {
    readonly node: string
    readonly api: string
    readonly copies: readonly string[]
    readonly different: boolean
    readonly spans: readonly string[]
    readonly instance: string
  }
}

export interface CellOptions {
  readonly provider?: 'before' | 'after' | 'midway'
  /** A ratio, by the parent, or every span. */
  readonly sampler?: number | 'parent'
  readonly suppressed?: boolean
  readonly unsampledCaller?: boolean
  /** The package through which every other activity is started. */
  readonly second?: string
}

const fixtures = ['workload', 'setup', 'cell', 'main', 'early', 'many'].map((name) => `${name}.mjs`).concat('main.cjs')
const fixturePaths = fixtures.map((name) => join(repositoryRoot, 'test/integration/matrix/fixtures', name))

const ownModules = join(repositoryRoot, 'node_modules')
const sdk2Modules = join(sdk2Folder, 'node_modules')

interface Manifest {
  readonly name: string
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
}

function manifestIn(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
}

/** The folders of some packages and of everything that they need. */
function withDependencies(modules: string, names: readonly string[]): string[] {
  const all = new Set(names)
  for (const name of all)
    for (const needed of Object.keys(manifestIn(join(modules, name)).dependencies ?? {})) all.add(needed)
  return [...all].map((name) => join(modules, name))
}

const sdkPackages = [
  'api',
  'context-async-hooks',
  'core',
  'otlp-transformer',
  'resources',
  'sdk-logs',
  'sdk-metrics',
  'sdk-trace',
].map((name) => `@opentelemetry/${name}`)

const packagesOf = {
  none: () => withDependencies(ownModules, ['@opentelemetry/api']),
  'SDK 3': () => withDependencies(ownModules, sdkPackages),
  'SDK 2': () => withDependencies(sdk2Modules, [...sdkPackages, '@opentelemetry/api-logs']),
} as const

export type Line = keyof typeof packagesOf

/** Installs the built package with the packages of one line into a project of its own, from tarballs. */
export async function installLine(workbench: Workbench, line: Line): Promise<string> {
  const own = withDependencies(ownModules, Object.keys(manifestIn(repositoryRoot).dependencies ?? {}))
  const folders = [...new Set([repositoryRoot, ...own, ...packagesOf[line]()])]
  const tarballs = await workbench.packAll(folders)
  const names = folders.map((folder) => manifestIn(folder).name)
  const dependencies = Object.fromEntries(names.map((name, index) => [name, `file:${tarballs[index]}`]))
  // What one package needs of another is the tarball too, as there is no registry to ask.
  const overrides = Object.fromEntries(names.map((name) => [name, `$${name}`]))
  return workbench.project({ type: 'module', dependencies, overrides }, [], fixturePaths)
}

/** A copy of a project in which `underway` finds another api than the program and its SDK do. */
export function withDuplicatedApi(project: string, line: 'SDK 2' | 'SDK 3'): string {
  const copy = `${project}-duplicated-api`
  cpSync(project, copy, { recursive: true })
  const api = join(line === 'SDK 2' ? sdk2Modules : ownModules, '@opentelemetry/api')
  cpSync(api, join(copy, 'node_modules/underway/node_modules/@opentelemetry/api'), { recursive: true })
  return copy
}

/** Puts another copy of the package beside the first, behind a dependency with this name, perhaps with another version. */
export function addSecondCopy(project: string, name: string, version?: string): void {
  const dependency = join(project, 'node_modules', name)
  const copy = join(dependency, 'node_modules/underway')
  mkdirSync(dependency, { recursive: true })
  cpSync(join(project, 'node_modules/underway'), copy, { recursive: true })
  writeFileSync(join(dependency, 'package.json'), JSON.stringify({ name, type: 'module', exports: './index.js' }))
  writeFileSync(join(dependency, 'index.js'), `export * from 'underway'\n`)
  if (version === undefined) return
  const own = manifestIn(copy).version
  for (const file of ['package.json', 'dist/base/version.js']) {
    const text = readFileSync(join(copy, file), 'utf8')
    writeFileSync(join(copy, file), text.replace(own, version))
  }
}

/** Runs the workload in a process of its own. */
export async function runCell(
  project: string,
  options: CellOptions = {},
  how: { readonly flags?: readonly string[]; readonly file?: string } & Omit<ChildOptions, 'cwd'> = {},
): Promise<CellResult> {
  const args = [...(how.flags ?? []), how.file ?? 'main.mjs', JSON.stringify(options)]
  const { stdout } = succeeded(await runNode(args, { ...how, cwd: project }))
  return JSON.parse(stdout) as CellResult
}
