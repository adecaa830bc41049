import * as otel from '@opentelemetry/api'
import { LoggerProvider } from '@opentelemetry/sdk-logs'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { ActivityTracker, startActivity, startUnderway, type UnderwayHandle } from '../../../src/index.js'
import { registerInstruments, registerLifecycleLogs } from '../../../src/otel/index.js'
import type { OtlpReceiver } from '../../support/otlp-receiver.js'
import { quietSetup, receiver } from '../../support/quiet-setup.js'

const warn = quietSetup()

const json = { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }

async function start(
  tracker: ActivityTracker,
): Promise<{ readonly collector: OtlpReceiver; readonly underway: UnderwayHandle }> {
  const collector = await receiver()
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, ...json }
  const underway = await startUnderway({ tracker, env })
  onTestFinished(async () => void (await underway.shutdown()))
  return { collector, underway }
}

/** What an error that is reported sends at once, without a wait. */
async function errorRecords({
  collector,
  underway,
  tracker,
}: {
  readonly collector: OtlpReceiver
  readonly underway: UnderwayHandle
  readonly tracker: ActivityTracker
}): Promise<number> {
  startActivity({ tracker, name: 'work' }).fail(new Error('broken'))
  await underway.flush()
  const logs = collector.received.filter(({ path }) => path === '/v1/logs').map((one) => JSON.stringify(one.json))
  return logs.join('').split('"eventName":"activity.error"').length - 1
}

describe('a log event leaves once where startUnderway has connected the log events, and', () => {
  test.each([
    ['they are registered again', () => undefined],
    ['they are registered again with a logger of another name', () => otel.logs.getLogger('mine') as never],
  ])('%s', async (_how, logger) => {
    const tracker = new ActivityTracker()
    const started = await start(tracker)
    registerLifecycleLogs({ tracker, logger: logger() })
    expect(await errorRecords({ ...started, tracker })).toBe(1)
    expect(warn).not.toHaveBeenCalled()
  })

  test('they were registered before, when there was no provider yet', async () => {
    const tracker = new ActivityTracker({ onWarning: () => {} })
    registerLifecycleLogs({ tracker })
    expect(await errorRecords({ ...(await start(tracker)), tracker })).toBe(1)
  })

  test('twice where another provider is to have them too', async () => {
    const tracker = new ActivityTracker()
    const started = await start(tracker)
    const onEmit = vi.fn()
    const done = async (): Promise<void> => {}
    const other = new LoggerProvider({ processors: [{ onEmit, forceFlush: done, shutdown: done }] })
    registerLifecycleLogs({ tracker, logger: other.getLogger('mine') as never })
    expect(await errorRecords({ ...started, tracker })).toBe(1)
    expect(onEmit).toHaveBeenCalledTimes(1)
  })
})

describe('providers that are kept', () => {
  function keep(): void {
    otel.metrics.setGlobalMeterProvider(new MeterProvider())
    otel.logs.setGlobalLoggerProvider(new LoggerProvider())
  }

  test('and have been connected already are not warned of', async () => {
    keep()
    const tracker = new ActivityTracker()
    registerInstruments({ tracker })
    registerLifecycleLogs({ tracker })
    const { underway } = await start(tracker)
    expect(underway.status().signals).toMatchObject({ metrics: { state: 'kept' }, logs: { state: 'kept' } })
    expect(underway.status().warnings).toEqual([])
    expect(warn).not.toHaveBeenCalled()
  })

  test('and were connected no more, or for another tracker, are warned of', async () => {
    keep()
    const tracker = new ActivityTracker()
    registerInstruments({ tracker }).unregister()
    registerLifecycleLogs({ tracker: new ActivityTracker() })
    const { underway } = await start(tracker)
    expect(underway.status().warnings).toEqual([
      expect.stringContaining('registerInstruments()'),
      expect.stringContaining('registerLifecycleLogs()'),
    ])
  })
})
