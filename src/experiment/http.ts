import * as http from 'node:http'
import * as https from 'node:https'
import type { LookupFunction } from 'node:net'
import { checkLiteral, publicLookup } from './addresses.js'
import { DeliveryError } from './backend.js'

/** Where requests go. */
export interface Endpoint {
  readonly url: URL
  /** Also those of this machine and its network. */
  readonly privateAddresses: boolean
  /** Certificates of authorities besides those that Node knows, as PEM. */
  readonly ca?: string | undefined
}

export interface OutgoingRequest {
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal: AbortSignal
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  /** Its beginning, up to 64 KiB. */
  readonly body: string
}

const maxBodyBytes = 65_536
/** With a connection of its own for every request: none is kept open, and no proxy of the environment stands between. */
const agents = { 'http:': new http.Agent(), 'https:': new https.Agent() } as const

/**
 * One request: no redirect is followed, the answer is bounded, and the socket does not keep the process alive.
 * Rejects with what the network says, which names a host but no path.
 */
export function send(endpoint: Endpoint, request: OutgoingRequest, lookup?: LookupFunction): Promise<HttpAnswer> {
  const { url, privateAddresses, ca } = endpoint
  if (!privateAddresses) checkLiteral(url)
  return new Promise((resolve, reject) => {
    const secure = url.protocol === 'https:'
    const body = request.body === undefined ? undefined : Buffer.from(request.body)
    const outgoing = (secure ? https : http).request(url, {
      method: request.method,
      agent: agents[secure ? 'https:' : 'http:'],
      signal: request.signal,
      headers: { ...request.headers, ...(body === undefined ? {} : { 'content-length': body.byteLength }) },
      ...(privateAddresses ? {} : { lookup: lookup ?? publicLookup() }),
      ...(ca === undefined ? {} : { ca }),
    })
    const failed = (error: unknown): void => reject(request.signal.aborted ? request.signal.reason : error)
    outgoing.on('socket', (socket) => socket.unref())
    outgoing.on('error', failed)
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = []
      let length = 0
      const done = (): void => {
        const answered = Buffer.concat(chunks).subarray(0, maxBodyBytes).toString('utf8')
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: answered })
        response.destroy()
      }
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        length += chunk.byteLength
        if (length > maxBodyBytes) done()
      })
      response.on('error', failed)
      response.on('end', done)
    })
    outgoing.end(body)
  })
}

const retriable: ReadonlySet<number> = new Set([408, 409, 425, 429])

/** What a status that is no success means for another attempt. */
export function statusError(who: string, answer: HttpAnswer, detail = ''): DeliveryError {
  const { status } = answer
  const retryAfterMillis = retryAfter(answer.headers)
  const redirected =
    status >= 300 && status < 400 ? ', a redirect, which is not followed: give the URL that it leads to' : ''
  return new DeliveryError(`${who} answered ${status}${redirected}${detail === '' ? '' : `: ${detail}`}`, {
    retry: status >= 500 || retriable.has(status),
    ...(retryAfterMillis === undefined ? {} : { retryAfterMillis }),
  })
}

export function isSuccess({ status }: HttpAnswer): boolean {
  return status >= 200 && status < 300
}

/** Seconds, or a date by the clock of who answered. */
function retryAfter({ 'retry-after': value, date }: http.IncomingHttpHeaders): number | undefined {
  if (value === undefined) return undefined
  const seconds = Number(value)
  const millis = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(value) - Date.parse(date ?? '')
  return millis > 0 ? millis : undefined
}
