import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog'
import * as common from '@grafana/grafana-foundation-sdk/common'
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus'
import * as stat from '@grafana/grafana-foundation-sdk/stat'
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries'

/** The `uid`s of the provisioned data sources. */
export const dataSources = { prometheus: 'prometheus', jaeger: 'jaeger', alertmanager: 'alertmanager' } as const

export const prometheusSource = { type: 'prometheus', uid: dataSources.prometheus }

export interface Query {
  readonly expression: string
  readonly legend?: string
  /** The least distance between two points; `1s` for what is not sampled at intervals. */
  readonly interval?: string
  readonly exemplars?: boolean
}

export interface PanelText {
  readonly title: string
  /** Shown at the panel, for who has not read the documents. */
  readonly description: string
  /** As Grafana names units. */
  readonly unit?: string
}

const letters = 'ABCDEFGH'

function target({ expression, legend, interval, exemplars }: Query, at: number): prometheus.DataqueryBuilder {
  const query = new prometheus.DataqueryBuilder()
    .refId(letters.charAt(at))
    .datasource(prometheusSource)
    .expr(expression)
    .legendFormat(legend ?? '')
  if (interval !== undefined) query.interval(interval)
  if (exemplars === true) query.exemplar(true)
  return query
}

export function overTime(queries: readonly Query[]): Builder<Dataquery>[] {
  return queries.map((query, at) => target(query, at).range())
}

/** As rows with a column for each label. */
export function asTable(queries: readonly Query[]): Builder<Dataquery>[] {
  return queries.map((query, at) => target(query, at).range().format(prometheus.PromQueryFormat.Table))
}

/** A chart over time, half as wide as the page. */
export function chart({ title, description, unit }: PanelText, queries: readonly Query[]): timeseries.PanelBuilder {
  return new timeseries.PanelBuilder()
    .title(title)
    .description(description)
    .datasource(prometheusSource)
    .unit(unit ?? 'short')
    .height(8)
    .span(12)
    .lineWidth(1)
    .fillOpacity(10)
    .showPoints(common.VisibilityMode.Auto)
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom)
        .calcs([]),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending),
    )
    .targets(overTime(queries))
}

export interface Level {
  readonly from: number | null
  readonly color: 'green' | 'yellow' | 'red' | 'blue'
}

/** One number, a sixth as wide as the page. @param words what stands in the place of some numbers */
export function number(
  { title, description, unit }: PanelText,
  expression: string,
  levels: readonly Level[],
  words: Readonly<Record<string, string>> = {},
): stat.PanelBuilder {
  const options = Object.fromEntries(Object.entries(words).map(([value, text]) => [value, { text }]))
  return new stat.PanelBuilder()
    .title(title)
    .description(description)
    .datasource(prometheusSource)
    .unit(unit ?? 'short')
    .height(4)
    .span(4)
    .colorMode(common.BigValueColorMode.Background)
    .graphMode(common.BigValueGraphMode.None)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .mappings([{ type: dashboard.MappingType.ValueToText, options }])
    .thresholds(
      new dashboard.ThresholdsConfigBuilder()
        .mode(dashboard.ThresholdsMode.Absolute)
        .steps(levels.map(({ from, color }) => ({ value: from, color }))),
    )
    .targets([target({ expression }, 0).instant()])
}

/** What our dashboards are found by. */
export const dashboardTag = 'underway'

/** The ways from one dashboard to the others, with the same time, where everybody sees them. */
export function otherDashboards(): Builder<dashboard.DashboardLink> {
  const link = new dashboard.DashboardLinkBuilder('Underway')
    .type(dashboard.DashboardLinkType.Dashboards)
    .tags([dashboardTag])
    .keepTime(true)
  return { build: () => withoutMenu(link.build()) }
}

/** The builder puts every link into a menu. */
function withoutMenu({ placement, ...shown }: dashboard.DashboardLink): dashboard.DashboardLink {
  return shown as dashboard.DashboardLink
}

/** A choice of the values of one label, all of them at first. */
export function choice(name: string, title: string, metric: string, label: string): Builder<dashboard.VariableModel> {
  const variable = new dashboard.QueryVariableBuilder(name)
    .label(title)
    .datasource(prometheusSource)
    .query(`label_values(${metric}, ${label})`)
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    // Also what has no such label.
    .allValue('.*')
    .current({ selected: true, text: ['All'], value: ['$__all'] })
  return { build: () => withoutIntervalKeys(variable.build()) }
}

/** The builder gives every variable what only a choice of intervals has. */
function withoutIntervalKeys({
  auto,
  auto_min,
  auto_count,
  ...kept
}: dashboard.VariableModel): dashboard.VariableModel {
  return kept as dashboard.VariableModel
}
