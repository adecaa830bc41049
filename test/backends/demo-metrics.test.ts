import { beforeAll, describe, expect, test } from 'vitest'
import type { ActivitySnapshot } from '../../src/index.js'
import { type DemoAccount, runDemo } from './support/demo.js'
import { eventually } from './support/eventually.js'
import { expectClose, type Metric, ProcessMetrics, seriesKey, sums, tally } from './support/metrics.js'
import { history } from './support/prometheus-query.js'
import { useStack } from './support/use-stack.js'

const stack = useStack()
let demo: DemoAccount
let metrics: ProcessMetrics

beforeAll(async () => {
  demo = await runDemo(stack().otlpUrl)
  metrics = new ProcessMetrics(stack().prometheusUrl, demo.instance)
  // What the demo sends last is that nothing is open any more and all has ended.
  await eventually(async () => {
    expect(await metrics.read('quiescent')).toEqual({ '': 1 })
    expect(await metrics.read('ended')).toEqual(tally(demo.ended.map(withState)))
  })
}, 60_000)

function where({ module, group, type }: ActivitySnapshot): string {
  return seriesKey(module, group, type)
}

function withState(activity: ActivitySnapshot): string {
  return seriesKey(where(activity), activity.state)
}

function modulesThatRan(): string[] {
  return [...new Set(demo.ran.map(({ module }) => module))].sort()
}

/** Every value that each series had while the demo ran. */
async function valuesOf(metric: Metric, label: string): Promise<Map<string, readonly number[]>> {
  const series = await history(stack().prometheusUrl, metrics.selector(metric))
  return new Map(series.map(({ labels, values }) => [labels[label] ?? '', values]))
}

describe('the demo in Prometheus, by the labels of each metric', () => {
  test('started: as many as the demo says', async () => {
    expect(await metrics.read('started')).toEqual(tally(demo.ran.map(where)))
  })

  test('ended: as many as the demo says, by how they ended', async () => {
    expect(await metrics.read('ended')).toEqual(tally(demo.ended.map(withState)))
  })

  test('active: nothing any more, of all that had run', async () => {
    const active = await metrics.read('active')
    expect(new Set(Object.values(active))).toEqual(new Set([0]))
    const running = Object.keys(active).filter((key) => key.endsWith('running'))
    expect(running.sort()).toEqual(Object.keys(tally(demo.ran.map((one) => seriesKey(where(one), 'running')))).sort())
  })

  test('duration: of all that had begun, as many and as long as the demo says', async () => {
    expect(await metrics.read('duration', '_count')).toEqual(tally(demo.ran.map(withState)))
    const seconds = demo.ran.map((one) => [withState(one), (one.durationMillis ?? 0) / 1_000] as const)
    expectClose(await metrics.read('duration', '_sum'), sums(seconds))
  })

  test('queue duration: of all that was planned and then began, as many and as long as the demo says', async () => {
    const planned = new Set(demo.changes('planned').map(({ activity }) => activity.id))
    const waited = demo.ran.filter(({ id }) => planned.has(id))
    expect(waited.length).toBeGreaterThan(100)
    expect(await metrics.read('queueDuration', '_count')).toEqual(tally(waited.map(where)))
    const seconds = waited.map((one) => [where(one), ((one.startedAt ?? 0) - one.createdAt) / 1_000] as const)
    expectClose(await metrics.read('queueDuration', '_sum'), sums(seconds))
  })

  test.each(['oldestAge', 'silenceMax'] as const)('%s: never more than the longest took, and 0 now', async (metric) => {
    const values = await valuesOf(metric, 'activity_module')
    // A module of which nothing ran at any collection has none.
    expect(modulesThatRan()).toEqual(expect.arrayContaining([...values.keys()]))
    for (const [module, seconds] of values) {
      const durations = demo.ran.filter((one) => one.module === module).map((one) => one.durationMillis ?? 0)
      expect(Math.max(...seconds), module).toBeLessThanOrEqual(Math.max(...durations) / 1_000)
      expect(seconds.at(-1), module).toBe(0)
    }
    expect(Math.max(...[...values.values()].flat())).toBeGreaterThan(0)
  })

  test('errors: as many as the demo says, by module, type and severity', async () => {
    const errors = demo.changes('error').map(({ error: { module, type, severity } }) => [module, type, severity])
    expect(errors.length).toBeGreaterThan(0)
    expect(await metrics.read('errors')).toEqual(tally(errors.map((labels) => seriesKey(...labels))))
  })

  test('error health: that of the errors of the demo', async () => {
    const severities = new Set<string>(demo.changes('error').map(({ error }) => error.severity))
    const isError = severities.has('error') || severities.has('critical')
    expect(await metrics.read('errorHealth')).toEqual({ '': isError ? 2 : severities.has('warning') ? 1 : 0 })
  })

  test('quiescent: not while the training ran, and now', async () => {
    const values = (await valuesOf('quiescent', '')).get('') ?? []
    expect(new Set(values)).toEqual(new Set([0, 1]))
    expect(values.at(-1)).toBe(1)
  })

  test('modules: those that the demo registered, each as it was last', async () => {
    const states = demo.changes('module').map(({ module }) => [module.name, module.state === 'up' ? 1 : 0] as const)
    expect(await metrics.read('moduleUp')).toEqual(Object.fromEntries(states))
  })

  test('progress of the run: only what the demo had reached, and never backwards', async () => {
    const { name, id } = demo.training
    const reached = demo
      .changes('updated')
      .filter(({ activity }) => activity.id === id)
      .map(({ activity: { progress } }) => (progress?.percent ?? 0) / 100)
    const values = await valuesOf('runProgress', 'run')
    expect([...values.keys()]).toEqual([name])
    const shown = values.get(name) ?? []
    expect(reached).toEqual(expect.arrayContaining([...new Set(shown)]))
    expect(shown).toEqual(shown.toSorted((a, b) => a - b))
  })

  test('current step: the last that the demo set, after earlier ones', async () => {
    const steps = demo.changes('step').map(({ step }) => step)
    const shown = (await valuesOf('currentStep', '')).get('') ?? []
    expect(steps).toEqual(expect.arrayContaining([...new Set(shown)]))
    expect(shown.at(-1)).toBe(steps.at(-1))
  })

  test('dropped changes: as many as the view of the demo missed', async () => {
    expect(await metrics.read('feedDropped')).toEqual({ '': demo.summary.missed })
  })
})
