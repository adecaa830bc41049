import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ActivityTracker, startUnderway } from '../../../src/index.js'
import { runNode } from '../../support/child-process.js'
import { OtlpReceiver } from '../../support/otlp-receiver.js'
import { type DecodedScalar, scalarsOf } from '../../support/otlp-scalars.js'
import { repositoryRoot } from '../../support/repository.js'

const program = join(import.meta.dirname, 'fixtures/scalars.mjs')

async function receiver(...args: Parameters<typeof OtlpReceiver.start>): Promise<OtlpReceiver> {
  const started = await OtlpReceiver.start(...args)
  onTestFinished(() => started[Symbol.asyncDispose]())
  return started
}

function scalarsIn(collector: OtlpReceiver): DecodedScalar[] {
  return collector.received
    .filter(({ names }) => names.includes('experiment.scalar'))
    .flatMap(({ body }) => scalarsOf(body))
}

/** What the program logs, in the order of its steps. */
function expectAll(collector: OtlpReceiver, count: number): void {
  const points = scalarsIn(collector)
  const of = (name: string): [number, number][] =>
    points.filter(({ scalar, run }) => scalar === name && run === 'r').map(({ step, value }) => [step, value])
  const steps = Array.from({ length: count }, (_, step) => step)
  expect(of('loss')).toEqual(steps.map((step) => [step, step]))
  expect(of('grad/norm')).toEqual(steps.map((step) => [step, step === 0 ? Number.NaN : -step]))
  expect(of('reward/mean')).toEqual([[7, 3]])
  expect(of('reward/count')).toEqual([[7, 3]])
  expect(points).toHaveLength(2 * count + 4)
}

const unhurried = { exitTimeoutMillis: 30_000 }

function run(endpoint: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return runNode([program, ...args], {
    cwd: repositoryRoot,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SERVICE_NAME: 'trainer', ...env },
  })
}

describe('scalars of startUnderway', () => {
  test.each([
    ['by itself', 'natural', 0],
    ['by process.exit', 'exit', 3],
    ['by an error that nobody handles', 'throw', 1],
  ])('all arrive when the process ends %s, and what an aggregator held too', async (_how, what, code) => {
    const collector = await receiver()
    expect(await run(collector.endpoint, [what, '10000', JSON.stringify(unhurried)])).toMatchObject({ code })
    expectAll(collector, 10_000)
    expect(collector.received[0]?.resource).toMatchObject({ 'service.name': 'trainer' })
  })

  test('all arrive when a signal ends the process', async () => {
    const collector = await receiver()
    const child = spawn(
      process.execPath,
      [program, 'signal', '1000', JSON.stringify({ ...unhurried, flushOnSignals: true })],
      {
        cwd: repositoryRoot,
        env: { ...process.env, NODE_OPTIONS: '', OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    await once(child.stdout, 'data')
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([null, 'SIGTERM'])
    expectAll(collector, 1_000)
  })

  test('leave as protobuf, whatever the protocol of the other signals is, as JSON has no NaN', async () => {
    const collector = await receiver()
    const env = { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' }
    await run(collector.endpoint, ['natural', '10', JSON.stringify(unhurried)], env)
    expectAll(collector, 10)
    const types = new Set(
      collector.received.map(({ headers, names }) => [headers['content-type'], names.length].join(' ')),
    )
    expect(types).toEqual(new Set(['application/json 0', 'application/x-protobuf 2']))
  })

  test('wait for a collector that is away, and the status says so', async () => {
    const away = await receiver()
    const { endpoint } = away
    await away[Symbol.asyncDispose]()
    const { stdout } = await run(endpoint, ['status', '10'])
    expect(JSON.parse(stdout)).toMatchObject({
      state: 'exporting',
      url: `${endpoint}/v1/metrics`,
      queue: { accepted: 24, exported: 0, failed: 0, dropped: 0, pending: 24 },
      lastError: expect.stringContaining('ECONNREFUSED'),
    })
  })

  test('that are refused do not keep those after them from arriving', async () => {
    let status = 400
    const collector = await receiver((response) => void response.writeHead(status).end())
    const tracker = new ActivityTracker({ onWarning: () => undefined })
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_METRIC_EXPORT_INTERVAL: '3600000',
    }
    const underway = await startUnderway({ tracker, serviceName: 'trainer', env })
    onTestFinished(async () => void (await underway.shutdown()))
    tracker.logScalars({ loss: 1 }, { step: 1 })
    expect(await underway.flush()).toBe(false)
    status = 200
    tracker.logScalars({ loss: 2 }, { step: 2 })
    await underway.flush()
    expect(scalarsIn(collector).map(({ step }) => step)).toEqual([1, 2])
    expect(underway.status().scalars.queue).toEqual({ accepted: 2, exported: 1, failed: 1, dropped: 0, pending: 0 })
    expect(await underway.shutdown()).toBe(true)
  })
})
