import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { actionCount, featureCount } from './model.js'
import { createRandom } from './random.js'
import type { Act } from './rollout.js'

/** What the environment does to those who ask, each as a share of first attempts; third attempts always succeed. */
const overloadedShare = 0.03
const stalledShare = 0.015
const latencyMillis = { least: 30, most: 110 }

interface Question {
  readonly attempt: number
  readonly acts: readonly Act[]
}

/** The environment: another party, reached over HTTP, sometimes overloaded and sometimes very slow. */
export class EnvironmentServer {
  readonly #seed: number
  readonly #server: Server
  readonly #preferences: readonly (readonly number[])[]

  private constructor(seed: number) {
    this.#seed = seed
    const random = createRandom(seed, 'environment')
    this.#preferences = Array.from({ length: actionCount }, () =>
      Array.from({ length: featureCount }, () => random.normal() / Math.sqrt(featureCount)),
    )
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy())
    })
  }

  static async start(seed: number): Promise<EnvironmentServer> {
    const environment = new EnvironmentServer(seed)
    await new Promise<void>((resolve, reject) => {
      environment.#server.once('error', reject).listen(0, '127.0.0.1', resolve)
    })
    return environment
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async healthCheck(): Promise<boolean> {
    return this.#server.listening && (await fetch(`${this.url}/health`)).ok
  }

  /** Also for those who are still waiting for an answer. */
  async close(): Promise<void> {
    if (!this.#server.listening) return
    await new Promise<unknown>((resolve) => {
      this.#server.close(resolve)
      this.#server.closeAllConnections()
    })
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/health') return void response.end()
    const { attempt, acts } = (await json(request)) as Question
    const random = createRandom(this.#seed, acts[0]?.index ?? 0, attempt, 'answer')
    const fate = attempt < 3 ? random.next() * attempt : 1
    if (fate < overloadedShare) {
      response.writeHead(503, 'Service Unavailable').end()
      return
    }
    // A stalled answer never comes; the connection lasts until the other side gives up.
    if (fate < overloadedShare + stalledShare) return
    const delay = latencyMillis.least + random.next() * (latencyMillis.most - latencyMillis.least)
    const timer = setTimeout(() => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(acts.map((act) => this.#reward(act))))
    }, delay)
    response.once('close', () => clearTimeout(timer))
  }

  /** Between -1 and 1, and a little noise. */
  #reward({ index, features, action }: Act): number {
    const liking = (this.#preferences[action] ?? []).reduce((sum, weight, at) => sum + weight * (features[at] ?? 0), 0)
    return Math.tanh(liking) + 0.05 * createRandom(this.#seed, index, action, 'noise').normal()
  }
}
