import { scopeMetricsOf } from '../otel/scalar-metrics.js'
import { AcknowledgedReader, asReader, type ScalarReader } from '../otel/scalar-reader.js'
import type { QueueStatus } from './export-queue.js'
import type { Answer, OtlpSender } from './otlp-sender.js'
import type { Leftover, Leftovers, Outlet } from './pipeline.js'
import type { Ingredients } from './running.js'

const maxBatchSize = 4_000
/** Somebody may be watching a curve; the interval of the metrics, a minute by default, is for dashboards. */
const longestIntervalMillis = 5_000

/** Scalars on their way to the collector: they wait until it has them, or until the end of the process. */
export class ScalarOutlet implements Outlet {
  readonly sender: OtlpSender
  /** For the provider, whose flush and end are left to this outlet. */
  readonly reader: ScalarReader
  readonly #reader: AcknowledgedReader
  readonly #serialize: (metrics: object) => Uint8Array | undefined
  readonly #resource: object

  constructor({ environment, tracker, resource, sdk, senderTo }: Ingredients) {
    const { targets, metricIntervalMillis } = environment
    // As JSON, NaN becomes null, and the whole request is refused.
    this.sender = senderTo({ ...targets.metrics, protocol: 'http/protobuf' })
    this.#serialize = (metrics) => sdk.transformer.ProtobufMetricsSerializer.serializeRequest(metrics)
    this.#resource = resource
    const exporter = {
      export: (metrics: object, done: (result: { code: number; error?: unknown }) => void) =>
        void this.#send(metrics).then((answer) => done(resultOf(answer))),
      shutdown: async () => undefined,
    }
    const options = {
      exporter,
      tracker,
      maxBatchSize,
      exportIntervalMillis: Math.min(metricIntervalMillis, longestIntervalMillis),
      // The sender has its own, shorter one.
      exportTimeoutMillis: targets.metrics.timeoutMillis + 1_000,
    }
    this.#reader = new AcknowledgedReader(options, resource)
    const leave = async (): Promise<void> => undefined
    this.reader = { ...asReader(this.#reader), forceFlush: leave, shutdown: leave }
  }

  status(): QueueStatus {
    const { exported, pending, failed, expired, dropped } = this.#reader.status()
    return { accepted: exported + pending + failed, exported, failed, dropped: expired + dropped, pending }
  }

  async flush(): Promise<void> {
    await this.#reader.sending.untilDrained()
  }

  leftovers(hasTime: () => boolean): Leftovers {
    const { buffer } = this.#reader
    // What is on its way may not arrive; the receiver takes it twice.
    buffer.recall()
    const payloads: Leftover[] = []
    let count = 0
    while (hasTime()) {
      const batch = buffer.take(maxBatchSize)
      if (batch === undefined) break
      const payload = this.#bytes({ resource: this.#resource, scopeMetrics: scopeMetricsOf(batch) })
      buffer.takeOut(batch)
      if (payload === undefined) continue
      payloads.push({ target: this.sender.target, payload })
      count += batch.size
    }
    return { payloads, count, unwritten: buffer.pending - count }
  }

  settle(count: number, delivered: boolean): void {
    this.#reader.buffer.account(count, delivered)
  }

  abandon(): void {
    const lost = this.#reader.buffer.pending
    this.#reader.buffer.abandon()
    this.sender.abandon(lost)
  }

  close(): void {
    this.#reader.close()
  }

  async #send(metrics: object): Promise<Answer> {
    const payload = this.#bytes(metrics)
    // Nothing in it depends on when it is written.
    return payload === undefined
      ? { kind: 'refused', why: 'it cannot be written', status: 400 }
      : await this.sender.post(payload)
  }

  #bytes(metrics: object): Uint8Array | undefined {
    try {
      return this.#serialize(metrics)
    } catch {
      return undefined
    }
  }
}

function resultOf(answer: Answer): { code: number; error?: unknown } {
  if (answer.kind === 'delivered') return { code: 0 }
  const more = answer.kind === 'refused' ? { code: answer.status } : { retryAfterMillis: answer.afterMillis }
  return { code: 1, error: Object.assign(new Error(answer.why), more) }
}
