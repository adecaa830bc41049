import { copyFileSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { copyPackageTo, installLocked } from '../../test/support/install-locked.mjs'
import { type Round, shuffled } from '../statistics.ts'
import { turnMillis, turnsThatCount } from '../turns.ts'
import { machineUsed, nodeUsed, sdkIn, versionIn } from '../versions.ts'
import { type CostReport, costPage, costTable } from './cost-page.ts'
import { base, type Cost, costNamed, costs, forms, runsOf } from './costs.ts'
import { notLatest } from './manifest.ts'
import { packagesOfPeers, runCosts } from './run-cost.ts'

const here = import.meta.dirname
const root = join(here, '../..')

export interface CostSettings {
  readonly rounds: number
  /** Short runs; prints the table and leaves the page alone. */
  readonly quick: boolean
  /** Just these, and what they are compared with; prints the table. */
  readonly only: readonly string[]
}

const npmMillis = 600_000

/** @throws Error saying what is missing */
function prepare(): void {
  for (const folder of [here, join(here, 'logfire')]) {
    const missing = installLocked(folder, npmMillis)
    if (missing !== undefined) throw new Error(missing)
  }
  copyPackageTo(here)
  copyFileSync(join(here, '../packages.mjs'), packagesOfPeers)
}

function versionsOf({ packages = [], folder = 'peers' }: Cost): readonly string[] {
  // One that is nested in another is named without it.
  return packages.map((path) => {
    const name = path.split('node_modules/').at(-1) ?? path
    return `${name} ${versionIn(join(here, '..', folder, 'node_modules', path))}`
  })
}

async function measure(
  names: readonly string[],
  { rounds: planned, quick }: CostSettings,
): Promise<Pick<CostReport, 'rounds' | 'failures'>> {
  const runs = runsOf(names)
  const pace = { warmUp: quick ? 10_000 : 300_000, chunk: 250 }
  const turns = { turns: quick ? 4 : turnsThatCount, millis: turnMillis }
  const failures = new Map<string, string[]>()
  const rounds: Round[] = []
  for (let number = 1; number <= planned; number += 1) {
    console.warn(`round ${number} of ${planned}`)
    const round = new Map<string, number>()
    for (const form of shuffled(forms)) {
      const results = await runCosts(
        runs.filter((run) => run.form === form),
        pace,
        turns,
      )
      for (const [key, value] of results) {
        if (typeof value === 'number') round.set(key, value)
        else {
          failures.set(key, [...(failures.get(key) ?? []), value.message])
          console.warn(value.message)
        }
      }
    }
    rounds.push(round)
  }
  return { rounds, failures }
}

/** Measures what wrappers cost, and writes docs/benchmarks-peers.md. */
export async function measureCosts(settings: CostSettings): Promise<void> {
  const { quick, only } = settings
  const names = only.length === 0 ? Object.keys(costs) : [...new Set([base, ...only])]
  const chosen = names.map((name) => [name, costNamed(name)] as const)
  if (!existsSync(join(root, 'dist/index.js'))) throw new Error('there is no dist/: run "npm run build" first')
  prepare()
  const report: CostReport = {
    ...(await measure(names, settings)),
    costs: chosen,
    versions: [`underway ${versionIn(root)}`, nodeUsed(), sdkIn(here), machineUsed()],
    versionsOf,
    notLatest: notLatest(),
    day: new Date().toISOString().slice(0, 10),
  }
  if (quick || only.length > 0) {
    console.log(costTable(report))
    return
  }
  writeFileSync(join(root, 'docs/benchmarks-peers.md'), costPage(report))
  console.log('wrote docs/benchmarks-peers.md')
}
