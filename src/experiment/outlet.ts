import { randomUUID } from 'node:crypto'
import type { Clock, Timer } from '../base/clock.js'
import type { Faults } from '../base/faults.js'
import type { ExperimentMessage, ScalarEntry } from '../tracker/scalars.js'
import { Attempts, type Failed } from './attempt.js'
import type { BackendCall, ExperimentBackend } from './backend.js'
import { type DeliveryCounts, Lane } from './lane.js'

/** How one backend is doing. */
export interface BackendStatus {
  readonly name: string
  /** In calls of `logScalars`. */
  readonly scalars: DeliveryCounts
  readonly messages: DeliveryCounts
  /** Attempts after the first. */
  readonly retries: number
  /** Why the last attempt that failed did. */
  readonly lastError?: string
}

export interface OutletLimits {
  readonly maxWaiting: number
  readonly maxWaitingMessages: number
  readonly maxBatch: number
  readonly delayMillis: number
  readonly timeoutMillis: number
  readonly maxAttempts: number
}

export interface OutletHost {
  readonly clock: Clock
  readonly faults: Faults
  readonly limits: OutletLimits
  ownWork<T>(work: () => T): T
}

const firstBackoffMillis = 1_000
const longestBackoffMillis = 30_000

/** The way to one backend: a bounded queue, and one call at a time that is repeated with growing pauses. */
export class Outlet {
  readonly backend: ExperimentBackend
  readonly #host: OutletHost
  readonly #attempts: Attempts
  readonly #scalars = new Lane<ScalarEntry>()
  readonly #messages = new Lane<ExperimentMessage>()
  /** So many scalars are to leave without waiting for company. */
  #due = 0
  #running: Promise<void> | undefined
  #kicked = false
  #timer: Timer | undefined
  #pausing: { readonly end: () => void; readonly asked: boolean } | undefined
  #closed = false
  #abandoned = false
  #retries = 0
  #lastError: string | undefined

  constructor(backend: ExperimentBackend, host: OutletHost) {
    this.backend = backend
    this.#host = host
    this.#attempts = new Attempts(host.clock, host.limits.timeoutMillis, host.ownWork)
  }

  get takesScalars(): boolean {
    return this.backend.writeScalars !== undefined
  }

  get takesMessages(): boolean {
    return this.backend.sendMessage !== undefined
  }

  /** Never throws and never calls the backend inside the call. */
  addScalars(entry: ScalarEntry): void {
    this.#add(this.#scalars, entry, this.#host.limits.maxWaiting)
    this.#schedule()
  }

  addMessage(message: ExperimentMessage): void {
    this.#add(this.#messages, message, this.#host.limits.maxWaitingMessages)
    this.#schedule()
  }

