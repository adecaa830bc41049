/** The JSON answer of a backend on loopback. Rejects unless the status is 2xx. */
export async function getJson(url: string | URL): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5_000) })
  const body = await response.text()
  if (!response.ok) throw new Error(`${response.status} from ${url}: ${body.slice(0, 500)}`)
  return JSON.parse(body)
}

export async function expectOk(url: string | URL): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5_000) })
  await response.arrayBuffer()
  if (!response.ok) throw new Error(`${response.status} from ${url}`)
}
