import { fork } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { flags } from '../run-variant.ts'
import type { Pace } from '../take-turns.ts'
import { inTurns, Taker, type Turns } from '../turns.ts'
import { costNamed, type Form } from './costs.ts'
import type { DatadogAgent } from './datadog-agent.mjs'

/** What the agent has counted. */
export type AgentCounts = ReturnType<DatadogAgent['counted']>

/** A wrapper in one of its forms, and under what its value is kept. */
export interface CostRun {
  readonly name: string
  readonly form: Form
  readonly key: string
}

/** Where `packages.mjs` lies beside the packages of the peers. */
export const packagesOfPeers: string = join(import.meta.dirname, 'node_modules/bench-packages.mjs')
/** Those of this repository, with which our own wrappers can be measured too. */
const ownPackages = join(import.meta.dirname, '../packages.mjs')

/** Nothing of it leaves the machine. */
const quiet = { TRACELOOP_TELEMETRY: 'false', LANGFUSE_LOG_LEVEL: 'ERROR', NODE_OPTIONS: '' }

async function agentFor(name: string): Promise<DatadogAgent | undefined> {
  if (costNamed(name).agent !== true) return undefined
  const { startDatadogAgent } = await import('./datadog-agent.mjs')
  return startDatadogAgent(['inner', 'outer'])
}

/**
 * Measures wrappers, each in a process of its own, in turns.
 *
 * @param own uses the packages of this repository instead of those of the peers
 * @returns the CPU time of one call in nanoseconds by key, or why that run does not count
 */
export async function runCosts(
  runs: readonly CostRun[],
  { warmUp, chunk }: Pace,
  turns: Turns,
  own = false,
): Promise<Map<string, number | Error>> {
  const packages = pathToFileURL(own ? ownPackages : packagesOfPeers).href
  const agents = new Map<string, DatadogAgent>()
  for (const { key, name } of runs) {
    const agent = await agentFor(name)
    if (agent !== undefined) agents.set(key, agent)
  }
  const starts = runs.map(({ name, form, key }) => () => {
    const agent = agents.get(key)
    const args = ['--cost', name, '--form', form, '--packages', packages]
    const sizes = ['--warm-up', `${warmUp}`, '--chunk', `${chunk}`]
    const child = fork(join(import.meta.dirname, 'cost-child.ts'), [...args, ...sizes], {
      execArgv: [...flags],
      env: { ...process.env, ...quiet, ...(agent === undefined ? {} : { DD_TRACE_AGENT_URL: agent.url }) },
      silent: true,
    })
    return new Taker(key, child, () => agent?.counted() ?? { exported: 0, nested: 0 })
  })
  try {
    return await inTurns(starts, turns)
  } finally {
    for (const agent of agents.values()) await agent.close()
  }
}
