import { expect } from 'vitest'
import { metricNames } from '../../../src/activity/semantic-conventions.js'
import { prometheusLabel, prometheusName } from '../../../src/otel/prometheus-names.js'
import { query } from './prometheus-query.js'

export type Metric = keyof typeof metricNames

/** What Prometheus calls each metric; a histogram has three series, with a suffix each. */
function prometheusNameOf(metric: Metric): string {
  const { kind, ...rest } = metricNames[metric]
  return prometheusName({ ...rest, isCounter: kind === 'counter' })
}

const resourceLabels = ['__name__', 'instance', 'job', 'service_instance_id', 'service_name']
const mayBeMissing = 'activity_group'

/** Reads the metrics of one process. */
export class ProcessMetrics {
  readonly #prometheusUrl: string
  readonly #instance: string

  /** @param instance its `service.instance.id` */
  constructor(prometheusUrl: string, instance: string) {
    this.#prometheusUrl = prometheusUrl
    this.#instance = instance
  }

  /** The value of each series, under its labels in the order of the table of metrics. Labels that are not there reject. */
  async read(metric: Metric, suffix = ''): Promise<Record<string, number>> {
    const samples = await query(this.#prometheusUrl, this.selector(metric, suffix))
    const names = metricNames[metric].labels.map(prometheusLabel)
    return Object.fromEntries(
      samples.map(({ labels, value }) => {
        const own = Object.keys(labels).filter((name) => !resourceLabels.includes(name))
        const expected = names.filter((name) => name !== mayBeMissing || own.includes(name))
        expect(own.sort(), metric).toEqual(expected.sort())
        return [seriesKey(...names.map((name) => labels[name])), value]
      }),
    )
  }

  selector(metric: Metric, suffix = ''): string {
    return `${prometheusNameOf(metric)}${suffix}{service_instance_id="${this.#instance}"}`
  }
}

/** How one series is named here. */
export function seriesKey(...labels: readonly (string | undefined)[]): string {
  return labels.map((label) => label ?? '').join(' | ')
}

export function tally(words: readonly string[]): Record<string, number> {
  return sums(words.map((word) => [word, 1]))
}

/** Adds up what belongs to the same word. */
export function sums(amounts: readonly (readonly [string, number])[]): Record<string, number> {
  const totals: Record<string, number> = {}
  for (const [word, amount] of amounts) totals[word] = (totals[word] ?? 0) + amount
  return totals
}

/** Compares sums of fractions, which depend on the order of adding in their last digits. */
export function expectClose(shown: Readonly<Record<string, number>>, expected: Readonly<Record<string, number>>): void {
  expect(Object.keys(shown).sort()).toEqual(Object.keys(expected).sort())
  for (const [key, value] of Object.entries(expected)) expect(shown[key], key).toBeCloseTo(value, 3)
}
