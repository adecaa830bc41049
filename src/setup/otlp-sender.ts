import { readFileSync } from 'node:fs'
import * as http from 'node:http'
import * as https from 'node:https'
import { gzipSync } from 'node:zlib'
import type { Clock } from '../base/clock.js'
import type { OtlpTarget } from './otlp-environment.js'

/** What one attempt came to. */
export type Answer =
  | { readonly kind: 'delivered' }
  /** Without a status it was given up, or could not be sent. */
  | { readonly kind: 'refused'; readonly why: string; readonly status?: number }
  | { readonly kind: 'retry'; readonly why: string; readonly afterMillis?: number }

const retriableStatuses: ReadonlySet<number> = new Set([429, 502, 503, 504])
const contentTypes = { 'http/protobuf': 'application/x-protobuf', 'http/json': 'application/json' } as const
const firstBackoffMillis = 1_000
const longestBackoffMillis = 5_000
/** So many attempts in a row fail before it is said; a collector that is started again has come back by then. */
const failuresWorthSaying = 3
/** What is in the request is wrong, or too much of it, which does not say that nothing else arrives. */
const contentRefusals: ReadonlySet<number | undefined> = new Set([400, 413, 422])
/** Why something was lost that the end of the process, or of the set-up, did not wait for. */
export const tooLate = 'given up: the time for the last export was over'

/**
 * Posts OTLP payloads over HTTP. Nothing of it keeps the process alive, neither a socket nor the wait before another
 * attempt: who waits for it holds a timer of his own. The exporters of the SDK do both for up to 10 s, and offer no way
 * to stop.
 */
export class OtlpSender {
  readonly target: OtlpTarget
  readonly #clock: Clock
  readonly #onFailing: (why: string) => void
  readonly #underway = new Set<(why: string) => void>()
  #agent: http.Agent | undefined
  #lastError: string | undefined
  /** Attempts since the last that was answered well. */
  #failures = 0

  /** @param onFailing told why a payload was given up, and why attempts go on failing */
  constructor(target: OtlpTarget, clock: Clock, onFailing: (why: string) => void = () => undefined) {
    this.target = target
    this.#clock = clock
    this.#onFailing = onFailing
  }

  /** Why the last payload that was lost was lost. */
  get lastError(): string | undefined {
    return this.#lastError
  }

