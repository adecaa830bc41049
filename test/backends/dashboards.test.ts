import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { labels, metrics, spanMetrics } from '../../scripts/deploy/names.js'
import { dashboards, type PanelQuery, panelsOf, queriesOf, readDeployed } from '../support/deploy-files.js'
import { type DemoAccount, runDemo } from './support/demo.js'
import { eventually } from './support/eventually.js'
import { linesOf, type XYPanel } from './support/grafana-chart.js'
import { answerOf, shaped, type Target, type Transformation, transformed } from './support/grafana-frames.js'
import { grafanaIsMissing } from './support/grafana-packages.js'
import { findTraces, readTrace } from './support/jaeger-query.js'
import { exemplarTraces, labelValues, query, queryRange, storedPoints } from './support/prometheus-query.js'
import { useStack } from './support/use-stack.js'

const stack = useStack()
const startedAt = Date.now()
let demo: DemoAccount
let firstDemo: DemoAccount

beforeAll(async () => {
  // The Collector counts spans every 15 s and goes on from one run to the next: a rate takes two of its counts.
  firstDemo = await runDemo(stack().otlpUrl)
  await eventually(async () => expect(await spans('')).not.toEqual([]), patient)
  demo = await runDemo(stack().otlpUrl)
  await eventually(async () => {
    const quiescent = `${metrics.quiescent}{${labels.instance}="${demo.instance}"}`
    expect(await query(stack().prometheusUrl, quiescent)).toMatchObject([{ value: 1 }])
    expect((await loggedIn(metrics.scalar)).size).toBe(losses().size)
  })
  await eventually(async () => expect(await spans('[4m]')).not.toEqual([]), patient)
}, 120_000)

const patient = { timeoutMillis: 30_000, intervalMillis: 500 }

/** What the Collector has counted of the demo, or how fast. */
function spans(window: '' | '[4m]'): Promise<unknown[]> {
  const selector = `${spanMetrics.durationBucket}{${spanMetrics.service}="demo"}`
  return query(stack().prometheusUrl, window === '' ? selector : `rate(${selector}${window}) > 0`)
}

/** The loss of each step by the demo's own account. */
function losses(of = demo): Map<number, number> {
  const learned = of.ended.flatMap(({ module, result, step }) => {
    const { loss } = (result ?? {}) as { readonly loss?: number }
    return module === 'trainer' && loss !== undefined && step !== undefined ? [[step, loss] as const] : []
  })
  return new Map(learned.sort(([a], [b]) => a - b))
}

/** What stands in Prometheus of the loss of the demo, by time. */
async function loggedIn(metric: string, by = demo): Promise<Map<number, number>> {
  const selector = `${metric}{${labels.instance}="${by.instance}", ${labels.run}="${by.training.name}", ${labels.scalar}="train/loss"}`
  const [series] = await storedPoints(stack().prometheusUrl, selector)
  return new Map(series?.points)
}

const finestSeconds = 0.1

/**
 * The steps of which a chart with a point every `finestSeconds` has one: what was logged and replaced between two of
 * its points is not drawn, and how much that is depends on how fast the demo ran.
 */
async function drawnSteps(by = demo): Promise<number[]> {
  const stored = [...(await loggedIn(metrics.scalarStep, by))]
  const pointAfter = (time: number): number => Math.ceil((time - startedAt) / (1_000 * finestSeconds))
  const drawn = stored.filter(([time], at) => {
    const [replacedAt] = stored[at + 1] ?? [Number.POSITIVE_INFINITY]
    return pointAfter(time) < pointAfter(replacedAt)
  })
  return drawn.map(([, step]) => step)
}

/** As Grafana sends it with everything chosen. */
function filledIn(expression: string): string {
  const values: Readonly<Record<string, string>> = { $__rate_interval: '4m', $__range: '1h' }
  return expression.replaceAll(/\$\w+/g, (name) => values[name] ?? '.*')
}

function ask({ expression }: Pick<PanelQuery, 'expression'>, stepSeconds = 1): ReturnType<typeof queryRange> {
  return queryRange(stack().prometheusUrl, filledIn(expression), {
    from: startedAt,
    to: Date.now() + 1_000 * stepSeconds,
    stepSeconds,
  })
}

describe.each(dashboards())('the dashboard $title, after the demo', (dashboard) => {
  test.each(queriesOf(dashboard))('$panel: query $refId has numbers to show', async ({ expression }) => {
    const numbers = (await ask({ expression })).flatMap(({ points }) => points.map(([, value]) => value))
    expect(numbers.filter((value) => !Number.isNaN(value))).not.toEqual([])
  })

  test.each(dashboard.templating.list)('has something to choose for $name', async ({ query: text }) => {
    const [, selector = '', label = ''] = /^label_values\((.*), (\w+)\)$/.exec(text) ?? []
    const values = await labelValues(stack().prometheusUrl, filledIn(selector), label)
    const expected = { job: 'demo', run: demo.training.name, scalar: 'train/loss', activity_module: 'trainer' }
    expect(values).toContain(expected[label as keyof typeof expected])
  })
})

