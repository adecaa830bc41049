import { copyFileSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { copyPackageTo, installLocked } from '../../test/support/install-locked.mjs'
import type { Size } from '../run-variant.ts'
import { type Round, shuffled } from '../statistics.ts'
import { Undisturbed } from '../undisturbed.ts'
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
): Promise<Pick<CostReport, 'rounds' | 'failures' | 'disturbed'>> {
  const runs = runsOf(names)
  const size: Size = quick ? { count: 20_000, warmUp: 10_000 } : { count: 100_000, warmUp: 300_000 }
  const failures = new Map<string, string[]>()
  const rounds: Round[] = []
  const undisturbed = new Undisturbed()
  for (let number = 1; number <= planned; number += 1) {
    console.warn(`round ${number} of ${planned}`)
    const round = new Map<string, number>()
    for (const { name, form, key } of shuffled(runs)) {
      try {
        round.set(key, await undisturbed.value(() => runCost(name, form, size)))
      } catch (error) {
        const { message } = error as Error
        failures.set(key, [...(failures.get(key) ?? []), message])
        console.warn(message)
      }
    }
    rounds.push(round)
  }
  return { rounds, failures, disturbed: `${undisturbed.disturbed} of ${undisturbed.count}` }
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
