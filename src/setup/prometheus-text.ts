import { scopeName } from '../activity/semantic-conventions.js'
import { prometheusLabel, prometheusName } from '../otel/prometheus-names.js'

export const prometheusContentType = 'text/plain; version=0.0.4; charset=utf-8'

type Labels = Readonly<Record<string, unknown>>

interface Histogram {
  readonly count: number
  readonly sum?: number
  readonly buckets: { readonly boundaries: readonly number[]; readonly counts: readonly number[] }
}

interface Point {
  readonly attributes: Labels
  readonly value: number | Histogram
}

interface Metric {
  readonly descriptor: { readonly name: string; readonly description: string; readonly unit: string }
  readonly dataPointType: number
  /** Of sums only. */
  readonly isMonotonic?: boolean
  readonly dataPoints: readonly Point[]
}

/** The part of what a metric reader collects that is written; fits 2.x and 3.x. */
export interface CollectedMetrics {
  readonly resource: { readonly attributes: Labels }
  readonly scopeMetrics: readonly { readonly scope: { readonly name: string }; readonly metrics: readonly Metric[] }[]
}

/** `DataPointType.HISTOGRAM` and `.SUM` of the SDK. */
const histogram = 0
const sum = 3

interface Family {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly lines: string[]
}

/**
 * Metrics in the text format of Prometheus, under the names and labels that they have when they reach it over OTLP. A
 * metric of another scope says in `otel_scope_name` whose it is; two of one name but different types cannot both be
 * written, and the first stays.
 */
export function prometheusText({ resource, scopeMetrics }: CollectedMetrics): string {
  const families = new Map<string, Family>()
  for (const { scope, metrics } of scopeMetrics) {
    const extra = scope.name === scopeName ? {} : { 'otel.scope.name': scope.name }
    for (const metric of metrics) add(families, metric, extra)
  }
  const target = sample('target_info', labelsOf(resource.attributes), 1)
  const all = new Map([['target_info', { type: 'gauge', help: 'What sends this.', lines: [target] }], ...families])
  return [...all].map(([name, family]) => textOf(name, family)).join('')
}

function textOf(name: string, { type, help, lines }: { type: string; help: string; lines: readonly string[] }): string {
  const escaped = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
  return `# HELP ${name} ${escaped}\n# TYPE ${name} ${type}\n${lines.join('')}`
}

function add(families: Map<string, Family>, metric: Metric, extra: Labels): void {
  const { descriptor, dataPointType, isMonotonic, dataPoints } = metric
  const isCounter = dataPointType === sum && isMonotonic === true
  const type = dataPointType === histogram ? 'histogram' : isCounter ? 'counter' : 'gauge'
  const name = prometheusName({ ...descriptor, isCounter })
  const family = families.get(name) ?? { type, help: descriptor.description, lines: [] }
  if (family.type !== type || name === '') return
  families.set(name, family)
  for (const { attributes, value } of dataPoints) {
    const labels = labelsOf({ ...attributes, ...extra })
    if (typeof value === 'number') family.lines.push(sample(name, labels, value))
    // Exponential histograms have no place in this format; the reader asks for none.
    else if (type === 'histogram') family.lines.push(...histogramLines(name, labels, value))
  }
}

function histogramLines(name: string, labels: readonly string[], { count, sum: total, buckets }: Histogram): string[] {
  let below = 0
  const lines = buckets.boundaries.map((bound, at) => {
    below += buckets.counts[at] ?? 0
    return sample(`${name}_bucket`, [...labels, `le="${numberText(bound)}"`], below)
  })
  lines.push(sample(`${name}_bucket`, [...labels, 'le="+Inf"'], count))
  if (total !== undefined) lines.push(sample(`${name}_sum`, labels, total))
  lines.push(sample(`${name}_count`, labels, count))
  return lines
}

function sample(name: string, labels: readonly string[], value: number): string {
  return `${name}${labels.length === 0 ? '' : `{${labels.join(',')}}`} ${numberText(value)}\n`
}

/** Attributes that become the same label share it, as the specification asks. */
function labelsOf(attributes: Labels): string[] {
  const values = new Map<string, string>()
  for (const [key, value] of Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (value === undefined || value === null) continue
    const label = prometheusLabel(key)
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    const first = values.get(label)
    values.set(label, first === undefined ? text : `${first};${text}`)
  }
  return [...values].map(([label, text]) => `${label}="${escapedValue(text)}"`)
}

function escapedValue(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}
