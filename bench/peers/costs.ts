import type { Variant } from '../variants.ts'

export const forms = ['sync', 'async'] as const
export type Form = (typeof forms)[number]

/** Something around a function, whose cost is measured. */
export interface Cost {
  /** As the table names it. */
  readonly title: string
  /** The module that sets it up, from `bench/`. */
  readonly setup: string
  readonly forms: readonly Form[]
  /** The packages whose versions are shown, in `node_modules` of a folder in `bench/`. @defaultValue `peers` */
  readonly packages?: readonly string[]
  readonly folder?: 'peers' | 'peers/logfire'
  /** What stands around every call. */
  readonly what: string
  /** Where spans and values go, and how a run proves that they did. */
  readonly goes: string
  /** Whether every span carries the attributes that stock has. */
  readonly attributed?: boolean
  /** What is asked of a variant that the other benchmark has too. */
  readonly variant?: Partial<Variant>
  /** Only its own agent can count its spans. */
  readonly agent?: boolean
}

/** What all others are compared with. */
export const base = 'bare-stock'

const counted = 'a `BatchSpanProcessor` to an exporter in the process that counts'
const ownSdk = 'its own SDK and `BatchSpanProcessor`, to an exporter in the process that counts'
const sentryTransport =
  'its own span buffer, to a transport in the process that counts the spans in the envelopes; it does not serialise them'

/** Everything that is measured, by name; docs/benchmarks-peers.md lists the same. */
export const costs: Readonly<Record<string, Cost>> = {
  plain: {
    title: 'nothing',
    setup: 'variants/plain.ts',
    forms,
    what: 'the functions themselves',
    goes: 'nowhere',
    variant: { sdk: 'none' },
  },
  'bare-stock': {
    title: 'bare stock',
    setup: 'peers/setups/bare-stock.ts',
    forms,
    packages: ['@opentelemetry/sdk-trace'],
    what: '`startActiveSpan`, and `span.end()` in `finally`: no attribute, no status, no exception',
    goes: counted,
  },
  stock: {
    title: 'stock',
    setup: 'variants/stock.ts',
    forms,
    packages: ['@opentelemetry/sdk-trace'],
    what: 'the stock of [benchmarks.md](benchmarks.md): five attributes, the error on the span',
    goes: counted,
    attributed: true,
  },
  naive: {
    title: 'naive wrapper',
    setup: 'peers/setups/naive.ts',
    forms,
    packages: ['@opentelemetry/sdk-trace', '@opentelemetry/sdk-metrics'],
    what: '`startActiveSpan`, five attributes, `setStatus`, `recordException` for errors, and `record` of a histogram with three labels',
    goes: `${counted}; a \`PeriodicExportingMetricReader\` to one that reads the count of the histogram`,
    attributed: true,
  },
  'prom-client': {
    title: 'prom-client `startTimer`',
    setup: 'peers/setups/prom-client.mjs',
    forms,
    packages: ['prom-client'],
    what: '`histogram.startTimer` with two labels, ended in `finally`; no span',
    goes: 'its registry, whose count of the histogram is read',
    variant: { sdk: 'none' },
  },
  underway: {
    title: '**underway**',
    setup: 'variants/underway.ts',
    forms,
    packages: ['underway'],
    what: '`trackActivity`: tracking, nesting, five attributes, feed and one subscriber',
    goes: `${counted}; a subscriber that counts`,
    attributed: true,
    variant: { subscriber: true },
  },
  'underway-no-sdk': {
    title: '**underway**, no SDK',
    setup: 'variants/underway.ts',
    forms,
    packages: ['underway'],
    what: '`trackActivity` without an SDK: tracking, nesting, feed and one subscriber; no span',
    goes: 'a subscriber that counts',
    variant: { subscriber: true, sdk: 'none' },
  },
  traceloop: {
    title: 'Traceloop (OpenLLMetry) `withTask`',
    setup: 'peers/setups/traceloop.mjs',
    forms: ['async'],
    packages: ['@traceloop/node-server-sdk', '@opentelemetry/sdk-node/node_modules/@opentelemetry/sdk-trace-base'],
    what: '`withTask` after `initialize` without its prompt registry; it makes every call a promise; what goes in and out is on the span',
    goes: ownSdk,
  },
  openinference: {
    title: 'OpenInference `withSpan`',
    setup: 'peers/setups/openinference.mjs',
    forms,
    packages: ['@arizeai/openinference-core', '@opentelemetry/sdk-trace'],
    what: '`withSpan` over a provider of the application; what goes in and out is on the span',
    goes: counted,
  },
  langfuse: {
    title: 'Langfuse `observe`',
    setup: 'peers/setups/langfuse.mjs',
    forms,
    packages: ['@langfuse/tracing', '@langfuse/otel'],
    what: '`observe` with the `LangfuseSpanProcessor` of `@langfuse/otel`; what goes in and out is on the span',
    goes: 'its span processor, to an exporter in the process that counts',
  },
  logfire: {
    title: 'Logfire `instrument`',
    setup: 'peers/logfire/setup.mjs',
    forms,
    packages: ['@pydantic/logfire-node', '@opentelemetry/sdk-trace-base'],
    folder: 'peers/logfire',
    what: '`instrument` after `configure`',
    goes: 'its own SDK with `sendToLogfire: false`, and a second `BatchSpanProcessor`, as it takes no exporter, to one in the process that counts',
  },
  sentry: {
    title: 'Sentry `startSpan`',
    setup: 'peers/setups/sentry.mjs',
    forms,
    packages: ['@sentry/node'],
    what: '`startSpan` after `init` with `tracesSampleRate: 1`',
    goes: sentryTransport,
    variant: { sdk: 'none' },
  },
  'sentry-no-context': {
    title: 'Sentry without `Context`',
    setup: 'peers/setups/sentry.mjs',
    forms,
    packages: ['@sentry/node'],
    what: 'the same without its `Context` integration, which asks for the free memory at every root span',
    goes: sentryTransport,
    variant: { sdk: 'none' },
  },
  'dd-trace': {
    title: 'dd-trace `wrap`',
    setup: 'peers/setups/dd-trace.mjs',
    forms,
    packages: ['dd-trace'],
    what: '`tracer.wrap` after `tracer.init`',
    goes: 'an agent on loopback in another process, which counts; serialising and sending are part of the figure',
    variant: { sdk: 'none' },
    agent: true,
  },
}

/** @throws Error naming those that exist */
export function costNamed(name: string): Cost {
  const cost = costs[name]
  if (cost !== undefined) return cost
  throw new Error(`there is no wrapper '${name}'; choose one of ${Object.keys(costs).join(', ')}`)
}

/** The names of what runs, with their forms. */
export function runsOf(
  names: readonly string[],
): { readonly name: string; readonly form: Form; readonly key: string }[] {
  return names.flatMap((name) => costNamed(name).forms.map((form) => ({ name, form, key: keyOf(name, form) })))
}

/** Under what the value of a round is kept. */
export function keyOf(name: string, form: Form): string {
  return `${name}-${form}`
}
