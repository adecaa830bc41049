import type { Clock, Timer } from '../base/clock.js'
import type { Faults } from '../base/faults.js'
import { halvesOf, type ScalarBatch, type ScalarBuffer } from './scalar-buffer.js'
import type { ScalarAnswer } from './scalar-delivery.js'

export interface SendingOptions {
  readonly exportIntervalMillis: number
  readonly maxBatchSize: number
}

export interface SendingPort {
  /** The next batch, of at most so many points. */
  take(size: number): ScalarBatch | undefined
  /** Never rejects. */
  attempt(batch: ScalarBatch): Promise<ScalarAnswer>
}

const longestBackoffMillis = 60_000
/** So often a batch is halved to find what the receiver will never take. */
const maxSplits = 64

/** Sends what waits, one request at a time, until the receiver has it. Nothing of it keeps the process alive. */
export class ScalarSending {
  readonly #buffer: ScalarBuffer
  readonly #port: SendingPort
  readonly #options: SendingOptions
  readonly #clock: Clock
  readonly #faults: Faults
  #running: Promise<boolean> | undefined
  #timer: Timer | undefined
  #failures = 0
  #askedToWaitMillis = 0
  #kicked = false
  #stopped = false
  #lastError: string | undefined

  constructor(buffer: ScalarBuffer, port: SendingPort, options: SendingOptions, clock: Clock, faults: Faults) {
    this.#buffer = buffer
    this.#port = port
    this.#options = options
    this.#clock = clock
    this.#faults = faults
  }

  /** Why the last request that failed did. */
  get lastError(): string | undefined {
    return this.#lastError
  }

  start(): void {
    this.#schedule()
  }

  /** No further attempt on its own. */
  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
  }

  /** Points were added: a full batch does not wait for the interval, but for the end of a pause after failures. */
  grown(): void {
    if (this.#kicked || this.#stopped || this.#timer === undefined || this.#failures > 0) return
    if (this.#running !== undefined || this.#buffer.pending < this.#options.maxBatchSize) return
    this.#kicked = true
    this.#clock.defer(() => {
      this.#kicked = false
      void this.drain()
    })
  }

  /** Sends what waits now, whatever the interval says. @returns `false` if an attempt failed, so that some still waits */
  drain(): Promise<boolean> {
    this.#running ??= this.#drain().finally(() => {
      this.#running = undefined
      this.#schedule()
      this.grown()
    })
    return this.#running
  }

  /** Like {@link drain}, for all that waited when it was called, also if a request was on its way then. */
  async drainAll(): Promise<boolean> {
    if (this.#running !== undefined) await this.#running
    return await this.drain()
  }

  /** Tries until nothing waits, however long that takes, or until it is stopped. */
  async untilDrained(): Promise<void> {
    while (!(await this.drainAll()) && !this.#stopped) {
      await new Promise<void>((resolve) => {
        this.#clock.backgroundTimer(resolve, this.#pauseMillis())
      })
    }
  }

  #schedule(): void {
    if (this.#stopped) return
    this.#timer?.cancel()
    const { exportIntervalMillis } = this.#options
    const delay = this.#failures === 0 ? exportIntervalMillis : this.#pauseMillis()
    this.#timer = this.#clock.backgroundTimer(() => void this.drain(), delay)
  }

  #pauseMillis(): number {
    const backoff = Math.min(500 * 2 ** Math.min(this.#failures, 10), longestBackoffMillis)
    return Math.max(backoff * (0.8 + 0.4 * Math.random()), this.#askedToWaitMillis)
  }

  async #drain(): Promise<boolean> {
    // What comes in meanwhile waits for the next time, or a flush would never end while a program logs without a pause.
    let left = 1
    for (let first = true; left > 0; first = false) {
      const batch = this.#port.take(this.#options.maxBatchSize)
      if (batch === undefined) return true
      if (first) left = Math.ceil(this.#buffer.pending / this.#options.maxBatchSize)
      left -= 1
      const settled = await this.#send(batch, { splits: maxSplits })
      this.#failures = settled ? 0 : this.#failures + 1
      if (!settled) return false
    }
    return true
  }

  /** @returns whether nothing of the batch is left to send */
  async #send(batch: ScalarBatch, left: { splits: number }): Promise<boolean> {
    const answer = await this.#port.attempt(batch)
    this.#askedToWaitMillis = answer.kind === 'retry' ? Math.min(answer.afterMillis ?? 0, longestBackoffMillis) : 0
    if (answer.kind === 'delivered') {
      this.#buffer.settle(batch, true)
      return true
    }
    this.#lastError = answer.why
    if (answer.kind === 'retry') return false
    if (batch.size === 1 || left.splits === 0) {
      this.#buffer.settle(batch, false)
      this.#faults.count('scalar.refused', answer.why)
      return true
    }
    left.splits -= 1
    const [first, second] = halvesOf(batch)
    return (await this.#send(first, left)) && (await this.#send(second, left))
  }
}
