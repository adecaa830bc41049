import { on } from 'node:events'
import { parseArgs } from 'node:util'
import { turn } from '../measure.ts'
import type { Packages } from '../packages.mjs'
import { registerSdk } from '../sdk.ts'
import { takeTurns } from '../take-turns.ts'
import type { FromTaker, ToTaker } from '../turns.ts'
import type { Variant } from '../variants.ts'
import type { Surroundings, Work } from '../workload.ts'
import { costNamed } from './costs.ts'
import type { AgentCounts } from './run-cost.ts'

// Measures one wrapper in this process. It answers by message: what peers print is theirs.
const { values } = parseArgs({
  options: {
    cost: { type: 'string', default: '' },
    form: { type: 'string', default: 'sync' },
    packages: { type: 'string', default: '' },
    'warm-up': { type: 'string', default: '' },
    chunk: { type: 'string', default: '250' },
  },
})

async function askAgent(): Promise<AgentCounts> {
  const ask: FromTaker = { kind: 'ask' }
  process.send?.(ask)
  for await (const [message] of on(process, 'message') as AsyncIterable<[ToTaker]>)
    if (message.kind === 'answer') return message.answer as AgentCounts
  throw new Error('the agent was asked and nobody answered')
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
await takeTurns(work, variant.async === true, { warmUp: Number(values['warm-up']), chunk: Number(values.chunk) })
