import type { SpanExporter } from '@opentelemetry/sdk-trace'
import type { Packages } from './packages.mjs'
import type { Sdk } from './workload.ts'

/** What every span must carry, whoever made it. */
const attributeKeys = [
  'activity.module',
  'activity.type',
  'activity.state',
  'code.file.path',
  'code.line.number',
] as const

/** The usual setup: async context manager, BatchSpanProcessor with its defaults, an exporter that only counts. */
export async function registerSdk(packages: Packages): Promise<Sdk> {
  const [{ trace, context }, { BatchSpanProcessor, TracerProvider }, { AsyncLocalStorageContextManager }] =
    await Promise.all([packages.api(), packages.sdk(), packages.contextManagers()])
  let exported = 0
  let nested = 0
  const exporter: SpanExporter = {
    export(spans, done) {
      // One of each batch, so that looking costs little; what is not as it must be is not counted, and the run fails.
      const missing = attributeKeys.filter((key) => spans[0]?.attributes[key] === undefined)
      if (missing.length > 0) throw new Error(`a span is without ${missing.join(', ')}`)
      exported += spans.length
      for (const span of spans) if (span.parentSpanContext !== undefined) nested += 1
      done({ code: 0 })
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
  const provider = new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter })] })
  const manager = new AsyncLocalStorageContextManager()
  if (!trace.setGlobalTracerProvider(provider) || !context.setGlobalContextManager(manager))
    throw new Error('another SDK was registered already')
  return { flush: () => provider.forceFlush(), counted: () => ({ exported, nested }) }
}
