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

/** Every stored point of each series of a selector, with its own timestamp, also of the next minute. */
export async function storedPoints(
  prometheusUrl: string,
  selector: string,
): Promise<{ readonly labels: Labels; readonly points: readonly (readonly [timeMillis: number, value: number])[] }[]> {
  const time = `${Math.floor(Date.now() / 1_000) + 60}`
  const result = await resultOf<{ metric: Labels; values: readonly Point[] }>(prometheusUrl, `${selector}[1h]`, time)
  return result.map(({ metric, values }) => ({
    labels: metric,
    points: values.map(([seconds, value]) => [Math.round(seconds * 1_000), Number(value)] as const),
  }))
}

async function resultOf<T>(prometheusUrl: string, expression: string, time?: string): Promise<readonly T[]> {
  const url = new URL('/api/v1/query', prometheusUrl)
  if (time !== undefined) url.searchParams.set('time', time)
  url.searchParams.set('query', expression)
  return ((await getJson(url)) as { data: { result: readonly T[] } }).data.result
}
