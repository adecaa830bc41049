import type { Clock, Timer } from '../base/clock.js'
import type { QueueLimits } from './environment.js'

/** Takes a batch away; the promise tells how it ended and never rejects. */
export type SendBatch<T> = (batch: readonly T[]) => Promise<boolean>

/** What became of everything that was ever put in: `accepted = exported + failed + pending`. */
export interface QueueStatus {
  readonly accepted: number
  readonly exported: number
  /** Refused by the collector, or given up. */
  readonly failed: number
  /** Not accepted, because the queue was full or shut down. */
  readonly dropped: number
  /** Waiting, or on their way. */
  readonly pending: number
}

/** A bounded queue in front of an exporter; one batch is on its way at a time. */
export class ExportQueue<T> {
  readonly #limits: QueueLimits
  readonly #clock: Clock
  readonly #send: SendBatch<T>
  #waiting: T[] = []
  #underway: readonly T[] = []
  #running: Promise<void> | undefined
  #timer: Timer | undefined
  #kicked = false
  #closed = false
  #accepted = 0
  #exported = 0
  #failed = 0
  #dropped = 0

  constructor(limits: QueueLimits, clock: Clock, send: SendBatch<T>) {
    this.#limits = limits
    this.#clock = clock
    this.#send = send
  }

  /** Never throws and never sends inside the call. */
  add(item: T): void {
    if (this.#closed || this.#waiting.length + this.#underway.length >= this.#limits.maxQueueSize) {
      this.#dropped += 1
      return
    }
    this.#accepted += 1
    this.#waiting.push(item)
    if (this.#waiting.length >= this.#limits.maxBatchSize) this.#kick()
    else this.#timer ??= this.#clock.backgroundTimer(() => this.#kick(), this.#limits.delayMillis)
  }

  /** Resolves when all that was in here when it was called has settled. */
  async flush(): Promise<void> {
    const until = this.#accepted
    while (this.#exported + this.#failed < until) await this.#run()
  }

  /** Takes nothing more. */
  close(): void {
    this.#closed = true
    this.#timer?.cancel()
  }

  /** Takes out all that has not settled, also what is on its way, for somebody who delivers it in another way. */
  takeAll(): readonly T[] {
    const all = [...this.#underway, ...this.#waiting]
    this.#waiting = []
    this.#underway = []
    return all
  }

  /** What {@link takeAll} took out was delivered, or not. */
  settle(count: number, delivered: boolean): void {
    if (delivered) this.#exported += count
    else this.#failed += count
  }

  status(): QueueStatus {
    const settled = this.#exported + this.#failed
    return {
      accepted: this.#accepted,
      exported: this.#exported,
      failed: this.#failed,
      dropped: this.#dropped,
      pending: this.#accepted - settled,
    }
  }

  #kick(): void {
    if (this.#kicked || this.#running !== undefined) return
    this.#kicked = true
    this.#clock.defer(() => {
      this.#kicked = false
      void this.#run()
    })
  }

  #run(): Promise<void> {
    this.#running ??= this.#drain().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async #drain(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#limits.maxBatchSize)
      this.#underway = batch
      const delivered = await this.#send(batch)
      // Empty if somebody took it over in the meantime.
      this.settle(this.#underway.length, delivered)
      this.#underway = []
    }
  }
}
