import { getJson } from './http.js'

export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

type Labels = Readonly<Record<string, string>>
type Point = readonly [number, string]

/** The samples of an instant query. */
export async function query(prometheusUrl: string, expression: string): Promise<Sample[]> {
  const result = await resultOf<{ metric: Labels; value: Point }>(prometheusUrl, expression)
  return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }))
}

/** Every value that each series of a selector had in the last hour, oldest first. */
export async function history(
  prometheusUrl: string,
  selector: string,
): Promise<{ readonly labels: Labels; readonly values: readonly number[] }[]> {
  const result = await resultOf<{ metric: Labels; values: readonly Point[] }>(prometheusUrl, `${selector}[1h]`)
  return result.map(({ metric, values }) => ({ labels: metric, values: values.map(([, value]) => Number(value)) }))
}

/** Every stored point of each series of a selector, with its own time in milliseconds since the Unix epoch, also of the next minute. */
export async function storedPoints(
  prometheusUrl: string,
  selector: string,
): Promise<{ readonly labels: Labels; readonly points: readonly (readonly [time: number, value: number])[] }[]> {
  const at = `${Math.floor(Date.now() / 1_000) + 60}`
  const result = await resultOf<{ metric: Labels; values: readonly Point[] }>(prometheusUrl, `${selector}[1h]`, at)
  return result.map(({ metric, values }) => ({ labels: metric, points: values.map(timed) }))
}

/** What a panel draws between two times, in milliseconds, with a point every `stepSeconds`. */
export async function queryRange(
  prometheusUrl: string,
  expression: string,
  range: { readonly from: number; readonly to: number; readonly stepSeconds: number },
): Promise<{ readonly labels: Labels; readonly points: readonly (readonly [time: number, value: number])[] }[]> {
  const url = new URL('/api/v1/query_range', prometheusUrl)
  url.searchParams.set('query', expression)
  url.searchParams.set('start', String(range.from / 1_000))
  url.searchParams.set('end', String(range.to / 1_000))
  url.searchParams.set('step', String(range.stepSeconds))
  const { data } = (await getJson(url)) as { data: { result: readonly { metric: Labels; values: readonly Point[] }[] } }
  return data.result.map(({ metric, values }) => ({ labels: metric, points: values.map(timed) }))
}

/** The values that a label of a metric has. */
export async function labelValues(prometheusUrl: string, selector: string, label: string): Promise<readonly string[]> {
  const url = new URL(`/api/v1/label/${label}/values`, prometheusUrl)
  url.searchParams.set('match[]', selector)
  return ((await getJson(url)) as { data: readonly string[] }).data
}

/** The ids of traces that stand at buckets of a histogram as examples. */
export async function exemplarTraces(prometheusUrl: string, selector: string): Promise<readonly string[]> {
  const url = new URL('/api/v1/query_exemplars', prometheusUrl)
  url.searchParams.set('query', selector)
  url.searchParams.set('start', String(Date.now() / 1_000 - 3_600))
  url.searchParams.set('end', String(Date.now() / 1_000 + 60))
  const { data } = (await getJson(url)) as {
    data: readonly { exemplars: readonly { labels: { readonly trace_id?: string } }[] }[]
  }
  return data.flatMap(({ exemplars }) => exemplars.flatMap(({ labels }) => labels.trace_id ?? []))
}

function timed([seconds, value]: Point): readonly [number, number] {
  return [Math.round(seconds * 1_000), value === 'NaN' ? Number.NaN : Number(value.replace('Inf', 'Infinity'))]
}

async function resultOf<T>(prometheusUrl: string, expression: string, time?: string): Promise<readonly T[]> {
  const url = new URL('/api/v1/query', prometheusUrl)
  if (time !== undefined) url.searchParams.set('time', time)
  url.searchParams.set('query', expression)
  return ((await getJson(url)) as { data: { result: readonly T[] } }).data.result
}
