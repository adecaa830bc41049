import { healthVariants } from './health-variants.ts'

/** What a variant is measured in. */
export const units = {
  cpu: 'ns per activity',
  'long-open': 'ns per activity',
  memory: 'B per open activity',
  query: 'ns per call',
  health: 'ns per call',
  heartbeat: 'ns per call',
  share: '% of a core',
} as const
export type Kind = keyof typeof units

/** What is compared with something else that takes turns with it. */
export type TurnKind = 'cpu' | 'long-open'

export function takesTurns(kind: Kind): kind is TurnKind {
  return kind === 'cpu' || kind === 'long-open'
}

export interface Variant {
  readonly kind: Kind
  /** The file in `variants/` that sets it up. */
  readonly file:
    | 'stock'
    | 'underway'
    | 'plain'
    | 'long-open'
    | 'handles'
    | 'pending'
    | 'queries'
    | 'health'
    | 'silence'
    | 'watchdog'
  /** Which SDK is registered; `none` leaves the api alone. */
  readonly sdk: '3' | '2' | 'none'
  readonly what: string
  /** The variant that it is compared with, in the same round. */
  readonly stock?: string
  readonly async?: boolean
  readonly subscriber?: boolean
  readonly disabled?: boolean
  /** How much else is open all the time. @defaultValue 1 */
  readonly open?: number
  /** How often a question is asked. @defaultValue 5000000 */
  readonly calls?: number
  /** Each time the oldest of that ends, and another one starts. */
  readonly oldest?: boolean
}

const stockWhat = '`startActiveSpan`, the same attributes set through the api'

function tracked(sdk: Variant['sdk'], async: boolean, more: Partial<Variant> & { readonly what: string }): Variant {
  const stock = `sdk${sdk === 'none' ? '3' : sdk}-stock-${async ? 'async' : 'sync'}`
  return { kind: 'cpu', file: 'underway', sdk, async, stock, ...more }
}

function stockOf(sdk: Variant['sdk'], async: boolean): Variant {
  return { kind: 'cpu', file: 'stock', sdk, async, what: stockWhat }
}

const full = { subscriber: true, what: 'tracked, SDK and one subscriber' }
const observed = { subscriber: true, what: 'tracked, one subscriber, no SDK' }
const alone = { what: 'tracked, nobody listens, no SDK' }
const disabled = { disabled: true, what: 'a tracker that is disabled' }
const plain = { file: 'plain', what: 'the functions themselves' } as const

function held(sdk: Variant['sdk'], file: 'handles' | 'pending', what: string, stock?: string): Variant {
  return { kind: 'memory', file, sdk, what, ...(stock === undefined ? {} : { stock }) }
}

const many = 100_000

/** Compared with the same while one is open. */
function longOpen(what: string, oldest: boolean, one?: string): Variant {
  const open = one === undefined ? { open: 1 } : { open: many, stock: one }
  return { kind: 'long-open', file: 'long-open', sdk: '3', oldest, what, ...open }
}

function query(what: string, more: Partial<Variant> = {}): Variant {
  return { kind: 'query', file: 'queries', sdk: 'none', what, ...more }
}

/** Everything that is measured, by name; docs/benchmarks.md lists the same. */
export const variants: Readonly<Record<string, Variant>> = {
  'sdk3-stock-sync': stockOf('3', false),
  'sdk3-underway-sync': tracked('3', false, full),
  'sdk3-stock-async': stockOf('3', true),
  'sdk3-underway-async': tracked('3', true, full),
  'sdk2-stock-sync': stockOf('2', false),
  'sdk2-underway-sync': tracked('2', false, full),
  'sdk2-stock-async': stockOf('2', true),
  'sdk2-underway-async': tracked('2', true, full),
  'nosdk-subscriber-sync': tracked('none', false, observed),
  'nosdk-subscriber-async': tracked('none', true, observed),
  'nosdk-sync': tracked('none', false, alone),
  'nosdk-async': tracked('none', true, alone),
  'disabled-sync': tracked('none', false, disabled),
  'disabled-async': tracked('none', true, disabled),
  'plain-sync': tracked('none', false, plain),
  'plain-async': tracked('none', true, plain),
  'sdk3-underway-on-one': longOpen('tracked, while one is open', false),
  'sdk3-underway-on-many': longOpen('tracked, while 100,000 are open', false, 'sdk3-underway-on-one'),
  'sdk3-stock-oldest-of-one': longOpen('a span ends, another starts', true),
  'sdk3-stock-oldest-of-many': longOpen('the oldest of 100,000 spans ends', true, 'sdk3-stock-oldest-of-one'),
  'sdk3-underway-oldest-of-one': longOpen('an activity ends, another starts', true),
  'sdk3-underway-oldest-of-many': longOpen(
    'the oldest of 100,000 activities ends',
    true,
    'sdk3-underway-oldest-of-one',
  ),
  'sdk3-stock-handle': held('3', 'handles', 'a span of `startSpan`'),
  'sdk3-underway-handle': held('3', 'handles', 'a handle of `startActivity`, SDK', 'sdk3-stock-handle'),
  'nosdk-underway-handle': held('none', 'handles', 'a handle of `startActivity`, no SDK', 'sdk3-stock-handle'),
  'sdk3-stock-pending': held('3', 'pending', 'a pending call inside `startActiveSpan`'),
  'sdk3-underway-pending': held('3', 'pending', 'a pending wrapped call, SDK', 'sdk3-stock-pending'),
  'nosdk-underway-pending': held('none', 'pending', 'a pending wrapped call, no SDK', 'sdk3-stock-pending'),
  'query-quiescent': query('`isQuiescent()`, nothing open'),
  'query-quiescent-busy': query('`isQuiescent()`, 1,000 modules busy'),
  'query-module': query('`isQuiescent({ module })` of a quiet one, 1,000 modules busy'),
  'query-module-busy': query('`isQuiescent({ module })` of a busy one, 1,000 modules busy'),
  'query-summary': query('`runningSummary()`, 1,000 modules busy', { calls: 5_000 }),
  ...healthVariants,
}

/** @throws Error naming the variants that exist */
export function variantNamed(name: string): Variant {
  const variant = variants[name]
  if (variant !== undefined) return variant
  throw new Error(`there is no variant '${name}'; choose one of ${Object.keys(variants).join(', ')}`)
}
