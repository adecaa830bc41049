import { context, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { afterEach, describe, expect, test } from 'vitest'
import { planActivity, runActivity, startActivity, trackActivity } from '../../../src/index.js'
import { newTracker, registerContextManager, registerSdk, turn, unregisterAll } from '../../support/otel.js'

afterEach(unregisterAll)

describe.each([
  ['nothing registered', () => {}],
  ['a context manager alone', () => registerContextManager(new AsyncLocalStorageContextManager())],
])('without an SDK, with %s', (_, register) => {
  test('ids are our own valid W3C ids, and everything below shares the trace', async () => {
    register()
    const { tracker } = newTracker()
    await runActivity({ tracker, name: 'outer' }, async (outer) => {
      await turn()
      const inner = startActivity('inner')
      const planned = planActivity('planned')
      expect(inner.traceId).toBe(outer.traceId)
      expect(planned.traceId).toBe(outer.traceId)
      expect(new Set([outer.spanId, inner.spanId, planned.spanId]).size).toBe(3)
      for (const { traceId, spanId } of [outer, inner, planned]) {
        expect(traceId).toMatch(/^(?!0+$)[\da-f]{32}$/)
        expect(spanId).toMatch(/^(?!0+$)[\da-f]{16}$/)
      }
      expect(trace.getActiveSpan()).toBeUndefined()
    })
  })

  test('a child has its trace id from its parent, whichever is asked first', async () => {
    register()
    const { tracker } = newTracker()
    const outer = startActivity({ tracker })
    const inner = startActivity({ tracker, parent: outer })
    outer.complete()
    const late = startActivity({ tracker, parent: inner })
    const { traceId } = late
    expect([inner.traceId, outer.traceId]).toEqual([traceId, traceId])
  })

  test('the W3C fields are written all the same', () => {
    register()
    const { tracker } = newTracker()
    const activity = startActivity({ tracker })
    expect(activity.inject({})).toMatchObject({ traceparent: `00-${activity.traceId}-${activity.spanId}-00` })
  })
})

describe('a provider that is registered after our first activity', () => {
  test('gets the spans of what starts from then on', async () => {
    const { tracker } = newTracker()
    const work = trackActivity({ tracker, name: 'work' }, async () => {
      await turn()
    })
    await work()
    const sdk = registerSdk()
    await work()
    expect(sdk.spans().map(({ name }) => name)).toEqual(['work'])
  })

  test('in the middle of an activity: that one goes on without a span, what is below it has one', async () => {
    const { tracker } = newTracker()
    await runActivity({ tracker, name: 'main' }, async (main) => {
      const { traceId } = main
      const sdk = registerSdk()
      await turn()
      await runActivity('inner', async (inner) => {
        await turn()
        expect(inner.parentId).toBe(main.id)
      })
      main.complete('fine')
      expect(sdk.spans().map(({ name }) => name)).toEqual(['inner'])
      expect(main.traceId).toBe(traceId)
    })
  })

  test('and one that is taken away again leaves tracking as it was', async () => {
    const { tracker } = newTracker()
    const sdk = registerSdk()
    const activity = startActivity({ tracker, name: 'work' })
    await sdk.provider.shutdown()
    unregisterAll()
    activity.complete()
    expect(activity.state).toBe('completed')
    await runActivity({ tracker, name: 'later' }, async (outer) => {
      await turn()
      expect(startActivity('inner').traceId).toBe(outer.traceId)
    })
  })
})

test('importing registers nothing', () => {
  expect(context.active().getValue(Symbol.for('underway.activity/1'))).toBeUndefined()
  expect(propagation.fields()).toEqual([])
  const globals = globalThis as { [key: symbol]: { trace?: unknown; context?: unknown } | undefined }
  const api = globals[Symbol.for('opentelemetry.js.api.1')]
  expect([api?.trace, api?.context]).toEqual([undefined, undefined])
})