  #add<T>(lane: Lane<T>, item: T, bound: number): void {
    if (lane.add(item, this.#closed ? 0 : bound)) return
    this.#host.faults.count('backend.dropped', this.backend.name)
  }

  status(): BackendStatus {
    const status = {
      name: this.backend.name,
      scalars: this.#scalars.counts(),
      messages: this.#messages.counts(),
      retries: this.#retries,
    }
    return this.#lastError === undefined ? status : { ...status, lastError: this.#lastError }
  }

  get pending(): number {
    return this.#scalars.pending + this.#messages.pending
  }

  /** Resolves when all that was in here when it was called has settled and the backend has made it safe. Never rejects. */
  async flush(): Promise<void> {
    const messages = this.#messages.accepted
    this.#due = this.#scalars.accepted
    // Who waits for this does not want to wait for a pause too, unless the receiver has asked for one.
    if (this.#pausing?.asked === false) this.#pausing.end()
    while (this.#scalars.settled < this.#due || this.#messages.settled < messages) await this.#run()
    await this.#callOnce('flush')
  }

  /** Takes nothing more. */
  stop(): void {
    this.#closed = true
    this.#timer?.cancel()
  }

  /** Gives up all that has not settled. */
  abandon(): void {
    this.#abandoned = true
    this.#attempts.abandon()
    for (const lane of [this.#scalars, this.#messages]) lane.count(lane.takeAll().length, false)
    this.#pausing?.end()
  }

  async close(): Promise<void> {
    this.stop()
    await this.#callOnce('close')
  }

  /** What waits is written at once, where the backend can; for a process that is being torn down. */
  writeAtExit(): void {
    const { backend } = this
    if (backend.writeScalarsAtExit === undefined || this.#scalars.pending === 0) return
    const entries = this.#scalars.takeAll()
    try {
      backend.writeScalarsAtExit(entries)
      this.#scalars.count(entries.length, true)
    } catch (error) {
      this.#scalars.count(entries.length, false)
      this.#note({ why: error instanceof Error ? error.message : String(error), error })
    }
  }

  async #callOnce(method: 'flush' | 'close'): Promise<void> {
    const { backend } = this
    if (backend[method] === undefined) return
    const failed = await this.#attempts.call((signal) => backend[method]?.({ signal, id: randomUUID() }))
    if (failed !== undefined) this.#note(failed)
  }

  get #isDue(): boolean {
    return (
      this.#messages.waiting > 0 ||
      this.#scalars.waiting >= this.#host.limits.maxBatch ||
      this.#scalars.settled < this.#due
    )
  }

  /** Has what is due leave once the event loop comes round, and the rest a little later. */
  #schedule(): void {
    if (this.#running !== undefined || this.#kicked) return
    const { clock, limits } = this.#host
    if (this.#isDue) {
      this.#kicked = true
      clock.defer(() => {
        this.#kicked = false
        void this.#run()
      })
    } else if (this.#scalars.waiting > 0 && !this.#closed)
      this.#timer ??= clock.backgroundTimer(() => {
        this.#due = this.#scalars.accepted
        void this.#run()
      }, limits.delayMillis)
  }

  #run(): Promise<void> {
    this.#running ??= this.#drain().finally(() => {
      this.#running = undefined
      this.#schedule()
    })
    return this.#running
  }

  async #drain(): Promise<void> {
    const { backend } = this
    this.#timer?.cancel()
    this.#timer = undefined
    while (this.#isDue) {
      // A message is for somebody who waits for it.
      if (this.#messages.waiting > 0)
        await this.#deliver(this.#messages, 1, ([message], call) =>
          message === undefined ? undefined : backend.sendMessage?.(message, call),
        )
      else
        await this.#deliver(this.#scalars, this.#host.limits.maxBatch, (entries, call) =>
          backend.writeScalars?.(entries, call),
        )
    }
  }

  async #deliver<T>(
    lane: Lane<T>,
    count: number,
    send: (items: readonly T[], call: BackendCall) => unknown,
  ): Promise<void> {
    const items = lane.take(count)
    const id = randomUUID()
    for (let attempt = 1; ; attempt += 1) {
      const failed = await this.#attempts.call((signal) => send(items, { signal, id }))
      if (failed === undefined) return lane.settle(true)
      this.#note(failed)
      if (!failed.retry || attempt >= this.#host.limits.maxAttempts) return lane.settle(false)
      if (!this.#abandoned) await this.#pause(attempt, failed.retryAfterMillis)
      if (this.#abandoned) return lane.settle(false)
      this.#retries += 1
    }
  }

  #note({ why, error }: Pick<Failed, 'why' | 'error'>): void {
    this.#lastError = why
    this.#host.faults.count('backend.failed', this.backend.name, error)
  }

  /** Grows with every attempt, and differs from process to process, so that not all come back at once. */
  #pause(attempt: number, askedMillis: number): Promise<void> {
    const backoffMillis = Math.min(firstBackoffMillis * 2 ** (attempt - 1), longestBackoffMillis)
    const waitMillis = Math.max(backoffMillis * (0.5 + Math.random() / 2), askedMillis)
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel()
        this.#pausing = undefined
        resolve()
      }
      const timer = this.#host.clock.backgroundTimer(end, waitMillis)
      this.#pausing = { end, asked: askedMillis > 0 }
    })
  }
}
