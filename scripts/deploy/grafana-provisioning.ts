import * as alerting from '@grafana/grafana-foundation-sdk/alerting'
import * as expr from '@grafana/grafana-foundation-sdk/expr'
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus'
import { stringify } from 'yaml'
import { versions } from '../backends/versions.ts'
import { type AlertRule, alertRules } from './alerts.ts'
import { durationText } from './durations.ts'
import { labels, metrics } from './names.ts'
import { dataSources, prometheusSource } from './panels.ts'
import { annotationsOf } from './prometheus-rules.ts'

/** What stands behind each uid. In these files a dollar sign is written twice. */
export function grafanaDataSources(): string {
  const rate = (expression: string): string => `${expression}{$$__tags}[5m]`
  const sources = [
    {
      name: 'Prometheus',
      uid: dataSources.prometheus,
      type: 'prometheus',
      access: 'proxy',
      url: 'http://prometheus:9090',
      isDefault: true,
      jsonData: {
        httpMethod: 'POST',
        prometheusType: 'Prometheus',
        prometheusVersion: versions.prometheus,
        // How often metrics are exported by default; rates are taken over four times that.
        timeInterval: '60s',
        manageAlerts: true,
        alertmanagerUid: dataSources.alertmanager,
        exemplarTraceIdDestinations: [
          { name: 'trace_id', datasourceUid: dataSources.jaeger, urlDisplayLabel: 'Open trace' },
        ],
      },
    },
    {
      name: 'Jaeger',
      uid: dataSources.jaeger,
      type: 'jaeger',
      access: 'proxy',
      url: 'http://jaeger:16686',
      jsonData: {
        nodeGraph: { enabled: true },
        tracesToMetrics: {
          datasourceUid: dataSources.prometheus,
          spanStartTimeShift: '-5m',
          spanEndTimeShift: '5m',
          tags: [
            // Jaeger gives a span no tag with the name of its service; its process is of one service.
            { key: 'service.instance.id', value: labels.instance },
            { key: 'activity.module', value: labels.module },
          ],
          queries: [
            { name: 'Running', query: `sum(${metrics.active}{$$__tags})` },
            { name: 'Ended per second', query: `sum by (${labels.state}) (rate(${rate(metrics.ended)}))` },
            {
              name: 'Duration, p95',
              query: `histogram_quantile(0.95, sum by (le) (rate(${rate(`${metrics.duration}_bucket`)})))`,
            },
            { name: 'Errors', query: `sum by (${labels.errorType}) (increase(${rate(metrics.errors)}))` },
          ],
        },
      },
    },
    {
      name: 'Alertmanager',
      uid: dataSources.alertmanager,
      type: 'alertmanager',
      access: 'proxy',
      url: 'http://alertmanager:9093',
      jsonData: { implementation: 'prometheus', handleGrafanaManagedAlerts: false },
    },
  ]
  return stringify({ apiVersion: 1, prune: true, datasources: sources }, { lineWidth: 0 })
}

/** The rules of Prometheus once more, for a Grafana that evaluates them itself. */
export function grafanaAlerts(): string {
  const rules = alertRules().map(provisioned)
  const group = { orgId: 1, name: 'underway', folder: 'Underway', interval: '1m', rules }
  // As JSON first: what the builders make has functions too.
  return stringify(JSON.parse(JSON.stringify({ apiVersion: 1, groups: [group] })), { lineWidth: 0 })
}

function provisioned(rule: AlertRule): object {
  const { title, uid, condition, data, noDataState, execErrState, annotations, labels } = builderOf(rule).build()
  // A file has no room for the rest, which the schema of the HTTP API asks for.
  const file = { uid, title, condition, data, noDataState, execErrState, for: durationText(rule.forSeconds) }
  return { ...file, labels, annotations, isPaused: false }
}

/** Grafana compares a number: 1 for everything that the expression returns, whatever its value. */
function builderOf(rule: AlertRule): alerting.RuleBuilder {
  const query = new prometheus.DataqueryBuilder()
    .refId('A')
    .datasource(prometheusSource)
    .expr(`group by (${rule.keeps.join(', ')}) (${rule.expression})`)
    .instant()
  const threshold = new expr.TypeThresholdBuilder()
    .refId('B')
    .datasource({ type: '__expr__', uid: '__expr__' })
    .expression('A')
    .conditions([{ evaluator: { type: 'gt', params: [0] } }])
  const range = { from: 600, to: 0 }
  return new alerting.RuleBuilder(rule.name)
    .uid(`underway-${rule.name.toLowerCase()}`)
    .condition('B')
    .withQuery(
      new alerting.QueryBuilder('A').datasourceUid(dataSources.prometheus).relativeTimeRange(range).model(query),
    )
    .withQuery(new alerting.QueryBuilder('B').datasourceUid('__expr__').relativeTimeRange(range).model(threshold))
    .noDataState('OK')
    .execErrState('Error')
    .labels({ severity: rule.severity })
    .annotations({ ...annotationsOf(rule) })
}
