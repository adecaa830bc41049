import { context, INVALID_SPAN_CONTEXT, type Span, type TracerProvider, trace } from '@opentelemetry/api'
import { suppressTracing } from '@opentelemetry/core'
import { afterEach, describe, expect, test } from 'vitest'
import { currentActivity, planActivity, runActivity, startActivity, trackActivity } from '../../../src/index.js'
import { newTracker, registerSdk, StartRecorder, turn, unregisterAll } from '../../support/otel.js'

afterEach(unregisterAll)

class ThrowingProcessor extends StartRecorder {
  readonly #where: 'onStart' | 'onEnd'

  constructor(where: 'onStart' | 'onEnd') {
    super()
    this.#where = where
  }

  override onStart(): void {
    if (this.#where === 'onStart') throw new Error('processor')
  }

  override onEnd(): void {
    if (this.#where === 'onEnd') throw new Error('processor')
  }
}

describe('a processor that throws', () => {
  test.each(['onStart', 'onEnd'] as const)('in %s does not reach user code and is counted', async (where) => {
    registerSdk({ spanProcessors: [new ThrowingProcessor(where)] })
    const { tracker, faults, warnings } = newTracker()
    const work = trackActivity({ tracker, name: 'work' }, async (value: number) => {
      await turn()
      return value
    })
    expect(await work(1)).toBe(1)
    expect(await work(2)).toBe(2)
    expect(faults('tracing.failed')).toBe(2)
    expect(warnings.filter((warning) => warning.includes('OpenTelemetry SDK threw'))).toHaveLength(1)
    expect(tracker.snapshot()).toMatchObject({ open: 0, totals: { completed: 2 } })
  })

  test('in onStart leaves an activity with ids of its own, the parent of what is below it', async () => {
    registerSdk({ spanProcessors: [new ThrowingProcessor('onStart')] })
    const { tracker } = newTracker()
    await runActivity({ tracker, name: 'outer' }, async (outer) => {
      await turn()
      const inner = startActivity('inner')
      expect(inner).toMatchObject({ parentId: outer.id, traceId: outer.traceId })
      expect(inner.spanId).toMatch(/^(?!0+$)[\da-f]{16}$/)
    })
  })
})

test('an activity without a span of its own, below one that has a span, is still the current one', async () => {
  class RefusingInner extends StartRecorder {
    override onStart(span: Span & { readonly name?: string }): void {
      if (span.name === 'inner') throw new Error('processor')
    }
  }
  const sdk = registerSdk({ spanProcessors: [new RefusingInner()] })
  const { tracker } = newTracker()
  await runActivity({ tracker, name: 'outer' }, async () => {
    await turn()
    await runActivity('inner', async (inner) => {
      expect(currentActivity()).toBe(inner)
      await turn()
      expect(currentActivity()).toBe(inner)
      runActivity('leaf', (leaf) => expect(leaf.parentId).toBe(inner.id))
    })
    const job = planActivity('planned')
    job.bind(() => expect(startActivity('part').parentId).toBe(job.id))()
  })
  expect(sdk.span('leaf').parentSpanContext?.spanId).toBe(sdk.span('outer').spanContext().spanId)
})

/** A provider whose tracer hands out what the test says. */
function registerProvider(startSpan: () => Span): void {
  const provider = { getTracer: () => ({ startSpan }) } as unknown as TracerProvider
  trace.setGlobalTracerProvider(provider)
}

describe('a tracer that misbehaves', () => {
  test('by throwing does not reach user code and is counted', () => {
    registerProvider(() => {
      throw new Error('tracer')
    })
    const { tracker, faults } = newTracker()
    expect(runActivity({ tracker, name: 'work' }, () => 5)).toBe(5)
    expect(faults('tracing.failed')).toBe(1)
  })

  test('by handing out nothing does not reach user code', () => {
    registerProvider(() => undefined as unknown as Span)
    const { tracker } = newTracker()
    expect(runActivity({ tracker, name: 'work' }, (activity) => activity.set('a', 1).traceId)).toMatch(/^[\da-f]{32}$/)
    expect(tracker.snapshot().totals.completed).toBe(1)
  })

  test('by handing out spans that throw does not reach user code', () => {
    const fail = (): never => {
      throw new Error('span')
    }
    registerProvider(
      () =>
        ({ spanContext: fail, setAttributes: fail, isRecording: fail, end: fail, setStatus: fail }) as unknown as Span,
    )
    const { tracker, faults } = newTracker()
    const ids = runActivity({ tracker, name: 'work' }, (activity) => {
      activity.set('a', 1)
      activity.inject({})
      return activity.traceId
    })
    expect(ids).toMatch(/^(?!0+$)[\da-f]{32}$/)
    expect(tracker.snapshot().totals.completed).toBe(1)
    expect(faults('tracing.failed')).toBeGreaterThan(0)
  })

  test('by being of a copy of the api that is a silent no-op still has valid ids of ours', () => {
    registerProvider(() => trace.wrapSpanContext(INVALID_SPAN_CONTEXT))
    const { tracker } = newTracker()
    runActivity({ tracker, name: 'outer' }, (outer) => {
      const inner = startActivity('inner')
      expect(outer.traceId).toMatch(/^(?!0+$)[\da-f]{32}$/)
      expect(inner.traceId).toBe(outer.traceId)
      expect(inner.inject({})).toMatchObject({ traceparent: `00-${inner.traceId}-${inner.spanId}-00` })
    })
  })
})

test('where tracing is suppressed there are no spans, and tracking goes on with ids of its own', async () => {
  const sdk = registerSdk()
  const { tracker, faults } = newTracker()
  runActivity({ tracker, name: 'first' }, () => {})
  await turn()
  await context.with(suppressTracing(context.active()), async () => {
    await runActivity({ tracker, name: 'outer' }, async (outer) => {
      await turn()
      const inner = startActivity('inner')
      expect(inner).toMatchObject({ parentId: outer.id, traceId: outer.traceId })
      expect(outer.traceId).toMatch(/^(?!0+$)[\da-f]{32}$/)
      inner.complete()
    })
  })
  expect(sdk.spans().map(({ name }) => name)).toEqual(['first'])
  expect(tracker.snapshot().totals).toMatchObject({ created: 3, completed: 3 })
  expect(faults('tracing.failed')).toBe(0)
})

test('a provider that was shut down costs nothing but its spans', async () => {
  const sdk = registerSdk()
  const { tracker, faults } = newTracker()
  await sdk.provider.shutdown()
  expect(runActivity({ tracker, name: 'work' }, () => 5)).toBe(5)
  expect(faults('tracing.failed')).toBe(0)
  expect(tracker.snapshot().totals.completed).toBe(1)
})
