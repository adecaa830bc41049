import * as common from '@grafana/grafana-foundation-sdk/common'
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import * as statetimeline from '@grafana/grafana-foundation-sdk/statetimeline'
import { bucketLabel, labels, metrics, spanMetrics, where } from './names.ts'
import { chart, choice, dashboardTag, number, otherDashboards, overTime, prometheusSource } from './panels.ts'

const ofJob = { [labels.job]: '=~"$job"' }
const ofModule = { ...ofJob, [labels.module]: '=~"$module"' }

const perProcess = where(ofJob)
const perModule = where(ofModule)
const running = where({ ...ofModule, [labels.state]: '="running"' })

function quantile(share: number, histogram: string, by: readonly string[]): string {
  const labelsKept = [bucketLabel, ...by].join(', ')
  return `histogram_quantile(${share}, sum by (${labelsKept}) (rate(${histogram}_bucket${perModule}[$__rate_interval])))`
}

const wellUntil = (red: number) => [{ from: null, color: 'green' } as const, { from: red, color: 'red' } as const]

const now = [
  number({ title: 'Running', description: 'Activities that are running.' }, `sum(${metrics.active}${running})`, [
    { from: null, color: 'blue' },
  ]),
  number(
    { title: 'Quiescent', description: 'Whether nothing is open in any process, planned or running.' },
    `min(${metrics.quiescent}${perProcess})`,
    [
      { from: null, color: 'blue' },
      { from: 1, color: 'green' },
    ],
    { 0: 'active', 1: 'quiescent' },
  ),
  number(
    { title: 'Error health', description: 'Of the process that is worst: healthy, warning or error.' },
    `max(${metrics.errorHealth}${perProcess})`,
    [
      { from: null, color: 'green' },
      { from: 1, color: 'yellow' },
      { from: 2, color: 'red' },
    ],
    { 0: 'healthy', 1: 'warning', 2: 'error' },
  ),
  number(
    { title: 'Modules down', description: 'Registered modules whose health check fails, or whose worker is gone.' },
    // Where nobody has registered a module, none is down.
    `sum(${metrics.moduleUp}${perModule} == bool 0) or vector(0)`,
    wellUntil(1),
  ),
  number(
    { title: 'Oldest', description: 'Age of the activity that has been running longest.', unit: 's' },
    `max(${metrics.oldestAge}${perModule})`,
    [{ from: null, color: 'blue' }],
  ),
  number(
    {
      title: 'Longest silence',
      description: 'Of running activities that wait for nothing below them; the alert ActivityStuck looks at it.',
      unit: 's',
    },
    `max(${metrics.silenceMax}${perModule})`,
    wellUntil(600),
  ),
]

const work = [
  chart({ title: 'Running by module', description: 'Activities that are running, stacked.' }, [
    { expression: `sum by (${labels.module}) (${metrics.active}${running})`, legend: `{{${labels.module}}}` },
  ]).stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal)),
  chart({ title: 'Open by state', description: 'Planned activities wait to be started.' }, [
    { expression: `sum by (${labels.state}) (${metrics.active}${perModule})`, legend: `{{${labels.state}}}` },
  ]),
  chart({ title: 'Begun', description: 'Activities that begin, per second.', unit: 'ops' }, [
    {
      expression: `sum by (${labels.module}) (rate(${metrics.started}${perModule}[$__rate_interval]))`,
      legend: `{{${labels.module}}}`,
    },
  ]),
  chart({ title: 'Ended', description: 'Activities that end, per second, by how they ended.', unit: 'ops' }, [
    {
      expression: `sum by (${labels.state}) (rate(${metrics.ended}${perModule}[$__rate_interval]))`,
      legend: `{{${labels.state}}}`,
    },
  ]),
  chart(
    { title: 'Oldest by module', description: 'Age of the oldest running activity; 0 where none runs.', unit: 's' },
    [{ expression: `max by (${labels.module}) (${metrics.oldestAge}${perModule})`, legend: `{{${labels.module}}}` }],
  ),
  chart(
    {
      title: 'Silence by module',
      description: 'Longest time without news of an activity that waits for nothing.',
      unit: 's',
    },
    [{ expression: `max by (${labels.module}) (${metrics.silenceMax}${perModule})`, legend: `{{${labels.module}}}` }],
  ),
]

