import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import * as xychart from '@grafana/grafana-foundation-sdk/xychart'
import { labels, metrics, where } from './names.ts'
import { asTable, chart, choice, dashboardTag, number, otherDashboards, prometheusSource } from './panels.ts'

const ofJob = { [labels.job]: '=~"$job"' }
const ofRun = { ...ofJob, [labels.run]: '=~"$run"' }
const chosen = where({ ...ofRun, [labels.scalar]: '=~"$scalar"' })

/** Points have times of their own, so the finest resolution that fits is asked for. */
const interval = '1s'
/** A run that is started again goes on as a line of its own, told apart by its process. */
const lineLabels = [labels.run, labels.scalar, labels.instance]
const line = lineLabels.map((label) => `{{${label}}}`).join(' ')

function perLine(metric: string): string {
  return `max by (${lineLabels.join(', ')}) (${metric}${chosen})`
}

/** How Grafana calls the values of the first and of the second query in one table. */
const [value, step] = ['Value #A', 'Value #B']

/** A chart for each scalar: both series have a point for each step at the same time, so joining them by time pairs them. */
function againstStep(): xychart.PanelBuilder {
  return new xychart.PanelBuilder()
    .title('$scalar against step')
    .description('A point for each step, as far as the width of the chart goes: zoom in for more.')
    .datasource(prometheusSource)
    .height(10)
    .span(24)
    .repeat('scalar')
    .repeatDirection('h')
    .maxPerRow(2)
    .show(xychart.XYShowMode.PointsAndLines)
    .pointSize({ fixed: 3 })
    .lineWidth(1)
    .mapping(xychart.SeriesMapping.Auto)
    .series([
      new xychart.XYSeriesConfigBuilder()
        .x({ matcher: { id: 'byName', options: step } })
        .y({ matcher: { id: 'byName', options: value } }),
    ])
    .overrideByName(step, [
      { id: 'displayName', value: 'step' },
      { id: 'unit', value: 'none' },
    ])
    .overrideByName(value, [
      { id: 'displayName', value: lineLabels.map((label) => `\${__field.labels.${label}}`).join(' ') },
    ])
    .targets(
      asTable([
        { expression: perLine(metrics.scalar), interval },
        { expression: perLine(metrics.scalarStep), interval },
      ]),
    )
    .transformations([
      { id: 'merge', options: {} },
      { id: 'sortBy', options: { fields: {}, sort: [{ field: 'Time' }] } },
      { id: 'partitionByValues', options: { fields: lineLabels, keepFields: false, naming: { asLabels: true } } },
    ])
}

export function experimentDashboard(): dashboard.Dashboard {
  return new dashboard.DashboardBuilder('Experiment')
    .uid('underway-experiment')
    .description('Scalars of one or several runs, against time and against step.')
    .tags([dashboardTag])
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .time({ from: 'now-30m', to: 'now' })
    .refresh('10s')
    .link(otherDashboards())
    .withVariable(choice('job', 'Service', metrics.scalar, labels.job))
    .withVariable(choice('run', 'Run', `${metrics.scalar}${where(ofJob)}`, labels.run))
    .withVariable(choice('scalar', 'Scalar', `${metrics.scalar}${where(ofRun)}`, labels.scalar))
    .withPanel(
      number(
        { title: 'Step', description: 'The highest step that a process has set.', unit: 'none' },
        `max(${metrics.currentStep}${where(ofJob)})`,
        [{ from: null, color: 'blue' }],
      ),
    )
    .withPanel(
      number(
        { title: 'Runs', description: 'Runs that have logged scalars in the chosen time.' },
        `count(count by (${labels.run}) (last_over_time(${metrics.scalar}${chosen}[$__range])))`,
        [{ from: null, color: 'blue' }],
      ),
    )
    .withPanel(
      number(
        { title: 'Progress', description: 'Of the run that is furthest behind.', unit: 'percentunit' },
        `min(${metrics.runProgress}${where(ofRun)})`,
        [{ from: null, color: 'blue' }],
      ),
    )
    .withPanel(
      chart({ title: 'Against time', description: 'What was logged, when it was logged.' }, [
        { expression: perLine(metrics.scalar), legend: line, interval },
      ]).span(24),
    )
    .withPanel(
      chart({ title: 'Steps against time', description: 'How fast each run goes.', unit: 'none' }, [
        { expression: perLine(metrics.scalarStep), legend: line, interval },
      ]),
    )
    .withPanel(
      chart({ title: 'Current step', description: 'The step that each process has set.', unit: 'none' }, [
        {
          expression: `max by (${labels.job}, ${labels.instance}) (${metrics.currentStep}${where(ofJob)})`,
          legend: `{{${labels.job}}} {{${labels.instance}}}`,
          interval,
        },
      ]),
    )
    .withPanel(againstStep())
    .build()
}
