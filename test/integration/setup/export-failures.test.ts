import { describe, expect, onTestFinished, test } from 'vitest'
import { drain } from '../../../src/health/index.js'
import { ActivityTracker, startActivity, startUnderway, type UnderwayHandle } from '../../../src/index.js'
import type { OtlpReceiver } from '../../support/otlp-receiver.js'
import { quietSetup, receiver } from '../../support/quiet-setup.js'

const warn = quietSetup()

/** Where nobody listens. */
async function nobody(): Promise<string> {
  const gone = await receiver()
  const { endpoint } = gone
  await gone[Symbol.asyncDispose]()
  return endpoint
}

interface Started {
  readonly tracker: ActivityTracker
  readonly underway: UnderwayHandle
}

/** Has one span and one scalar to send, and a batch of metrics. */
async function start(endpoint: string, env: Readonly<Record<string, string>> = {}): Promise<Started> {
  const tracker = new ActivityTracker()
  const underway = await startUnderway({ tracker, env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...env } })
  onTestFinished(async () => void (await underway.shutdown({ timeoutMillis: 0 })))
  startActivity({ tracker, name: 'work' }).complete()
  tracker.logScalars({ loss: 1 })
  return { tracker, underway }
}

const refuses = (): Promise<OtlpReceiver> => receiver((response) => void response.writeHead(404).end())
const remedy =
  'the collector did not take what startUnderway exports: start it, or name its address in OTEL_EXPORTER_OTLP_ENDPOINT; status() of what startUnderway returned has what was lost of each signal, and why'

describe('a collector that takes nothing', () => {
  test('because nobody listens is warned of once, for all signals', async () => {
    const endpoint = await nobody()
    const { tracker, underway } = await start(endpoint)
    expect(await underway.shutdown({ timeoutMillis: 100 })).toBe(false)
    const [message, options] = warn.mock.calls[0] ?? []
    expect(message).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1\/\w+ \(connect ECONNREFUSED 127\.0\.0\.1:\d+\): /)
    expect(message).toContain(remedy)
    expect(options).toEqual({ type: 'UnderwayWarning', code: 'UNDERWAY_EXPORT_FAILED' })
    expect(warn).toHaveBeenCalledTimes(1)
    expect(underway.status().warnings).toEqual([message])
    expect(tracker.snapshot().faults['export.failed']).toBeGreaterThan(0)
  })

  test('because its address is another one is warned of at the first answer, with the address', async () => {
    const collector = await refuses()
    const { underway } = await start(collector.endpoint)
    expect(await underway.flush({ timeoutMillis: 200 })).toBe(false)
    expect(await underway.flush({ timeoutMillis: 200 })).toBe(false)
    expect(warn.mock.calls.map(([message]) => message)).toEqual([
      expect.stringMatching(
        new RegExp(`^${collector.endpoint}/v1/(traces|metrics) \\(the collector answered 404\\): .*status\\(\\)`),
      ),
    ])
  })

  test('says nothing of what else is in its address', async () => {
    const { host } = new URL((await refuses()).endpoint)
    const { underway } = await start(`http://user:secret@${host}/base?key=secret`)
    await underway.flush({ timeoutMillis: 200 })
    expect(warn.mock.calls[0]?.[0]).toContain(`http://${host}/base/v1/`)
    expect(warn.mock.calls[0]?.[0]).not.toContain('secret')
  })

  test('because it hangs is warned of once when it is given up', async () => {
    const { underway } = await start((await receiver(() => {})).endpoint)
    await underway.shutdown({ timeoutMillis: 50 })
    expect(warn.mock.calls.map(([message]) => message)).toEqual([expect.stringContaining('(given up: the time')])
  })

  test('is warned of again only for another reason', async () => {
    const collector = await receiver((response, call) => void response.writeHead(call === 1 ? 404 : 401).end())
    const { underway, tracker } = await start(collector.endpoint, {
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
    })
    for (let call = 0; call < 3; call += 1) {
      await underway.flush()
      startActivity({ tracker, name: 'work' }).complete()
    }
    expect(warn.mock.calls.map(([message]) => /answered \d+/.exec(String(message))?.[0])).toEqual([
      'answered 404',
      'answered 401',
    ])
    expect(tracker.snapshot().faults['export.failed']).toBe(3)
  })

  test.each(['none', 'error'])('is in the status alone under UNDERWAY_LOG_LEVEL=%s', async (level) => {
    const { underway, tracker } = await start((await refuses()).endpoint, { UNDERWAY_LOG_LEVEL: level })
    await underway.flush({ timeoutMillis: 200 })
    expect(warn).not.toHaveBeenCalled()
    expect(underway.status().warnings).toHaveLength(1)
    expect(tracker.snapshot().faults['export.failed']).toBeGreaterThan(0)
  })
})