const durations = [
  chart({ title: 'Durations', description: 'From start to end, of what ended: percentiles.', unit: 's' }, [
    { expression: quantile(0.5, metrics.duration, []), legend: 'p50' },
    { expression: quantile(0.95, metrics.duration, []), legend: 'p95' },
    { expression: quantile(0.99, metrics.duration, []), legend: 'p99' },
  ]),
  chart({ title: 'Durations by module', description: '95 of 100 took no longer.', unit: 's' }, [
    { expression: quantile(0.95, metrics.duration, [labels.module]), legend: `{{${labels.module}}}` },
  ]),
  chart(
    { title: 'Waiting', description: 'From plan to start, of planned work: 95 of 100 waited no longer.', unit: 's' },
    [{ expression: quantile(0.95, metrics.queueDuration, [labels.module]), legend: `{{${labels.module}}}` }],
  ),
  chart(
    {
      title: 'Spans',
      description: '95 of 100 spans took no longer. The dots are examples; each leads to its trace.',
      unit: 'ms',
    },
    [
      {
        expression: `histogram_quantile(0.95, sum by (${bucketLabel}, ${spanMetrics.span}) (rate(${spanMetrics.durationBucket}${where({ [spanMetrics.service]: '=~"$job"' })}[$__rate_interval])))`,
        legend: `{{${spanMetrics.span}}}`,
        exemplars: true,
      },
    ],
  ),
]

/** A line at zero for as long as there are none. */
const noFaults = `label_replace(vector(0), "${labels.faultKind}", "none", "", "")`

const health = [
  chart({ title: 'Errors', description: 'Errors that were reported, by module and type.' }, [
    {
      expression: `sum by (${labels.module}, ${labels.errorType}, ${labels.severity}) (increase(${metrics.errors}${perModule}[$__rate_interval]))`,
      legend: `{{${labels.module}}} {{${labels.errorType}}} ({{${labels.severity}}})`,
    },
  ]),
  new statetimeline.PanelBuilder()
    .title('Modules')
    .description('Which registered modules are up.')
    .datasource(prometheusSource)
    .height(8)
    .span(12)
    .mappings([
      {
        type: dashboard.MappingType.ValueToText,
        options: { 0: { text: 'down', color: 'red' }, 1: { text: 'up', color: 'green' } },
      },
    ])
    .targets(
      overTime([
        { expression: `min by (${labels.module}) (${metrics.moduleUp}${perModule})`, legend: `{{${labels.module}}}` },
      ]),
    ),
  chart({ title: 'Progress of runs', description: 'How far the newest run of each name is.', unit: 'percentunit' }, [
    { expression: `max by (${labels.run}) (${metrics.runProgress}${perProcess})`, legend: `{{${labels.run}}}` },
  ])
    .min(0)
    .max(1),
  chart({ title: 'Running runs', description: 'Runs of each name that are running.' }, [
    { expression: `sum by (${labels.run}) (${metrics.runsOpen}${perProcess})`, legend: `{{${labels.run}}}` },
  ]),
  chart({ title: 'Not delivered', description: 'What was lost on its way out of the process, by signal.' }, [
    {
      expression: `sum by (${labels.signal}) (increase(${metrics.exportDropped}${perProcess}[$__rate_interval]))`,
      legend: `{{${labels.signal}}}`,
    },
    {
      expression: `sum(increase(${metrics.feedDropped}${perProcess}[$__rate_interval]))`,
      legend: 'changes, to subscribers',
    },
  ]),
  chart(
    { title: 'Faults', description: 'What was kept away from user code, by kind; docs/codes.md says what each is.' },
    [
      {
        expression: `sum by (${labels.faultKind}) (increase(${metrics.faults}${perProcess}[$__rate_interval])) or on () ${noFaults}`,
        legend: `{{${labels.faultKind}}}`,
      },
    ],
  ),
]

const rows = { Now: now, Work: work, Durations: durations, Health: health }

export function underwayDashboard(): dashboard.Dashboard {
  const page = new dashboard.DashboardBuilder('Underway')
    .uid('underway')
    .description('What is underway right now, and is it healthy?')
    .tags([dashboardTag])
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .time({ from: 'now-15m', to: 'now' })
    .refresh('10s')
    .link(otherDashboards())
    .withVariable(choice('job', 'Service', metrics.quiescent, labels.job))
    .withVariable(choice('module', 'Module', `${metrics.started}${perProcess}`, labels.module))
  for (const [title, panels] of Object.entries(rows)) {
    page.withRow(new dashboard.RowBuilder(title))
    for (const panel of panels) page.withPanel(panel)
  }
  return page.build()
}