  /** @returns whether the collector took it; never rejects */
  async send(payload: Uint8Array): Promise<boolean> {
    const deadline = this.#clock.monotonicMillis() + this.target.timeoutMillis
    const body = this.#compressed(payload)
    let backoffMillis = firstBackoffMillis
    for (;;) {
      const answer = await this.#attempt(body, deadline - this.#clock.monotonicMillis())
      if (answer.kind === 'delivered') return true
      if (answer.kind === 'refused') return this.#gaveUp(answer.why)
      const waitMillis = answer.afterMillis ?? backoffMillis * (0.8 + 0.4 * Math.random())
      if (this.#clock.monotonicMillis() + waitMillis >= deadline) return this.#gaveUp(answer.why)
      if (!(await this.#wait(waitMillis))) return false
      backoffMillis = Math.min(backoffMillis * 1.5, longestBackoffMillis)
    }
  }

  /** One attempt, for those who keep what did not arrive; never rejects. */
  async post(payload: Uint8Array): Promise<Answer> {
    const answer = await this.#attempt(this.#compressed(payload), this.target.timeoutMillis)
    if (answer.kind === 'refused' && !contentRefusals.has(answer.status)) this.#gaveUp(answer.why)
    return answer
  }

  #gaveUp(why: string): false {
    // Of what was abandoned it is said there, once for all of it.
    if (why !== tooLate) this.#onFailing(why)
    return false
  }

  #note(answer: Answer): void {
    if (answer.kind === 'delivered') {
      this.#failures = 0
      return
    }
    // What went wrong before says more than that the time was over.
    if (answer.why !== tooLate || this.#failures === 0) this.#lastError = answer.why
    this.#failures += 1
    if (answer.kind === 'retry' && this.#failures === failuresWorthSaying) this.#onFailing(answer.why)
  }

  #compressed(payload: Uint8Array): Uint8Array {
    return this.target.compression === 'gzip' ? gzipSync(payload) : payload
  }

  /** Gives up all that is on its way, at once. @param lost how much that is, with what waits */
  abandon(lost: number): void {
    for (const giveUp of [...this.#underway]) giveUp(tooLate)
    if (lost === 0) return
    if (this.#failures === 0) this.#lastError = tooLate
    this.#onFailing(this.#lastError ?? tooLate)
  }

  /** @returns `false` if it was given up in the meantime */
  #wait(waitMillis: number): Promise<boolean> {
    return new Promise((resolve) => {
      const done = (waited: boolean): void => {
        timer.cancel()
        this.#underway.delete(giveUp)
        resolve(waited)
      }
      const giveUp = (): void => done(false)
      const timer = this.#clock.backgroundTimer(() => done(true), waitMillis)
      this.#underway.add(giveUp)
    })
  }

  #attempt(body: Uint8Array, timeoutMillis: number): Promise<Answer> {
    return new Promise((resolve) => {
      let settled = false
      const settle = (answer: Answer): void => {
        // A request that is destroyed fails once more.
        if (settled) return
        settled = true
        timer?.cancel()
        this.#underway.delete(giveUp)
        this.#note(answer)
        resolve(answer)
        if (answer.kind !== 'delivered') request?.destroy()
      }
      const giveUp = (why: string): void => settle({ kind: 'refused', why })
      const failed = (error: Error): void => settle({ kind: 'retry', why: reasonOf(error) })
      let timer: ReturnType<Clock['backgroundTimer']> | undefined
      let request: http.ClientRequest | undefined
      try {
        request = this.#request(body)
      } catch (error) {
        // An agent or headers that cannot be made do not get better by waiting.
        return giveUp(error instanceof Error ? error.message : String(error))
      }
      this.#underway.add(giveUp)
      timer = this.#clock.backgroundTimer(
        () => giveUp(`no answer within ${this.target.timeoutMillis} ms`),
        timeoutMillis,
      )
      request.on('socket', (socket) => socket.unref())
      request.on('error', failed)
      request.on('response', (response) => {
        response.resume()
        response.on('error', failed)
        response.on('end', () => settle(answerOf(response)))
      })
      request.end(body)
    })
  }

  #request(body: Uint8Array): http.ClientRequest {
    const { url, headers, compression, protocol } = this.target
    const secure = url.startsWith('https:')
    this.#agent ??= secure
      ? new https.Agent({ keepAlive: true, ...this.#files() })
      : new http.Agent({ keepAlive: true })
    return (secure ? https : http).request(url, {
      method: 'POST',
      agent: this.#agent,
      headers: {
        ...headers,
        'Content-Type': contentTypes[protocol],
        'Content-Length': body.byteLength,
        ...(compression === 'gzip' ? { 'Content-Encoding': 'gzip' } : {}),
      },
    })
  }

  #files(): https.AgentOptions {
    const { certificate, clientCertificate, clientKey } = this.target
    return {
      ...(certificate === undefined ? {} : { ca: readFileSync(certificate) }),
      ...(clientCertificate === undefined ? {} : { cert: readFileSync(clientCertificate) }),
      ...(clientKey === undefined ? {} : { key: readFileSync(clientKey) }),
    }
  }
}

/** A host name that stands for several addresses fails with an error for each, and no message of its own. */
function reasonOf(error: Error): string {
  const all = error instanceof AggregateError ? (error.errors as readonly Error[]) : [error]
  return all.map(({ message, name }) => message || name).join(', ')
}

function answerOf(response: http.IncomingMessage): Answer {
  const status = response.statusCode ?? 0
  if (status >= 200 && status < 300) return { kind: 'delivered' }
  const why = `the collector answered ${status}`
  if (!retriableStatuses.has(status)) return { kind: 'refused', why, status }
  const seconds = Number(response.headers['retry-after'] ?? Number.NaN)
  return { kind: 'retry', why, ...(Number.isFinite(seconds) ? { afterMillis: seconds * 1_000 } : {}) }
}
