import { getJson } from './http.js'

export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** The samples of an instant query. */
export async function query(prometheusUrl: string, expression: string): Promise<Sample[]> {
  const url = new URL('/api/v1/query', prometheusUrl)
  url.searchParams.set('query', expression)
  const answer = (await getJson(url)) as {
    data: { result: readonly { metric: Record<string, string>; value: readonly [number, string] }[] }
  }
  return answer.data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }))
}
