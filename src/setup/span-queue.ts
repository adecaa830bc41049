import type { ExportQueue } from './export-queue.js'

/** The part of an ended span we read. */
export interface SampledSpan {
  spanContext(): { readonly traceFlags: number }
}

const sampled = 1

/** A span processor that puts every sampled span that ends into a queue. */
export class SpanQueueProcessor<S extends SampledSpan> {
  readonly #queue: ExportQueue<S>

  constructor(queue: ExportQueue<S>) {
    this.#queue = queue
  }

  onStart(): void {}

  onEnd(span: S): void {
    if ((span.spanContext().traceFlags & sampled) === sampled) this.#queue.add(span)
  }

  forceFlush(): Promise<void> {
    return this.#queue.flush()
  }

  async shutdown(): Promise<void> {
    await this.#queue.flush()
    this.#queue.close()
  }
}

/** A log processor that puts every record into a queue. */
export class LogQueueProcessor<R> {
  readonly #queue: ExportQueue<R>

  constructor(queue: ExportQueue<R>) {
    this.#queue = queue
  }

  onEmit(record: R): void {
    this.#queue.add(record)
  }

  forceFlush(): Promise<void> {
    return this.#queue.flush()
  }

  async shutdown(): Promise<void> {
    await this.#queue.flush()
    this.#queue.close()
  }
}
