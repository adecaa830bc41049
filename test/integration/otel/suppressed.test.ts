import { context, trace } from '@opentelemetry/api'
import { isTracingSuppressed } from '@opentelemetry/core'
import { afterEach, describe, expect, test } from 'vitest'
import { currentActivity, runActivity } from '../../../src/index.js'
import { asOwnWork, isOwnWork } from '../../../src/tracing/suppressed.js'
import { newTracker, registerSdk, turn, unregisterAll } from '../../support/otel.js'

afterEach(unregisterAll)

describe('work of our own', () => {
  test('makes no spans in the real SDK, also after an await', async () => {
    const sdk = registerSdk()
    await asOwnWork(async () => {
      expect(isTracingSuppressed(context.active())).toBe(true)
      trace.getTracer('http').startSpan('before').end()
      await turn()
      trace.getTracer('http').startSpan('after').end()
    })
    trace.getTracer('http').startSpan('outside').end()
    expect(sdk.spans().map(({ name }) => name)).toEqual(['outside'])
  })

  test('is outside of the activity and the span that it was begun in', async () => {
    registerSdk()
    const { tracker } = newTracker()
    await runActivity({ tracker, name: 'work' }, async () => {
      await turn()
      const seen = asOwnWork(() => [currentActivity(), trace.getActiveSpan(), isOwnWork(context.active())])
      expect(seen).toEqual([undefined, undefined, true])
      expect(isOwnWork(context.active())).toBe(false)
    })
  })

  test('is outside of the activity without an SDK too', () => {
    const { tracker } = newTracker()
    runActivity({ tracker, name: 'work' }, () => {
      expect(currentActivity()?.name).toBe('work')
      expect(asOwnWork(() => currentActivity())).toBe(undefined)
    })
  })
})
