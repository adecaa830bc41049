import { copyFileSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { copyPackageTo, installLocked } from '../../test/support/install-locked.mjs'
import type { Size } from '../run-variant.ts'
import { type Round, shuffled } from '../statistics.ts'
import { machineUsed, nodeUsed, sdkIn, versionIn } from '../versions.ts'
import { type CostReport, costPage, costTable } from './cost-page.ts'
import { base, type Cost, costNamed, costs, runsOf } from './costs.ts'
import { notLatest } from './manifest.ts'
import { packagesOfPeers, runCost } from './run-cost.ts'

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

function versionOf({ package: name, folder }: Cost): string {
  if (name === undefined) return ''
  return `${name} ${versionIn(join(here, '..', folder ?? 'peers', 'node_modules', name))}`
}

async function measure(
  names: readonly string[],
  { rounds: planned, quick }: CostSettings,
): Promise<Pick<CostReport, 'rounds' | 'failures'>> {
  const runs = runsOf(names)
  const size: Size = quick ? { count: 20_000, warmUp: 10_000 } : { count: 100_000, warmUp: 30_000 }
  const failures = new Map<string, string>()
  const rounds: Round[] = []
  for (let number = 1; number <= planned; number += 1) {
    console.warn(`round ${number} of ${planned}`)
    const round = new Map<string, number>()
    for (const { name, form, key } of shuffled(runs)) {
      if (failures.has(key)) continue
      try {
        round.set(key, await runCost(name, form, size))
      } catch (error) {
        // Once without proof is enough: what was measured of it in other rounds does not count either.
        failures.set(key, (error as Error).message)
        console.warn((error as Error).message)
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
  const { rounds, failures } = await measure(names, settings)
  const report: CostReport = {
    rounds,
    failures,
    costs: chosen,
    versions: [`underway ${versionIn(root)}`, nodeUsed(), sdkIn(here), machineUsed()],
    versionOf,
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
