import type { WrappingSubject } from '../../src/testing/index.ts'
import { packages } from '../packages.mjs'
import type { FinishedSpan } from './seen-spans.ts'
import { seenSpans } from './seen-spans.ts'
import { underwaySubject } from './underway-subject.ts'

/** What is examined with the packages of this repository, and not with those of the peers. */
export type OwnSubject = 'underway' | 'by hand'

interface Exported {
  readonly names: Map<string, string>
  readonly spans: FinishedSpan[]
}

async function registerSdk(): Promise<Exported> {
  const [{ trace, context }, { TracerProvider }, { AsyncLocalStorageContextManager }] = await Promise.all([
    packages.api(),
    packages.sdk(),
    packages.contextManagers(),
  ])
  const exported: Exported = { names: new Map(), spans: [] }
  const provider = new TracerProvider({
    spanProcessors: [
      {
        onStart: (span) => void exported.names.set(span.spanContext().spanId, span.name),
        onEnd: (span) => void exported.spans.push(span),
        forceFlush: () => Promise.resolve(),
        shutdown: () => Promise.resolve(),
      },
    ],
  })
  trace.setGlobalTracerProvider(provider)
  context.setGlobalContextManager(new AsyncLocalStorageContextManager())
  return exported
}

async function openUnderway(manualClock: new () => import('../../src/testing/index.ts').ManualClock) {
  const exported = await registerSdk()
  const reset = (): void => void exported.spans.splice(0)
  const clock = () => {
    const made = new manualClock()
    return { clock: made, advance: (millis: number) => made.advance(millis) }
  }
  return underwaySubject({
    underway: await packages.underway(),
    clock,
    exported: { reset, spans: () => exported.spans },
  })
}

/** What one writes without any package but the api. */
async function openByHand(): Promise<WrappingSubject> {
  const { context, trace } = await packages.api()
  const { names, spans } = await registerSdk()
  const tracer = trace.getTracer('by hand')
  return {
    name: 'by hand',
    start() {
      spans.splice(0)
      names.clear()
      return {
        wrap(name, fn) {
          const call = fn as unknown as (...args: unknown[]) => unknown
          const wrapped = (...args: unknown[]): unknown =>
            tracer.startActiveSpan(name, (span) => {
              const failed = (error: unknown): never => {
                span.recordException(error as Error)
                span.setStatus({ code: 2 })
                span.end()
                throw error
              }
              try {
                const value = call(...args)
                if (value instanceof Promise)
                  return value.then((result: unknown) => {
                    span.end()
                    return result
                  }, failed)
                span.end()
                return value
              } catch (error) {
                return failed(error)
              }
            })
          return wrapped as never
        },
        ended: () => seenSpans(spans, (id) => names.get(id)),
        current: () => (trace.getActiveSpan() as { name?: string } | undefined)?.name,
        bind: (fn) => context.bind(context.active(), fn as never),
        collect: collectGarbage,
      }
    },
  }
}

async function collectGarbage(): Promise<void> {
  for (let round = 0; round < 5; round += 1) {
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
    globalThis.gc?.()
  }
}

export function openOwn(
  name: OwnSubject,
  manualClock: new () => import('../../src/testing/index.ts').ManualClock,
): Promise<WrappingSubject> {
  return name === 'underway' ? openUnderway(manualClock) : openByHand()
}
