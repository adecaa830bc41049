import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import * as otel from '@opentelemetry/api'
import { describe, expect, onTestFinished, test } from 'vitest'
import { metricNames } from '../../../src/activity/semantic-conventions.js'
import { ActivityTracker, startActivity, startUnderway, type UnderwayHandle } from '../../../src/index.js'
import { OtlpReceiver } from '../../support/otlp-receiver.js'
import { quietSetup } from '../../support/quiet-setup.js'

const warn = quietSetup()

async function start(
  env: Readonly<Record<string, string>> = {},
  tracker = new ActivityTracker(),
): Promise<UnderwayHandle> {
  const underway = await startUnderway({
    serviceName: 'trainer',
    tracker,
    traces: false,
    logs: false,
    env: {
      OTEL_METRICS_EXPORTER: 'prometheus',
      OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
      OTEL_EXPORTER_PROMETHEUS_PORT: '0',
      ...env,
    },
  })
  onTestFinished(async () => void (await underway.shutdown()))
  return underway
}

function urlOf(underway: UnderwayHandle): string {
  const { pullUrl } = underway.status().signals.metrics
  if (pullUrl === undefined) throw new Error('nothing can be fetched')
  return pullUrl
}

describe('OTEL_METRICS_EXPORTER=prometheus', () => {
  test('lets metrics be fetched, each as it is at that moment', async () => {
    const tracker = new ActivityTracker()
    const url = urlOf(await start({}, tracker))
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/)
    const activity = startActivity({ tracker, module: 'Trainer', name: 'step' })
    const response = await fetch(url)
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    const running = 'activity_active{activity_module="Trainer",activity_state="running",activity_type="task"}'
    const text = await response.text()
    expect(text).toContain(`${running} 1\n`)
    expect(text).toMatch(/^target_info\{.*service_name="trainer".*\} 1$/m)
    activity.complete()
    const later = await (await fetch(url)).text()
    expect(later).toContain(`${running} 0\n`)
    expect(later).toMatch(/^activity_duration_seconds_count\{.*activity_state="completed".*\} 1$/m)
    expect(later).toContain(`# HELP activity_quiescent ${metricNames.quiescent.description}\n`)
  })

  test('serves nothing else, and changes nothing', async () => {
    const url = urlOf(await start())
    const answers = await Promise.all([
      fetch(url.replace('/metrics', '/')),
      fetch(`${url}?name=up`),
      fetch(url, { method: 'POST', body: 'x' }),
      fetch(url, { method: 'HEAD' }),
    ])
    expect(answers.map(({ status }) => status)).toEqual([404, 200, 405, 200])
  })

  test('works beside otlp', async () => {
    await using collector = await OtlpReceiver.start()
    const underway = await start({
      OTEL_METRICS_EXPORTER: 'prometheus,otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    })
    expect(await (await fetch(urlOf(underway))).text()).toContain('activity_quiescent 1\n')
    expect(await underway.flush()).toBe(true)
    expect(collector.names('metrics')).toContain('activity.quiescent')
  })

  test('a port that is taken is warned of once, told by status(), and stops nothing', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void taken.close())
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    const tracker = new ActivityTracker()
    const underway = await start({ OTEL_EXPORTER_PROMETHEUS_PORT: String(port) }, tracker)
    const { metrics } = underway.status().signals
    expect(metrics).toMatchObject({ state: 'exporting', lastError: expect.stringContaining(`127.0.0.1:${port}`) })
    expect(metrics).not.toHaveProperty('pullUrl')
    expect(warn).toHaveBeenCalledTimes(1)
    startActivity({ tracker, name: 'work' }).complete()
    expect(await underway.flush()).toBe(true)
  })

  test('is over after shutdown()', async () => {
    const underway = await start()
    const url = urlOf(underway)
    await (await fetch(url)).text()
    await underway.shutdown()
    expect(underway.status().signals.metrics).not.toHaveProperty('pullUrl')
    await expect(fetch(url)).rejects.toThrow('fetch failed')
  })

  test('a reader that cannot collect is answered with 500 and told by status()', async () => {
    const underway = await start()
    const url = urlOf(underway)
    await (otel.metrics.getMeterProvider() as { shutdown?: () => Promise<void> }).shutdown?.()
    expect((await fetch(url)).status).toBe(500)
    expect(underway.status().signals.metrics.lastError).toContain('metrics could not be collected')
  })
})