describe('a collector that is busy', () => {
  /** So often it says at once that it is, and then takes all. */
  async function busy(times: number): Promise<{ readonly all: boolean; readonly collector: OtlpReceiver }> {
    const collector = await receiver((response, call) => {
      response.writeHead(call <= times ? 503 : 200, { 'retry-after': '0' }).end()
    })
    const off = { OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' }
    const { underway } = await start(collector.endpoint, off)
    return { all: await underway.flush(), collector }
  }

  test('for a moment is not warned of', async () => {
    const { all, collector } = await busy(2)
    expect([all, collector.names('traces')]).toEqual([true, ['work', 'work', 'work']])
    expect(warn).not.toHaveBeenCalled()
  })

  test('for longer is warned of while it is tried again', async () => {
    expect((await busy(5)).all).toBe(true)
    expect(warn.mock.calls.map(([message]) => message)).toEqual([expect.stringContaining('answered 503')])
  })
})

test('a request that is refused for what is in it is no collector that takes nothing: scalars have a fault of their own', async () => {
  const collector: OtlpReceiver = await receiver((response) => {
    const hasScalars = collector.received.at(-1)?.names.includes('experiment.scalar')
    response.writeHead(hasScalars === true ? 400 : 200).end()
  })
  const { underway, tracker } = await start(collector.endpoint)
  await underway.flush()
  expect(tracker.snapshot().faults).toEqual({ 'scalar.refused': 1 })
  expect(underway.status().warnings).toEqual([])
})

test.each([100, 0])('a shutdown at once, of %i ms, says why scalars were lost', async (timeoutMillis) => {
  const { underway } = await start(await nobody())
  await underway.shutdown({ timeoutMillis })
  expect(underway.status().scalars).toMatchObject({
    queue: { failed: 1, pending: 0 },
    lastError: expect.stringMatching(/ECONNREFUSED|^given up/),
  })
})

describe('a drain that sends nothing', () => {
  const notSent = { quiescent: true, flushed: false, exitCode: 1 }

  test('because nobody listens says so', async () => {
    const { tracker } = await start(await nobody())
    expect(await drain({ tracker, flushMillis: 1_000 })).toMatchObject(notSent)
  })

  test('because all is refused says so, however long it may take', async () => {
    const { tracker } = await start((await refuses()).endpoint, { OTEL_METRICS_EXPORTER: 'none' })
    expect(await drain({ tracker, flushMillis: 60_000 })).toMatchObject(notSent)
  })

  test('because its exporters gave up before the time was over says so', async () => {
    const env = { OTEL_METRICS_EXPORTER: 'none', OTEL_EXPORTER_OTLP_TIMEOUT: '50' }
    const { tracker } = await start((await receiver(() => {})).endpoint, env)
    expect(await drain({ tracker, flushMillis: 60_000 })).toMatchObject(notSent)
  })

  test('waits for a collector that is slow for as long as flushMillis', async () => {
    const slow = Promise.withResolvers<void>()
    const collector = await receiver((response) => void slow.promise.then(() => response.writeHead(200).end()))
    const tracker = new ActivityTracker()
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint }
    const underway = await startUnderway({ tracker, exitTimeoutMillis: 1, env })
    onTestFinished(async () => void (await underway.shutdown()))
    startActivity({ tracker, name: 'work' }).complete()
    const report = drain({ tracker, flushMillis: 10_000 })
    // The collector has it for longer than the end of a process would wait.
    await collector.until(() => collector.received.length > 0)
    await new Promise((resolve) => {
      setImmediate(() => setImmediate(resolve))
    })
    slow.resolve()
    expect(await report).toMatchObject({ flushed: true, exitCode: 0 })
  })
})
