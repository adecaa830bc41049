import * as otel from '@opentelemetry/api'
import { afterEach, expect, test } from 'vitest'
import { ActivityTracker, startActivity, startUnderway } from '../../../src/index.js'
import { unregisterAll } from '../../support/otel.js'
import { OtlpReceiver } from '../../support/otlp-receiver.js'

afterEach(() => {
  unregisterAll()
  otel.metrics.disable()
  otel.logs.disable()
})

/** What the collector was told of one failure. */
async function told(value: string): Promise<{ readonly onSpan: boolean; readonly onRecord: boolean }> {
  await using collector = await OtlpReceiver.start()
  const tracker = new ActivityTracker({ onWarning: () => undefined })
  const underway = await startUnderway({
    tracker,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN: value,
      UNDERWAY_LOG_LEVEL: 'none',
    },
  })
  startActivity({ tracker, name: 'write' }).fail(new RangeError('disk is full'))
  tracker.flushNow()
  expect(await underway.flush()).toBe(true)
  await underway.shutdown()
  const of = (path: string): string =>
    JSON.stringify(collector.received.filter((one) => one.path === path).map(({ json }) => json))
  const [spans, records] = [of('/v1/traces'), of('/v1/logs')]
  expect(spans).toContain('disk is full')
  expect(records).toContain('activity.error')
  return { onSpan: spans.includes('exception.stacktrace'), onRecord: records.includes('exception.stacktrace') }
}

test.each([
  ['', { onSpan: true, onRecord: false }],
  ['logs', { onSpan: false, onRecord: true }],
  ['logs/dup', { onSpan: true, onRecord: true }],
  ['logs,logs/dup', { onSpan: true, onRecord: true }],
  ['something/new', { onSpan: true, onRecord: false }],
])('with OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN=%j the exception is %j', async (value, expected) => {
  expect(await told(value)).toEqual(expected)
})
