import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

interface ChatRequest {
  readonly model: string
  readonly stream?: boolean
}

const words = ['All ', 'is ', 'well.']
const usage = { prompt_tokens: 5, completion_tokens: words.length, total_tokens: 5 + words.length }

/** Speaks the chat completions of OpenAI, whole and as a stream. It knows every model but `missing-model`. */
export class ModelServer implements AsyncDisposable {
  readonly #server = createServer((request, response) => void answer(request, response))

  static async start(): Promise<ModelServer> {
    const server = new ModelServer()
    await new Promise<void>((resolve) => {
      server.#server.listen(0, '127.0.0.1', resolve)
    })
    return server
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => {
      this.#server.close(resolve)
    })
  }
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const { model, stream } = JSON.parse(Buffer.concat(chunks).toString()) as ChatRequest
  const identity = { id: 'chatcmpl-1', created: 1_893_456_000, model }
  if (request.url !== '/v1/chat/completions' || model === 'missing-model') {
    const error = {
      message: `The model ${model} does not exist`,
      type: 'invalid_request_error',
      code: 'model_not_found',
    }
    response.writeHead(404, { 'content-type': 'application/json' }).end(JSON.stringify({ error }))
  } else if (stream === true) {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const send = (choice: object): void => {
      const chunk = { ...identity, object: 'chat.completion.chunk', choices: [{ index: 0, ...choice }] }
      response.write(`data: ${JSON.stringify(chunk)}\n\n`)
    }
    for (const content of words) send({ delta: { role: 'assistant', content }, finish_reason: null })
    send({ delta: {}, finish_reason: 'stop' })
    response.end('data: [DONE]\n\n')
  } else {
    const message = { role: 'assistant', content: words.join('') }
    const choices = [{ index: 0, message, finish_reason: 'stop' }]
    const body = { ...identity, object: 'chat.completion', choices, usage }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
}
