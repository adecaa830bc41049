import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { flags, type Size } from '../run-variant.ts'
import type { Measured } from '../undisturbed.ts'
import { costNamed, type Form } from './costs.ts'
import type { DatadogAgent } from './datadog-agent.mjs'

/** What the measured process says. */
export type FromChild = Measured | { readonly ask: 'agent' }
/** What it is answered: what the agent has counted. */
export type ToChild = ReturnType<DatadogAgent['counted']>

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
 * Measures a wrapper once, in a process of its own.
 *
 * @param own uses the packages of this repository instead of those of the peers
 * @returns the CPU time of one call in nanoseconds
 * @throws if not everything that was started arrived
 */
export async function runCost(name: string, form: Form, size: Size, own = false): Promise<Measured> {
  const agent = await agentFor(name)
  try {
    const packages = pathToFileURL(own ? ownPackages : packagesOfPeers).href
    const args = ['--cost', name, '--form', form, '--packages', packages]
    const sizes = ['--count', `${size.count}`, '--warm-up', `${size.warmUp}`, '--chunk', `${size.chunk ?? 250}`]
    const child = fork(join(import.meta.dirname, 'cost-child.ts'), [...args, ...sizes], {
      execArgv: [...flags],
      env: { ...process.env, ...quiet, ...(agent === undefined ? {} : { DD_TRACE_AGENT_URL: agent.url }) },
      silent: true,
    })
    let said = ''
    let measured: Measured | undefined
    child.stdout?.resume()
    child.stderr?.on('data', (data: Buffer) => {
      said = `${said}${data}`.slice(-20_000)
    })
    child.on('message', (message: FromChild) => {
      if ('value' in message) measured = message
      else child.send(agent?.counted() ?? { exported: 0, nested: 0 })
    })
    await once(child, 'close')
    if (measured !== undefined) return measured
    throw new Error(`${name}, ${form}: ${/^\w*Error: (.*)$/m.exec(said)?.[1] ?? said}`)
  } finally {
    await agent?.close()
  }
}
