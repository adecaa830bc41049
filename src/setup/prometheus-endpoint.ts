import { EventEmitter } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { asOwnWork } from '../tracing/suppressed.js'
import type { PullTarget } from './environment.js'
import { type CollectedMetrics, prometheusContentType, prometheusText } from './prometheus-text.js'
import type { MetricReader } from './sdk-shapes.js'

const path = '/metrics'

/** Where Prometheus fetches metrics. Neither the server nor its connections keep the process alive. */
export class PrometheusEndpoint {
  readonly #reader: MetricReader
  readonly #server: Server
  #url: string | undefined
  #lastError: string | undefined
  /** Settles once it listens, or cannot. */
  readonly ready: Promise<void>

  constructor(reader: MetricReader, { host, port }: PullTarget) {
    this.#reader = reader
    this.#server = untracedServer((request, response) => void this.#answer(request, response))
    this.ready = new Promise((resolve) => {
      this.#server.on('error', (error) => {
        this.#lastError = `${path} cannot be served on ${host}:${port}: ${error.message}`
        resolve()
      })
      this.#server.listen(port, host, () => {
        const { address, family, port: bound } = this.#server.address() as AddressInfo
        this.#url = `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}${path}`
        resolve()
      })
    })
    this.#server.unref()
  }

  /** `undefined` while it does not listen. */
  get url(): string | undefined {
    return this.#url
  }

  get lastError(): string | undefined {
    return this.#lastError
  }

  close(): void {
    this.#url = undefined
    this.#server.close()
    this.#server.closeAllConnections()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url?.split('?')[0] !== path) return say(response, 404, `see ${path}\n`)
    if (request.method !== 'GET' && request.method !== 'HEAD') return say(response, 405, 'GET only\n')
    try {
      const { resourceMetrics } = await asOwnWork(() => this.#reader.collect())
      say(response, 200, prometheusText(resourceMetrics as CollectedMetrics), prometheusContentType)
    } catch (error) {
      this.#lastError = `metrics could not be collected: ${String(error)}`
      say(response, 500, 'metrics could not be collected\n')
    }
  }
}

function say(response: ServerResponse, status: number, text: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' })
  response.end(text)
}

/**
 * Instrumentation makes a span of each request by wrapping `emit` of the prototype; an `emit` of its own keeps what
 * fetches metrics out of the traces, and out of what is counted.
 */
function untracedServer(answer: (request: IncomingMessage, response: ServerResponse) => void): Server {
  const server = createServer(answer)
  server.emit = EventEmitter.prototype.emit
  server.on('connection', (socket) => socket.unref())
  return server
}
