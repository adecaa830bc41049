import { isBuiltin } from 'node:module'
import { posix } from 'node:path'
import ts from 'typescript'
import { type ImportSite, importSites, parseModule } from './import-sites.js'

export const rules = {
  room: 'every file but src/index.ts lives in a room that has a place in the order of imports',
  layer: 'a room imports only from rooms to its left, and never from its siblings',
  unresolved: 'every import can be read from the source and leads to a file of src, a package or a builtin',
  cycle: 'no file imports itself over any way',
  index: 'an index.ts is a list of named imports and exports, and nothing re-exports with a star',
  opentelemetry:
    'only tracing, otel and setup import OpenTelemetry, and tracing only its api, as a namespace or a type',
  builtin: 'builtins are imported with their node: prefix',
  length: 'no file is longer than 400 lines',
} as const

export type Rule = keyof typeof rules

export interface Violation {
  readonly rule: Rule
  /** `path:line` where a line is to blame. */
  readonly at: string
  readonly detail: string
}

/** From left to right; rooms in one entry are siblings. */
const order: readonly (readonly string[])[] = [
  ['base'],
  ['activity'],
  ['tracker'],
  ['tracing'],
  ['instrument'],
  ['otel', 'health', 'experiment', 'history'],
  ['monitor', 'terminal'],
  ['setup'],
  ['cli'],
]
const places = new Map(order.flatMap((siblings, place) => siblings.map((room) => [room, place] as const)))
const instrumentPlace = places.get('instrument') ?? 0
/** Helpers for the tests of users: above `instrument`, and imported by nobody. */
const testingRoom = 'testing'
const roomsOfOpenTelemetry = new Set(['tracing', 'otel', 'setup'])
/** They load optional packages and demos, whose names they compute. */
const roomsWithComputedImports = new Set(['setup', 'cli'])
const rootIndex = 'src/index.ts'
const longestFile = 400

/** What breaks the house's rules in `sources`: the text of each file of `src`, by its path in the repository. */
export function checkArchitecture(sources: ReadonlyMap<string, string>): Violation[] {
  const violations: Violation[] = []
  const imported = new Map<string, string[]>()
  for (const [path, text] of sources) {
    const report = (rule: Rule, detail: string, line?: number): void => {
      violations.push({ rule, at: line === undefined ? path : `${path}:${line}`, detail })
    }
    const lines = text.split('\n').length - 1
    if (lines > longestFile) report('length', `${lines} lines`)
    const room = roomOf(path)
    if (path !== rootIndex && !hasPlace(room)) report('room', `"${room ?? 'src'}" has no place in the order`)

    const module = parseModule(path, text)
    checkLists(module, path, report)
    const targets: string[] = []
    imported.set(path, targets)
    for (const site of importSites(module)) {
      const target = checkSite(site, path, room, sources, report)
      if (target !== undefined) targets.push(target)
    }
  }
  for (const cycle of findCycles(imported)) {
    violations.push({ rule: 'cycle', at: cycle[0] ?? '', detail: cycle.join(' → ') })
  }
  return violations
}

type Report = (rule: Rule, detail: string, line?: number) => void

/** @returns the file of `src` that the site leads to */
function checkSite(
  site: ImportSite,
  path: string,
  room: string | undefined,
  sources: ReadonlyMap<string, string>,
  report: Report,
): string | undefined {
  const { specifier, line } = site
  if (specifier === undefined) {
    if (!roomsWithComputedImports.has(room ?? '')) report('unresolved', 'the name is computed at run time', line)
    return undefined
  }
  if (!specifier.startsWith('.')) {
    checkPackage(site, specifier, room, report)
    return undefined
  }
  const target = resolveRelative(path, specifier, sources)
  if (target === undefined) report('unresolved', `"${specifier}" is no file of src`, line)
  else if (path !== rootIndex && !mayImport(room, roomOf(target))) {
    report('layer', `"${room ?? 'src'}" imports "${roomOf(target) ?? rootIndex}"`, line)
  }
  return target
}

function checkPackage(site: ImportSite, specifier: string, room: string | undefined, report: Report): void {
  const { line } = site
  if (isBuiltin(specifier) && !specifier.startsWith('node:')) report('builtin', `"${specifier}"`, line)
  if (specifier === 'underway' || specifier.startsWith('underway/')) {
    report('unresolved', 'the package imports itself by its name instead of by a relative path', line)
  }
  if (!specifier.startsWith('@opentelemetry/')) return
  if (!roomsOfOpenTelemetry.has(room ?? '')) report('opentelemetry', `"${room ?? 'src'}" imports "${specifier}"`, line)
  else if (room !== 'tracing') return
  else if (specifier !== '@opentelemetry/api') report('opentelemetry', `tracing imports "${specifier}"`, line)
  else if (!site.typeOnly && !site.namespace) report('opentelemetry', 'tracing names single values of the api', line)
}

function checkLists(module: ts.SourceFile, path: string, report: Report): void {
  for (const statement of module.statements) {
    const line = module.getLineAndCharacterOfPosition(statement.getStart(module)).line + 1
    if (ts.isExportDeclaration(statement)) {
      const clause = statement.exportClause
      if (clause === undefined || !ts.isNamedExports(clause)) report('index', 're-exports with a star', line)
      else if (clause.elements.some((element) => element.name.text === 'default'))
        report('index', 'default export', line)
    } else if (posix.basename(path) === 'index.ts' && !ts.isImportDeclaration(statement)) {
      report('index', 'more than a list of imports and exports', line)
    }
  }
}

/** The folder under `src`; `undefined` for a file that lies in `src` itself. */
function roomOf(path: string): string | undefined {
  return /^src\/([^/]+)\//.exec(path)?.[1]
}

function hasPlace(room: string | undefined): boolean {
  return room !== undefined && (room === testingRoom || places.has(room))
}

function mayImport(from: string | undefined, to: string | undefined): boolean {
  if (from === undefined || to === undefined) return false
  if (from === to) return true
  const fromPlace = from === testingRoom ? instrumentPlace + 1 : places.get(from)
  const toPlace = places.get(to)
  return fromPlace !== undefined && toPlace !== undefined && toPlace < fromPlace
}

function resolveRelative(from: string, specifier: string, sources: ReadonlyMap<string, string>): string | undefined {
  const joined = posix.join(posix.dirname(from), specifier)
  const stem = joined.replace(/\.(js|ts|tsx)$/, '')
  return [`${stem}.ts`, `${stem}.tsx`, joined].find((candidate) => sources.has(candidate))
}

/** One cycle for each edge that closes one, as the files on the way, the first one again at its end. */
function findCycles(imported: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = []
  const done = new Set<string>()
  const trail: string[] = []
  const visit = (path: string): void => {
    const start = trail.indexOf(path)
    if (start !== -1) {
      cycles.push([...trail.slice(start), path])
      return
    }
    if (done.has(path)) return
    trail.push(path)
    for (const target of imported.get(path) ?? []) visit(target)
    trail.pop()
    done.add(path)
  }
  for (const path of imported.keys()) visit(path)
  return cycles
}
