import { ROOT_CONTEXT } from '@opentelemetry/api'
import { describe, expect, test } from 'vitest'
import { ActivityTracker, isUnderwayError, startUnderway } from '../../../src/index.js'
import {
  ActivitySpanProcessor,
  activityAwareSampler,
  recordingSampler,
  registerInstruments,
  registerLifecycleLogs,
} from '../../../src/otel/index.js'
import { terminalView } from '../../../src/terminal/index.js'
import { expectQuiescent } from '../../../src/testing/index.js'

function revoked(): never {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy as never
}

const calls: readonly [string, (options: never) => unknown][] = [
  ['new ActivityTracker', (options) => new ActivityTracker(options)],
  ['new ActivitySpanProcessor', (options) => new ActivitySpanProcessor(options)],
  ['registerInstruments', registerInstruments],
  ['registerLifecycleLogs', registerLifecycleLogs],
  ['terminalView', terminalView],
  ['expectQuiescent', expectQuiescent],
  ['recordingSampler', recordingSampler],
  ['activityAwareSampler', activityAwareSampler],
  ['startUnderway', startUnderway],
]

describe('a set-up call says which option it cannot use, as an UnderwayError', () => {
  test.each(calls)('%s', async (name, call) => {
    for (const options of [null, 7, revoked()]) {
      const thrown = await (async () => call(options as never))().catch((error: unknown) => error)
      expect(isUnderwayError(thrown) && thrown.code).toBe('OPTIONS_INVALID')
      expect(String((thrown as Error).message)).toContain(name)
    }
  })
})

test('whether a value is an UnderwayError can be asked about every value', () => {
  expect(isUnderwayError(revoked())).toBe(false)
})

test('a span or a context that cannot be read does not come out of startSpan', () => {
  const tracker = new ActivityTracker({ onWarning: () => undefined })
  const processor = new ActivitySpanProcessor({ tracker })
  processor.onStart({} as never, revoked())
  processor.onEnd(revoked())
  expect(tracker.snapshot().faults).toEqual({ 'tracing.failed': 2 })
})

test('a rule that answers with a promise matches nothing, and its rejection is kept from the program', async () => {
  const tracker = new ActivityTracker({ onWarning: () => undefined })
  const rules = [{ name: 'late', type: 'other', matches: (async () => Promise.reject(new Error('late'))) as never }]
  const span = { name: 'GET /', attributes: {}, spanContext: () => ({ traceId: '', spanId: '', traceFlags: 0 }) }
  new ActivitySpanProcessor({ tracker, rules }).onStart(span as never, ROOT_CONTEXT)
  await new Promise((resolve) => setImmediate(resolve))
  expect(tracker.snapshot()).toMatchObject({ totals: { created: 0 }, faults: { 'tracing.failed': 1 } })
})

test('a span that cannot name itself becomes no activity', () => {
  const tracker = new ActivityTracker({ onWarning: () => undefined })
  const span = { name: 'GET /', attributes: { 'activity.module': 'M' }, spanContext: () => undefined }
  new ActivitySpanProcessor({ tracker }).onStart(span as never, ROOT_CONTEXT)
  expect(tracker.snapshot()).toMatchObject({ totals: { created: 0 }, faults: { 'tracing.failed': 1 } })
})
