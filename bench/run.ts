import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { copyPackageToSdk2, installSdk2 } from '../test/support/install-sdk2.mjs'
import { ends } from './ends.ts'
import { type EndRound, endsSection } from './ends-report.ts'
import { healthSection } from './health-report.ts'
import { healthVariants } from './health-variants.ts'
import { page, type Report, sectionOf, tables, withSection } from './report.ts'
import { type EndOutcome, runEnd } from './run-end.ts'
import { installPromClient, missingMlflow, runScalar } from './run-scalar.ts'
import { packagesOfSdk2, runInTurns, runVariant, type Size } from './run-variant.ts'
import { scalarsSection, withScalarsSection } from './scalar-report.ts'
import { scalarVariants } from './scalars.ts'
import { type Round, shuffled } from './statistics.ts'
import { turnMillis, turnsThatCount } from './turns.ts'
import { Undisturbed } from './undisturbed.ts'
import { takesTurns, type Variant, variantNamed, variants } from './variants.ts'
import { versionsUsed } from './versions.ts'

const root = join(import.meta.dirname, '..')

const benchmarks = join(root, 'docs/benchmarks.md')

const usage = `npm run bench -- [--quick] [--rounds <number>] [--only <variant>]... [--calls] [--ends] [--scalars] [--health]

  --quick   three short rounds; prints the tables and leaves docs/benchmarks.md alone
  --only    just these variants, and the stock that they are compared with; prints the tables
  --calls   just calls, memory and questions; leaves the parts of the page that have a day of their own
  --ends    just the ends of processes; replaces that part of docs/benchmarks.md
  --scalars just the scalars; replaces that part of docs/benchmarks.md
  --health  just what watching costs; replaces that part of docs/benchmarks.md`

interface Settings {
  readonly rounds: number
  readonly quick: boolean
  readonly only: readonly string[]
  readonly calls: boolean
  readonly ends: boolean
  readonly health: boolean
  readonly scalars: boolean
}

