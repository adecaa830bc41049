import { parseArgs } from 'node:util'
import { bytesHeld, cpuNanos, nanosPerCall, percentOfCore, type Run, turn } from './measure.ts'
import type { Packages } from './packages.mjs'
import { registerSdk } from './sdk.ts'
import { paced } from './undisturbed.ts'
import { type Variant, variantNamed } from './variants.ts'
import type { Held, Query, Surroundings, Watched, Work } from './workload.ts'

async function measure(surroundings: Surroundings, variant: Variant, run: Run): Promise<number> {
  const { setup } = (await import(`./variants/${variant.file}.ts`)) as {
    setup(surroundings: Surroundings): Promise<unknown>
  }
  const made = await setup(surroundings)
  // The context manager is proven only after a turn.
  await turn()
  switch (variant.kind) {
    case 'cpu':
    case 'long-open':
      return cpuNanos(made as Work, variant.async === true, run)
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
console.log(JSON.stringify(await paced(() => measure(surroundings, variant, run))))
