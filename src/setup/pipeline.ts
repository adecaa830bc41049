import * as otel from '@opentelemetry/api'
import type { Clock } from '../base/clock.js'
import { detached } from '../tracing/current.js'
import type { QueueLimits } from './environment.js'
import { ExportQueue, type QueueStatus } from './export-queue.js'
import type { OtlpTarget } from './otlp-environment.js'
import type { OtlpSender } from './otlp-sender.js'

/** The key by which all versions of the SDK know that nothing is to be traced. */
const suppressionKey = otel.createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

/** Our own requests are nobody's activity and nobody's span. */
function untraced<T>(work: () => T): T {
  return detached(() => otel.context.with(otel.ROOT_CONTEXT.setValue(suppressionKey, true), work))
}

/** A payload that somebody else may deliver. */
export interface Leftover {
  readonly target: OtlpTarget
  readonly payload: Uint8Array
}

export interface Leftovers {
  readonly payloads: readonly Leftover[]
  /** Spans or records in the payloads. */
  readonly count: number
  readonly unwritten: number
}

/** The way of one signal to the collector, whatever it carries. */
export interface Outlet {
  readonly sender: OtlpSender
  status(): QueueStatus
  flush(): Promise<void>
  /** Takes out what has not settled, as payloads, for as long as there is time. */
  leftovers(hasTime: () => boolean): Leftovers
  /** What became of the leftovers. */
  settle(count: number, delivered: boolean): void
  /** Gives up all that has not settled. */
  abandon(): void
  close(): void
}

/** A queue and what serialises and sends its batches. */
export class Pipeline<T> implements Outlet {
  readonly queue: ExportQueue<T>
  readonly sender: OtlpSender
  readonly #serialize: (batch: readonly T[]) => Uint8Array | undefined
  readonly #batchSize: number

  constructor(
    sender: OtlpSender,
    limits: QueueLimits,
    clock: Clock,
    serialize: (batch: readonly T[]) => Uint8Array | undefined,
  ) {
    this.sender = sender
    this.#serialize = serialize
    this.#batchSize = limits.maxBatchSize
    this.queue = new ExportQueue<T>(limits, clock, (batch) => untraced(() => this.#send(batch)))
  }

  status(): QueueStatus {
    return this.queue.status()
  }

  flush(): Promise<void> {
    return this.queue.flush()
  }

  settle(count: number, delivered: boolean): void {
    this.queue.settle(count, delivered)
  }

  close(): void {
    this.queue.close()
  }

  leftovers(hasTime: () => boolean): Leftovers {
    const items = this.queue.takeAll()
    const payloads: Leftover[] = []
    let count = 0
    for (let from = 0; from < items.length && hasTime(); from += this.#batchSize) {
      const batch = items.slice(from, from + this.#batchSize)
      const payload = this.#bytes(batch)
      if (payload === undefined) continue
      payloads.push({ target: this.sender.target, payload })
      count += batch.length
    }
    return { payloads, count, unwritten: items.length - count }
  }

  abandon(): void {
    const lost = this.queue.takeAll().length
    this.queue.settle(lost, false)
    this.sender.abandon(lost)
  }

  async #send(batch: readonly T[]): Promise<boolean> {
    const payload = this.#bytes(batch)
    return payload !== undefined && (await this.sender.send(payload))
  }

  #bytes(batch: readonly T[]): Uint8Array | undefined {
    try {
      return this.#serialize(batch)
    } catch {
      // Counted as failed: one item that cannot be written costs its batch and nothing else.
      return undefined
    }
  }
}