describe('the loss of the demo', () => {
  test('stands in Prometheus against step as it was logged, step by step', async () => {
    const [values, steps] = await Promise.all([loggedIn(metrics.scalar), loggedIn(metrics.scalarStep)])
    expect([...steps.keys()]).toEqual([...values.keys()])
    const curve = [...steps].map(([time, step]) => [step, values.get(time)])
    expect(curve).toEqual([...losses()])
    expect(curve).toHaveLength(demo.training.step ?? 0)
  })

  test('is drawn against step with no point that was not logged', async () => {
    const [experiment] = dashboards().filter(({ title }) => title === 'Experiment')
    const [values, steps] = queriesOf(experiment as NonNullable<typeof experiment>).filter(({ panel }) =>
      panel.includes('against step'),
    )
    const drawn = await Promise.all([values, steps].map((one) => ask(one as PanelQuery, finestSeconds)))
    const [ofValue, ofStep] = drawn.map((series) => {
      const ofLoss = series.filter(
        ({ labels: { scalar, instance } }) => scalar === 'train/loss' && instance === demo.instance,
      )
      return new Map(ofLoss.flatMap(({ points }) => points))
    })
    const pairs = [...(ofStep ?? [])].map(([time, step]) => `${step}: ${ofValue?.get(time)}`)
    const expected = (await drawnSteps()).map((step) => `${step}: ${losses().get(step)}`)
    expect([...new Set(pairs)]).toEqual(expected)
  })
})

describe.skipIf(grafanaIsMissing)("the chart of scalars against step, by Grafana's own code", () => {
  interface Panel extends XYPanel {
    readonly type: string
    readonly targets: readonly (Target & { readonly expr: string })[]
    readonly transformations: readonly Transformation[]
  }

  async function linesOfLoss(): Promise<ReturnType<typeof linesOf>> {
    const panels = dashboards().flatMap((dashboard) => panelsOf(dashboard)) as readonly unknown[] as readonly Panel[]
    const panel = panels.find(({ type }) => type === 'xychart') as Panel
    // The chart is repeated for each scalar.
    const answers = panel.targets.map(async ({ refId, expr }) =>
      answerOf(refId, await ask({ expression: expr.replaceAll('$scalar', 'train/loss') }, finestSeconds)),
    )
    const frames = shaped((await Promise.all(answers)).flat(), panel.targets)
    return linesOf(panel, await transformed(frames, panel.transformations))
  }

  test('has a line for each run, whose x is the step and whose y is the loss, as they were logged', async () => {
    const lines = await linesOfLoss()
    const runs = [firstDemo, demo]
    expect(lines.map(({ labels: { instance } }) => instance)).toEqual(runs.map(({ instance }) => instance))
    for (const [at, { points, xName }] of lines.entries()) {
      const logged = losses(runs[at])
      expect(xName).toBe('step')
      expect(points.map(([x, y]) => [x, y])).toEqual(points.map(([x]) => [x, logged.get(x as number)]))
      expect([...new Set(points.map(([x]) => x))]).toEqual(await drawnSteps(runs[at]))
    }
  })

  test('names each line by its run, its scalar and its process', async () => {
    const names = (await linesOfLoss()).map(({ name }) => name)
    expect(names).toEqual([firstDemo, demo].map(({ instance, training }) => `${training.name} train/loss ${instance}`))
  })
})

test('each run is a line of its own, also one of the same name', async () => {
  const [line] = dashboards()
    .flatMap(queriesOf)
    .filter(({ dashboard, panel }) => dashboard === 'Experiment' && panel === 'Against time')
  const series = (await ask(line as PanelQuery)).filter(({ labels: { scalar } }) => scalar === 'train/loss')
  // The demo has run twice.
  expect(new Set(series.map(({ labels: { instance } }) => instance)).size).toBe(2)
  expect(series).toHaveLength(2)
})

describe('the way between a metric and a trace', () => {
  test('an example at a bucket is a trace that Jaeger has', async () => {
    const selector = `${spanMetrics.durationBucket}{${spanMetrics.service}="demo"}`
    const [traceId = ''] = await eventually(async () => {
      const found = await exemplarTraces(stack().prometheusUrl, selector)
      expect(found).not.toEqual([])
      return found
    })
    expect((await readTrace(stack().jaegerUrl, traceId)).size).toBeGreaterThan(0)
  })

  const { datasources } = parse(readDeployed('grafana/provisioning/datasources/datasources.yaml')) as {
    readonly datasources: readonly { readonly jsonData: { readonly tracesToMetrics?: ToMetrics } }[]
  }
  interface ToMetrics {
    readonly tags: readonly { readonly key: string; readonly value: string }[]
    readonly queries: readonly { readonly name: string; readonly query: string }[]
  }
  const { tags, queries } = datasources.flatMap(({ jsonData }) => jsonData.tracesToMetrics ?? [])[0] as ToMetrics

  test.each(queries)('a span of Jaeger leads to $name, of its process and its module', async ({ query: text }) => {
    // Of a module that has failed, so that there is something of everything.
    const module = demo.changes('error')[0]?.error.module ?? ''
    const spans = (await findTraces(stack().jaegerUrl, 'demo')).flat()
    const span = spans.find((one) => one.instance === demo.instance && one.tags['activity.module'] === module)
    const all: Readonly<Record<string, unknown>> = { ...span?.processTags, ...span?.tags }
    // As Grafana does it: of the tags that are asked for, those that the span or its process has.
    const found = tags.filter(({ key }) => key in all).map(({ key, value }) => `${value}="${all[key]}"`)
    expect(found).toEqual([`${labels.instance}="${demo.instance}"`, `${labels.module}="${module}"`])
    const series = await ask({ expression: text.replaceAll('$$__tags', found.join(', ')) })
    expect(series.flatMap(({ points }) => points)).not.toEqual([])
  })
})
