import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface ReceivedRequest {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface HttpReceiver {
  readonly url: string
  readonly port: number
  readonly received: readonly ReceivedRequest[]
}

/** A server on loopback until the test is over; `answer` is told how many requests there were, this one included. */
export async function httpReceiver(
  answer: (response: ServerResponse, count: number, request: ReceivedRequest) => unknown = (response) => response.end(),
): Promise<HttpReceiver> {
  const received: ReceivedRequest[] = []
  const server: Server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    request.on('end', () => {
      const arrived = { path: request.url ?? '', headers: request.headers, body }
      received.push(arrived)
      answer(response, received.length, arrived)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, port, received }
}
