import {
  attributeNames,
  eventNames,
  labelNames,
  logAttributeNames,
  type MetricDescription,
  metricNames,
  scalarMetrics,
} from '../../src/activity/semantic-conventions.js'
import { prometheusLabel, prometheusName } from '../../src/otel/prometheus-names.js'

const ours: readonly MetricDescription[] = [...Object.values(metricNames), ...Object.values(scalarMetrics)]

/** Every name of the semantic conventions, with its dots. */
export const dottedNames: ReadonlySet<string> = new Set([
  ...ours.map(({ name }) => name),
  ...Object.values({ ...attributeNames, ...logAttributeNames, ...eventNames, ...labelNames }),
])

function seriesOf({ name, kind, unit }: MetricDescription): string[] {
  const series = prometheusName({ name, unit, isCounter: kind === 'counter' })
  return kind === 'histogram' ? ['', '_bucket', '_sum', '_count'].map((suffix) => `${series}${suffix}`) : [series]
}

/** What Prometheus calls our metrics and labels. */
export const prometheusNames: ReadonlySet<string> = new Set([
  ...ours.flatMap(seriesOf),
  ...ours.flatMap(({ labels }) => labels.map(prometheusLabel)),
])

/** Made by the Collector of spans, and labels that Prometheus gives. */
const othersNames = [
  'traces_span_metrics_duration_milliseconds_bucket',
  'service_name',
  'span_name',
  'job',
  'instance',
  'le',
]

const words = [
  ...['sum', 'min', 'max', 'count', 'group', 'by', 'and', 'or', 'on', 'bool', 'offset', 'Inf'],
  ...['rate', 'increase', 'changes', 'abs', 'vector', 'histogram_quantile', 'min_over_time', 'last_over_time'],
  ...['label_replace', 'label_values'],
]

/** Words of a query that are neither of PromQL nor known as a name. */
export function unknownNames(query: string): string[] {
  // A label may stand in quotes too; other texts in quotes are values.
  const bare = query
    .replaceAll(/"((?:activity|experiment|underway|error)_\w+)"/g, ' $1 ')
    .replaceAll(/"[^"]*"|\[[^\]]*\]|\$+\w+|\b\d[\w.]*/g, ' ')
  const used = bare.match(/[A-Za-z_]\w*/g) ?? []
  return used.filter((name) => !prometheusNames.has(name) && !othersNames.includes(name) && !words.includes(name))
}
