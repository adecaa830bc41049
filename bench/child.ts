import { parseArgs } from 'node:util'
import { bytesHeld, nanosPerCall, percentOfCore, type Run, turn } from './measure.ts'
import type { Packages } from './packages.mjs'
import { registerSdk } from './sdk.ts'
import { takeTurns } from './take-turns.ts'
import { paced } from './undisturbed.ts'
import { type Kind, type TurnKind, takesTurns, type Variant, variantNamed } from './variants.ts'
import type { Held, Query, Surroundings, Watched, Work } from './workload.ts'

async function setUp(surroundings: Surroundings, variant: Variant): Promise<unknown> {
  const { setup } = (await import(`./variants/${variant.file}.ts`)) as {
    setup(surroundings: Surroundings): Promise<unknown>
  }
  const made = await setup(surroundings)
  // The context manager is proven only after a turn.
  await turn()
  return made
}

function measure(made: unknown, kind: Exclude<Kind, TurnKind>, run: Run): number | Promise<number> {
  switch (kind) {
    case 'memory':
      return bytesHeld(made as Held, run)
    case 'share':
      return percentOfCore(made as Watched, run)
    case 'query':
    case 'health':
    case 'heartbeat':
      return nanosPerCall(made as Query, run)
  }
}

const { values } = parseArgs({
  options: {
    variant: { type: 'string', default: '' },
    packages: { type: 'string', default: './packages.mjs' },
    count: { type: 'string', default: '100000' },
    'warm-up': { type: 'string', default: '30000' },
    chunk: { type: 'string', default: '250' },
  },
})
const variant = variantNamed(values.variant)
const { packages } = (await import(values.packages)) as { packages: Packages }
const surroundings: Surroundings = {
  packages,
  name: values.variant,
  variant,
  registerSdk: () => (variant.sdk === 'none' ? Promise.resolve(undefined) : registerSdk(packages)),
}
const run = { count: Number(values.count), warmUp: Number(values['warm-up']), chunk: Number(values.chunk) }
const { kind } = variant
if (takesTurns(kind)) await takeTurns((await setUp(surroundings, variant)) as Work, variant.async === true, run)
else console.log(JSON.stringify(await paced(async () => measure(await setUp(surroundings, variant), kind, run))))
