// The peers, each used as its own documentation says. Their packages are installed beside this file and have no types
// here: the repository is checked without them.
import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { seenSpans } from './seen-spans.ts'

/** Spans that were started, by id, and those that have ended. */
const names = new Map()
const spans = []

const processor = {
  onStart: (span) => void names.set(span.spanContext().spanId, span.name),
  onEnd: (span) => void spans.push(span),
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
}

async function collect() {
  for (let round = 0; round < 5; round += 1) {
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
    globalThis.gc()
  }
}

function registerSdk() {
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [processor] }))
  context.setGlobalContextManager(new AsyncLocalStorageContextManager())
}

/** @param shorten what of a span's name was given to it */
function onOpenTelemetry(name, wrap, features = {}, shorten = (full) => full) {
  return {
    name,
    start() {
      names.clear()
      spans.splice(0)
      return {
        wrap,
        ended: () =>
          seenSpans(spans, (id) => names.get(id)).map((span) => ({
            ...span,
            name: shorten(span.name),
            parent: span.parent === undefined ? undefined : shorten(span.parent),
          })),
        current() {
          const active = trace.getActiveSpan()?.name
          return active === undefined ? undefined : shorten(active)
        },
        bind: (fn) => context.bind(context.active(), fn),
        collect,
        ...features,
      }
    },
  }
}

async function openLangfuse() {
  const { observe } = await import('@langfuse/tracing')
  registerSdk()
  return onOpenTelemetry('langfuse', (name, fn) => observe(fn, { name }))
}

async function openLogfire() {
  const { instrument } = await import('logfire')
  registerSdk()
  return onOpenTelemetry('logfire', (name, fn) => instrument(fn, { spanName: name, message: name }))
}

async function openOpenLlmetry() {
  const traceloop = await import('@traceloop/node-server-sdk')
  traceloop.initialize({
    processor,
    baseUrl: 'http://127.0.0.1:9',
    apiKey: 'none',
    silenceInitializationMessage: true,
    traceloopSyncEnabled: false,
    instrumentModules: {},
  })
  const wrap = (name, fn) =>
    function (...args) {
      return traceloop.withTask({ name }, (...given) => Reflect.apply(fn, this, given), ...args)
    }
  const features = { legacyDecorator: (name) => traceloop.task({ name }) }
  return onOpenTelemetry('openllmetry', wrap, features, (full) => full.replace(/\.task$/, ''))
}

async function openOpenInference() {
  const { withSpan, observe } = await import('@arizeai/openinference-core')
  registerSdk()
  return onOpenTelemetry('openinference', (name, fn) => withSpan(fn, { name }), {
    decorator: (name) => observe({ name }),
  })
}

async function openSentry() {
  const sentry = await import('@sentry/node')
  sentry.init({
    dsn: 'http://public@127.0.0.1:9/1',
    tracesSampleRate: 1,
    defaultIntegrations: false,
    transport: () => ({ send: () => Promise.resolve({}), flush: () => Promise.resolve(true) }),
  })
  // Its spans are no OpenTelemetry ones: they are looked at where it says that they start and end.
  const started = new Map()
  const ended = []
  sentry.getClient().on('spanStart', (span) => started.set(span.spanContext().spanId, sentry.spanToJSON(span).name))
  sentry.getClient().on('spanEnd', (span) => ended.push(sentry.spanToJSON(span)))
  return {
    name: 'sentry',
    start() {
      started.clear()
      ended.splice(0)
      return {
        wrap: (name, fn) =>
          function (...args) {
            return sentry.startSpan({ name }, () => Reflect.apply(fn, this, args))
          },
        ended: () =>
          ended.map(({ name, parent_span_id, status }) => ({
            name,
            parent: started.get(parent_span_id),
            failed: status !== undefined && status !== 'ok',
            exceptions: [],
          })),
        current() {
          const active = sentry.getActiveSpan()
          return active === undefined ? undefined : sentry.spanToJSON(active).name
        },
        bind(fn) {
          const span = sentry.getActiveSpan() ?? null
          return function (...args) {
            return sentry.withActiveSpan(span, () => Reflect.apply(fn, this, args))
          }
        },
        collect,
      }
    },
  }
}

async function openDatadog() {
  const { default: tracer } = await import('dd-trace')
  tracer.init({ plugins: false, startupLogs: false, flushInterval: 60_000, url: 'http://127.0.0.1:9' })
  const ended = []
  // Its spans are no OpenTelemetry ones: they are looked at where they end.
  tracer._tracer._processor.process = (span) => void ended.push(span)
  const nameOf = (span) => span.context()._name
  return {
    name: 'dd-trace',
    start() {
      ended.splice(0)
      const scope = tracer.scope()
      const known = new Map()
      return {
        wrap: (name, fn) => tracer.wrap(name, fn),
        ended() {
          for (const span of ended) {
            for (const one of span.context()._trace.started) known.set(String(one.context()._spanId), nameOf(one))
          }
          return ended.map((span) => {
            const tags = span.context()._tags
            const failed = tags.error !== undefined || tags['error.type'] !== undefined
            const parent = span.context()._parentId
            return {
              name: nameOf(span),
              parent: parent === null || parent === undefined ? undefined : known.get(String(parent)),
              failed,
              exceptions: failed ? [String(tags['error.message'] ?? tags.error?.message)] : [],
            }
          })
        },
        current() {
          const active = scope.active()
          return active === null ? undefined : nameOf(active)
        },
        bind: (fn) => scope.bind(fn, scope.active()),
        collect,
      }
    },
  }
}

export const peers = {
  langfuse: { title: 'Langfuse `observe`', package: '@langfuse/tracing', open: openLangfuse },
  logfire: { title: 'Logfire `instrument`', package: 'logfire', open: openLogfire },
  openllmetry: { title: 'OpenLLMetry `withTask`', package: '@traceloop/node-server-sdk', open: openOpenLlmetry },
  openinference: { title: 'OpenInference `withSpan`', package: '@arizeai/openinference-core', open: openOpenInference },
  sentry: { title: 'Sentry `startSpan`', package: '@sentry/node', open: openSentry },
  'dd-trace': { title: 'dd-trace `wrap`', package: 'dd-trace', open: openDatadog },
}
