import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { alertRules } from '../../scripts/deploy/alerts.js'
import { prometheusRules } from '../../scripts/deploy/prometheus-rules.js'
import { OtlpReceiver } from '../support/otlp-receiver.js'
import { repositoryRoot } from '../support/repository.js'
import { activeAlerts, loadedRules } from './support/alerts.js'
import { eventually } from './support/eventually.js'
import { query } from './support/prometheus-query.js'
import { TalkingProgram } from './support/talking-program.js'
import { useStack } from './support/use-stack.js'

/** The installed rules, with every time in them divided by this. */
const timeScale = 60
const stack = useStack({ rules: prometheusRules(timeScale) })
const patient = { timeoutMillis: 90_000, intervalMillis: 250 }

/** For each alert the fault that makes it, and what it says where it is. */
const faults: Readonly<Record<string, { readonly fault: string; readonly labels: Readonly<Record<string, string>> }>> =
  {
    ModuleDown: { fault: 'down', labels: { activity_module: 'Disk', severity: 'critical' } },
    ErrorHealth: { fault: 'failing', labels: { severity: 'critical' } },
    LossNotFinite: { fault: 'diverged', labels: { run: 'fit', scalar: 'train/loss', severity: 'critical' } },
    TelemetryDropped: { fault: 'refused', labels: { underway_signal: 'traces', severity: 'warning' } },
    ActivityStuck: { fault: 'silent', labels: { activity_module: 'Loader', severity: 'warning' } },
    RunWithoutProgress: { fault: 'stalled', labels: { run: 'fit', severity: 'warning' } },
  }
const all = Object.keys(faults)

let program: TalkingProgram<{ readonly instance: string }> | undefined
let traces: OtlpReceiver | undefined
let refusing = false
let instance = ''

function set(fault: string, state: 'on' | 'off'): void {
  if (fault === 'refused') refusing = state === 'on'
  else program?.tell(`${fault} ${state}`)
}

async function firing(): Promise<string[]> {
  const alerts = await activeAlerts(stack().prometheusUrl)
  return alerts.filter(({ state }) => state === 'firing').map(({ name }) => name)
}

beforeAll(async () => {
  traces = await OtlpReceiver.start((response) => void response.writeHead(refusing ? 400 : 200).end())
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: stack().otlpUrl,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${traces.endpoint}/v1/traces`,
    OTEL_BSP_SCHEDULE_DELAY: '100',
    OTEL_METRIC_EXPORT_INTERVAL: '250',
  }
  program = new TalkingProgram(join(repositoryRoot, 'test/backends/fixtures/faults.mjs'), env, [])
  instance = (await program.next()).instance
})

afterAll(async () => {
  program?.kill()
  await traces?.[Symbol.asyncDispose]()
})

test('there is a fault for every rule, and Prometheus evaluates all of them', async () => {
  expect(
    alertRules()
      .map(({ name }) => name)
      .sort(),
  ).toEqual(all.toSorted())
  await eventually(async () => {
    const rules = await loadedRules(stack().prometheusUrl)
    expect(rules.map(({ name, health }) => [name, health]).sort()).toEqual(all.toSorted().map((name) => [name, 'ok']))
  })
})

test('while the program is well no alert is pending or firing', async () => {
  const { prometheusUrl } = stack()
  for (const name of [
    'activity_run_progress',
    'activity_module_up',
    'experiment_scalar',
    'underway_export_dropped_total',
  ])
    await eventually(async () => expect(await query(prometheusUrl, `${name}{instance="${instance}"}`)).not.toEqual([]))
  const seenAt = Date.now()
  await eventually(async () => {
    for (const { lastEvaluation } of await loadedRules(prometheusUrl))
      expect(Date.parse(lastEvaluation)).toBeGreaterThan(seenAt + 1_000)
  })
  expect(await activeAlerts(prometheusUrl)).toEqual([])
})

describe('once everything goes wrong at the same time', () => {
  beforeAll(() => {
    for (const { fault } of Object.values(faults)) set(fault, 'on')
  })

  test.each(all)('%s fires, and says what it is about', async (name) => {
    const found = await eventually(async () => {
      const alerts = (await activeAlerts(stack().prometheusUrl)).filter((alert) => alert.name === name)
      expect(alerts).toMatchObject([{ state: 'firing' }])
      return alerts
    }, patient)
    expect(found[0]?.labels).toEqual({ job: 'faults', instance, ...faults[name]?.labels })
  })
})

describe('as one thing after the other becomes well again', () => {
  test.each(all)('%s ends, and those whose fault is still there go on', async (name) => {
    const { fault = '' } = faults[name] ?? {}
    set(fault, 'off')
    await eventually(async () => {
      const alerts = await activeAlerts(stack().prometheusUrl)
      expect(alerts.map((alert) => alert.name)).not.toContain(name)
    }, patient)
    const left = all.slice(all.indexOf(name) + 1)
    expect((await firing()).sort()).toEqual(left.sort())
  })
})
