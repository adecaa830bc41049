import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { cpuNanos, turn } from '../measure.ts'
import type { Packages } from '../packages.mjs'
import { registerSdk } from '../sdk.ts'
import { paced } from '../undisturbed.ts'
import type { Variant } from '../variants.ts'
import type { Surroundings, Work } from '../workload.ts'
import { costNamed } from './costs.ts'
import type { FromChild, ToChild } from './run-cost.ts'

// Measures one wrapper in this process. It answers by message: what peers print is theirs.
const { values } = parseArgs({
  options: {
    cost: { type: 'string', default: '' },
    form: { type: 'string', default: 'sync' },
    packages: { type: 'string', default: '' },
    count: { type: 'string', default: '' },
    'warm-up': { type: 'string', default: '' },
    chunk: { type: 'string', default: '250' },
  },
})

function send(message: FromChild): void {
  process.send?.(message)
}

async function askAgent(): Promise<ToChild> {
  const answered = once(process, 'message')
  send({ ask: 'agent' })
  return (await answered)[0] as ToChild
}

const name = values.cost
const cost = costNamed(name)
const { packages } = (await import(values.packages)) as { packages: Packages }
const variant: Variant = {
  kind: 'cpu',
  file: 'stock',
  sdk: '2',
  what: cost.what,
  async: values.form === 'async',
  ...cost.variant,
}
const keys = cost.attributed === true ? undefined : []
const surroundings: Surroundings & { askAgent: typeof askAgent } = {
  packages,
  name,
  variant,
  registerSdk: () => (variant.sdk === 'none' ? Promise.resolve(undefined) : registerSdk(packages, keys)),
  askAgent,
}
const { setup } = (await import(`../${cost.setup}`)) as { setup(surroundings: Surroundings): Promise<Work> }
const work = await setup(surroundings)
// Some are complete only after a turn.
await turn()
const run = { count: Number(values.count), warmUp: Number(values['warm-up']), chunk: Number(values.chunk) }
send(await paced(() => cpuNanos(work, variant.async === true, run)))
// Peers keep timers and sockets.
process.disconnect()
process.exit(0)
