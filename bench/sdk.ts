import type { SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace'
import type { Packages } from './packages.mjs'
import type { Counted } from './proof.ts'
import type { Sdk } from './workload.ts'

/** What every span must carry, whoever made it. */
const attributeKeys = [
  'activity.module',
  'activity.type',
  'activity.state',
  'code.file.path',
  'code.line.number',
] as const

export interface CountingExporter {
  readonly exporter: SpanExporter
  counted(): Required<Pick<Counted, 'exported' | 'nested'>>
}

/**
 * Sends nothing and counts what it is given.
 *
 * @param keys attributes that one span of each batch must carry, so that looking costs little
 * @param isCounted leaves out what is not the span of a call
 */
export function countingExporter(
  keys: readonly string[] = [],
  isCounted?: (span: { readonly attributes: Readonly<Record<string, unknown>> }) => boolean,
): CountingExporter {
  let exported = 0
  let nested = 0
  const exporter: SpanExporter = {
    export(spans, done) {
      // What is not as it must be is not counted, and the run fails.
      const missing = keys.filter((key) => spans[0]?.attributes[key] === undefined)
      if (missing.length > 0) throw new Error(`a span is without ${missing.join(', ')}`)
      const all = isCounted === undefined ? spans : spans.filter(isCounted)
      exported += all.length
      for (const span of all) if (span.parentSpanContext !== undefined) nested += 1
      done({ code: 0 })
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
  return { exporter, counted: () => ({ exported, nested }) }
}

/** The usual setup: async context manager, BatchSpanProcessor with its defaults, an exporter that only counts. */
export async function registerSdk(packages: Packages, keys: readonly string[] = attributeKeys): Promise<Sdk> {
  const { BatchSpanProcessor } = await packages.sdk()
  const { exporter, counted } = countingExporter(keys)
  return registerProcessor(packages, new BatchSpanProcessor({ exporter }), counted)
}

/** The same around a span processor that somebody else brings. */
export async function registerProcessor(
  packages: Packages,
  processor: SpanProcessor,
  counted: CountingExporter['counted'],
): Promise<Sdk> {
  const [{ trace, context }, { TracerProvider }, { AsyncLocalStorageContextManager }] = await Promise.all([
    packages.api(),
    packages.sdk(),
    packages.contextManagers(),
  ])
  const provider = new TracerProvider({ spanProcessors: [processor] })
  const manager = new AsyncLocalStorageContextManager()
  if (!trace.setGlobalTracerProvider(provider) || !context.setGlobalContextManager(manager))
    throw new Error('another SDK was registered already')
  return { flush: () => provider.forceFlush(), counted }
}