function settingsOf(args: string[]): Settings {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      calls: { type: 'boolean', default: false },
      ends: { type: 'boolean', default: false },
      health: { type: 'boolean', default: false },
      scalars: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
    },
  })
  const rounds = Number(values.rounds ?? (values.quick ? 3 : 9))
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds: expected a whole number from 1 on\n\n${usage}`)
  const { quick, only, calls } = values
  return { rounds, quick, only, calls, ends: values.ends, scalars: values.scalars, health: values.health }
}

function sizeOf({ kind, calls = 5_000_000 }: Variant, quick: boolean): Size {
  const shorter = quick ? 5 : 1
  switch (kind) {
    case 'cpu':
      // V8 enlarges the young generation once enough has survived in it, sooner in one program than in another.
      return { count: 0, warmUp: 300_000 / shorter }
    case 'long-open':
      return { count: 0, warmUp: 50_000 / shorter }
    case 'memory':
      // The processes differ by what they share, which counts for little only if there are many.
      return { count: quick ? 30_000 : 110_000, warmUp: 0 }
    case 'query':
    case 'health':
    case 'heartbeat':
      return { count: calls / shorter, warmUp: Math.min(calls / 5, 100_000) }
    case 'share':
      // Milliseconds: as much as ten looks at everything.
      return { count: 10_000 / shorter, warmUp: 2_000 }
  }
}

function chosen(only: readonly string[]): [string, Variant][] {
  if (only.length === 0) return Object.entries(variants)
  const names = new Set(only.flatMap((name) => [variantNamed(name).stock ?? [], name].flat()))
  return [...names].map((name) => [name, variantNamed(name)])
}

/** @returns why the 2.x line cannot be measured, if so */
function prepareSdk2(): string | undefined {
  const missing = installSdk2()
  if (missing !== undefined) return missing
  copyPackageToSdk2()
  copyFileSync(join(import.meta.dirname, 'packages.mjs'), packagesOfSdk2)
  return undefined
}

/** What takes turns together: what is compared with each other. */
function groupsOf(names: readonly (readonly [string, Variant])[]): [string, Variant][][] {
  const groups = new Map<string, [string, Variant][]>()
  for (const [name, variant] of names) {
    const key = takesTurns(variant.kind) ? (variant.stock ?? name) : name
    groups.set(key, [...(groups.get(key) ?? []), [name, variant]])
  }
  return [...groups.values()]
}

async function runRound(
  names: readonly (readonly [string, Variant])[],
  quick: boolean,
  undisturbed: Undisturbed,
): Promise<Round> {
  const round = new Map<string, number>()
  for (const group of shuffled(groupsOf(names)))
    for (const [name, value] of await runGroup(group, quick, undisturbed)) round.set(name, value)
  return round
}

async function runGroup(
  group: readonly (readonly [string, Variant])[],
  quick: boolean,
  undisturbed: Undisturbed,
): Promise<Round> {
  const [[name, variant] = []] = group
  if (name === undefined || variant === undefined) return new Map()
  const size = sizeOf(variant, quick)
  if (!takesTurns(variant.kind)) return new Map([[name, await undisturbed.value(() => runVariant(name, size))]])
  const names = group.map(([one]) => one)
  return runInTurns(names, size, { turns: quick ? 4 : turnsThatCount, millis: turnMillis })
}

async function measureEnds(planned: number, day: string): Promise<string> {
  const rounds: EndRound[] = []
  for (let number = 1; number <= planned; number += 1) {
    console.warn(`ends of processes: round ${number} of ${planned}`)
    const round = new Map<string, EndOutcome>()
    for (const [name, end] of shuffled(Object.entries(ends))) round.set(name, await runEnd(end))
    rounds.push(round)
  }
  return endsSection(rounds, day)
}

async function measureScalars(planned: number, day: string, quick: boolean): Promise<string> {
  const missing = installPromClient()
  if (missing !== undefined) console.warn(`without prom-client: ${missing}`)
  const noMlflow = missingMlflow()
  if (noMlflow !== undefined) console.warn(`without MLflow: ${noMlflow}`)
  const runnable = Object.entries(scalarVariants).filter(
    ([, { subject }]) =>
      (missing === undefined || !subject.startsWith('prom')) && (noMlflow === undefined || subject !== 'mlflow'),
  )
  const rounds: Round[] = []
  for (let number = 1; number <= planned; number += 1) {
    console.warn(`scalars: round ${number} of ${planned}`)
    const round = new Map<string, number>()
    for (const [name] of shuffled(runnable)) round.set(name, await runScalar(name, quick ? 10_000 : 50_000))
    rounds.push(round)
  }
  return scalarsSection(rounds, day)
}

/** The parts of the page that say themselves on which day they were measured. */
function measuredBefore(page: string): Pick<Report, 'health' | 'scalars' | 'ends'> {
  return {
    health: sectionOf(page, '## Health'),
    scalars: sectionOf(page, '## Scalars'),
    ends: sectionOf(page, '## The end of a process'),
  }
}

async function main(): Promise<void> {
  const {
    rounds: planned,
    quick,
    only,
    calls,
    ends: onlyEnds,
    scalars: onlyScalars,
    health,
  } = settingsOf(process.argv.slice(2))
  const day = new Date().toISOString().slice(0, 10)
  if (!existsSync(join(root, 'dist/index.js'))) throw new Error('there is no dist/: run "npm run build" first')
  if (onlyEnds) {
    const section = await measureEnds(planned, day)
    if (quick) console.log(section)
    else writeFileSync(benchmarks, withSection(readFileSync(benchmarks, 'utf8'), section))
    return
  }
  if (onlyScalars) {
    const section = await measureScalars(planned, day, quick)
    if (quick) console.log(section)
    else writeFileSync(benchmarks, withScalarsSection(readFileSync(benchmarks, 'utf8'), section))
    return
  }
  const ofCalls = Object.keys(variants).filter((name) => !(name in healthVariants))
  const named = chosen(health ? Object.keys(healthVariants) : calls ? ofCalls : only)
  const wantsSdk2 = named.some(([, { sdk }]) => sdk === '2')
  const missing = wantsSdk2 ? prepareSdk2() : undefined
  if (missing !== undefined) console.warn(`without the 2.x line: ${missing}`)
  const runnable = named.filter(([, { sdk }]) => sdk !== '2' || missing === undefined)
  const rounds: Round[] = []
  const undisturbed = new Undisturbed()
  for (let number = 1; number <= planned; number += 1) {
    console.warn(`round ${number} of ${planned}`)
    rounds.push(await runRound(runnable, quick, undisturbed))
  }
  if (health) {
    const section = healthSection(rounds, named, day)
    if (quick) console.log(section)
    else writeFileSync(benchmarks, withSection(readFileSync(benchmarks, 'utf8'), section))
    return
  }
  const report: Report = {
    rounds,
    variants: named,
    versions: versionsUsed(wantsSdk2 && missing === undefined),
    day,
    disturbed: `${undisturbed.disturbed} of ${undisturbed.count}`,
    ...(calls
      ? measuredBefore(readFileSync(benchmarks, 'utf8'))
      : {
          health: named.some(([name]) => name in healthVariants) ? healthSection(rounds, named, day) : '',
          scalars: only.length > 0 ? '' : await measureScalars(planned, day, quick),
          ends: only.length > 0 ? '' : await measureEnds(planned, day),
        }),
    missing: missing === undefined ? undefined : 'the 2.x line of the SDK, which could not be installed.',
  }
  if (quick || only.length > 0) {
    const parts = [tables(report), report.health, report.scalars, report.ends]
    console.log(parts.filter((part) => part !== '').join('\n\n'))
    return
  }
  writeFileSync(benchmarks, page(report))
  console.log('wrote docs/benchmarks.md')
}

await main()
