export const hows = {
  natural: 'by itself',
  exit: '`process.exit`',
  throw: 'an uncaught error',
  reject: 'an unhandled rejection',
  signal: 'SIGTERM, `flushOnSignals`',
} as const
export type How = keyof typeof hows

export const collectors = {
  off: 'nothing is exported',
  healthy: 'answers at once',
  dead: 'refuses the connection',
  hanging: 'accepts and never answers',
} as const
export type Collector = keyof typeof collectors

/** A process that ends, and what is measured of it. */
export interface End {
  readonly app: 'underway' | 'stock'
  readonly how: How
  readonly collector: Collector
  readonly spans: number
  /** The end that it is compared with, in the same round; what has none is measured by what arrives. */
  readonly base?: string
}

/** Little enough that the work itself takes no time. */
const fewSpans = 100

function delays(how: How): [string, End][] {
  return (Object.keys(collectors) as Collector[]).map((collector) => [
    `delay-${how}-${collector}`,
    { app: 'underway', how, collector, spans: fewSpans, base: `delay-${how}-off` },
  ])
}

function hanging(how: How): End {
  return { app: 'underway', how, collector: 'hanging', spans: fewSpans, base: `delay-${how}-off` }
}

function arrivals(how: How, ...counts: readonly number[]): [string, End][] {
  return counts.map((spans) => [`arrive-${how}-${spans}`, { app: 'underway', how, collector: 'healthy', spans }])
}

/** Everything that is measured, by name; docs/benchmarks.md lists the same. */
export const ends: Readonly<Record<string, End>> = Object.fromEntries([
  ...delays('natural'),
  ...delays('exit'),
  ...delays('throw'),
  ...delays('signal'),
  // As many as the queue holds, so that writing them counts too.
  ['delay-natural-hanging-full', { ...hanging('natural'), spans: 65_000 }],
  ['delay-exit-hanging-full', { ...hanging('exit'), spans: 65_000 }],
  ...arrivals('natural', 10_000),
  ...arrivals('signal', 10_000),
  ...arrivals('exit', 100, 1_000, 10_000, 65_000),
  ...arrivals('throw', 1_000, 10_000),
  ...arrivals('reject', 1_000, 10_000),
  ['stock-exit-100', { app: 'stock', how: 'exit', collector: 'healthy', spans: 100 }],
  ['stock-throw-100', { app: 'stock', how: 'throw', collector: 'healthy', spans: 100 }],
])
