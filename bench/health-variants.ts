import type { Variant } from './variants.ts'

const errors = 1_000_000
const modules = 10_000

/** How many there are when the questions about health are asked. */
export const manyErrors: number = errors
export const manyModules: number = modules

function question(what: string, more: Partial<Variant>): Variant {
  return { kind: 'health', file: 'health', sdk: 'none', what, ...more }
}

const state = `${errors.toLocaleString('en')} errors reported, ${modules.toLocaleString('en')} modules`

/** What is watched over, and what the watching costs; merged into all variants. */
export const healthVariants: Readonly<Record<string, Variant>> = {
  'health-one': question('`errorHealth()`, one error reported, one module', { calls: 1_000_000 }),
  'health-errors': question(`\`errorHealth()\`, ${state}`, { calls: 1_000_000, stock: 'health-one' }),
  'health-latest': question(`\`errors({ limit: 10 })\`, ${state}`, { calls: 1_000_000 }),
  'health-of-module': question(`\`errors({ module })\`, ${state}`, { calls: 50_000 }),
  'health-groups': question(`\`errorGroups({ limit: 10 })\`, ${state}`, { calls: 10_000 }),
  'health-modules': question(`\`modules()\`, ${state}`, { calls: 500 }),
  'health-report': question(`\`reportError(message)\`, ${state}`, { calls: 200_000 }),
  'silence-unwatched': { kind: 'heartbeat', file: 'silence', sdk: 'none', what: 'a heartbeat' },
  'silence-watched': {
    kind: 'heartbeat',
    file: 'silence',
    sdk: 'none',
    what: 'a heartbeat while `watchSilence()` learns',
    stock: 'silence-unwatched',
  },
  'watchdog-idle': {
    kind: 'share',
    file: 'watchdog',
    sdk: 'none',
    what: 'an idle process with a watchdog, its probes and 1,000 open activities',
  },
}
