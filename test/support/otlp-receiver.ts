import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { type Field, fieldsOf, textOf } from './protobuf.ts'

/** What one export carried. */
export interface ReceivedExport {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  /** Attributes of the resource that are texts. */
  readonly resource: Readonly<Record<string, string>>
  /** The payload, where it came as JSON. */
  readonly json: unknown
  /** Names of spans and metrics, bodies of log records. */
  readonly names: readonly string[]
  /** As it was sent, without compression. */
  readonly body: Uint8Array
}

/** A collector on loopback that understands enough of OTLP/HTTP protobuf to say what came in. */
export class OtlpReceiver implements AsyncDisposable {
  readonly received: ReceivedExport[] = []
  readonly #server = createServer((request, response) => void this.#take(request, response))
  readonly #answer: (response: ServerResponse, call: number) => void
  readonly #waiting: { readonly enough: () => boolean; readonly resolve: () => void }[] = []
  #calls = 0

  private constructor(answer: (response: ServerResponse, call: number) => void) {
    this.#answer = answer
  }

  /** @param answer how to reply; by default with success. What it never ends is a collector that hangs. */
  static async start(
    answer: (response: ServerResponse, call: number) => void = (response) => void response.writeHead(200).end(),
  ): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver(answer)
    await new Promise<void>((resolve) => {
      receiver.#server.listen(0, '127.0.0.1', resolve)
    })
    return receiver
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  names(path: 'traces' | 'metrics' | 'logs'): string[] {
    return this.received.filter((one) => one.path === `/v1/${path}`).flatMap(({ names }) => names)
  }

  /** Resolves when what came in is enough. */
  async until(enough: () => boolean): Promise<void> {
    if (enough()) return
    await new Promise<void>((resolve) => {
      this.#waiting.push({ enough, resolve })
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => {
      this.#server.close(resolve)
    })
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer)
    } catch {
      return
    }
    const body = Buffer.concat(chunks)
    const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
    const path = request.url ?? ''
    const content =
      request.headers['content-type'] === 'application/json'
        ? { resource: {}, names: [], json: JSON.parse(plain.toString('utf8')) as unknown }
        : { ...contentOf(plain, path), json: undefined }
    this.received.push({ path, headers: request.headers, ...content, body: plain })
    this.#calls += 1
    this.#answer(response, this.#calls)
    for (const { enough, resolve } of this.#waiting) if (enough()) resolve()
  }
}

/** Where the name stands in a span, a metric and a log record; in the last it is a value. */
const nameField: Readonly<Record<string, number>> = { '/v1/traces': 5, '/v1/metrics': 1, '/v1/logs': 5 }

function contentOf(body: Uint8Array, path: string): Pick<ReceivedExport, 'resource' | 'names'> {
  const perResource = fieldsOf(body).filter(isField(1))
  const resource: Record<string, string> = {}
  for (const attribute of perResource.flatMap(inside(1)).flatMap(inside(1))) {
    const [key, value] = fieldsOf(attribute)
    if (key !== undefined && value !== undefined) resource[textOf(key.bytes)] = textOf(fieldsOf(value.bytes)[0]?.bytes)
  }
  const items = perResource.flatMap(inside(2)).flatMap((scope) => fieldsOf(scope).filter(isField(2)))
  const names = items.map(({ bytes }) => {
    const name = fieldsOf(bytes).find(isField(nameField[path] ?? 0))?.bytes
    return textOf(path === '/v1/logs' ? fieldsOf(name ?? new Uint8Array())[0]?.bytes : name)
  })
  return { resource, names }
}

function isField(number: number): (field: Field) => boolean {
  return (field) => field.number === number
}

function inside(number: number): (field: Field | Uint8Array) => Uint8Array[] {
  return (field) => {
    const bytes = field instanceof Uint8Array ? field : field.bytes
    return fieldsOf(bytes)
      .filter(isField(number))
      .map((one) => one.bytes)
  }
}
