import type * as otel from '@opentelemetry/api'
import { readOptions, toNumber } from '../activity/values.js'
import { checkedOptions, isFunction, isObject, type OptionChecks } from '../base/checked-options.js'
import type { Clock, Timer } from '../base/clock.js'
import { beforeDeadline } from '../base/deadline.js'
import { UnderwayError } from '../base/underway-error.js'
import { asOwnWork } from '../tracing/suppressed.js'
import type { ScalarBatch, ScalarBuffer, ScalarStatus } from './scalar-buffer.js'
import { answerOf, type ScalarAnswer, type ScalarExporter } from './scalar-delivery.js'
import { scopeMetricsOf } from './scalar-metrics.js'
import { ScalarSending } from './scalar-sending.js'
import {
  countFrom,
  openScalarSource,
  type ScalarSource,
  type ScalarSourceOptions,
  sourceChecks,
} from './scalar-source.js'

export interface ScalarReaderOptions extends ScalarSourceOptions {
  /** A metric exporter that writes protobuf, such as that of `@opentelemetry/exporter-metrics-otlp-proto`. */
  readonly exporter: ScalarExporter
  /** How long points wait at most for others to go with; a full request goes at once. @defaultValue 5000 */
  readonly exportIntervalMillis?: number | undefined
  /** How long the exporter may take for one request. @defaultValue 30000 */
  readonly exportTimeoutMillis?: number | undefined
  /** Points in one request. @defaultValue 4000 */
  readonly maxBatchSize?: number | undefined
}

/** The part of an SDK resource that is used. */
interface PendingResource {
  readonly asyncAttributesPending?: boolean | undefined
  waitForAsyncAttributes?(): Promise<void>
}

/** The shape of an SDK resource, for answers that the SDK's types look into. */
export interface ResourceShape {
  readonly attributes: otel.Attributes
  merge(other: ResourceShape | null): ResourceShape
  getRawAttributes(): [string, never][]
}

/** What the SDK gives to a reader: here only its resource is wanted. */
export interface ResourceSource {
  collect(options?: { timeoutMillis?: number }): Promise<{ readonly resourceMetrics: { readonly resource: object } }>
}

export interface ScalarReaderStatus extends ScalarStatus {
  /** Why the last request that failed did. */
  readonly lastError?: string
}

/** Fits `readers` of a `MeterProvider` and `metricReaders` of a `NodeSDK`, 2.x and 3.x. */
export interface ScalarReader {
  status(): ScalarReaderStatus
  setMetricProducer(producer: ResourceSource): void
  selectAggregation(instrument: string): { type: 1 }
  selectAggregationTemporality(instrument: string): 1
  selectCardinalityLimit(instrument: string): number
  /** The resource and no metrics: nothing leaves another way than by the exporter. */
  collect(): Promise<{ resourceMetrics: { resource: ResourceShape; scopeMetrics: never[] }; errors: unknown[] }>
  /** Sends what waits now, once; what fails, or takes longer, goes on waiting. Never rejects. */
  forceFlush(options?: { timeoutMillis?: number }): Promise<void>
  /** Sends what waits, once, gives up what fails or takes longer, and shuts the exporter down. Never rejects. */
  shutdown(options?: { timeoutMillis?: number }): Promise<void>
}

/** As often as a reader collects by default. */
const emptyingMillis = 60_000

const checks: OptionChecks<ScalarReaderOptions> = {
  ...sourceChecks,
  exporter: [
    (value) => isObject(value) && isFunction(value['export']) && isFunction(value['shutdown']),
    'a metric exporter, such as new OTLPMetricExporter()',
  ],
  exportIntervalMillis: [countFrom(1), 'a number of milliseconds'],
  exportTimeoutMillis: [countFrom(1), 'a number of milliseconds'],
  maxBatchSize: [countFrom(1), 'a number of at least 1'],
}

/**
 * Sends what `logScalars` is given as two gauges, `experiment.scalar` and `experiment.step`, with a point for each step.
 * Points are kept until the exporter has said that they arrived, and sent again with the same timestamps if not.
 *
 * @throws UnderwayError OPTIONS_INVALID
 */
export function scalarReader(options: ScalarReaderOptions): ScalarReader {
  const read = checkedOptions('scalarReader', options, checks)
  if (read.exporter === undefined)
    throw new UnderwayError('OPTIONS_INVALID', `scalarReader({ exporter }): expected ${checks.exporter[1]}`)
  return asReader(new AcknowledgedReader(read))
}

/** What the SDK, and its user, see of it. */
export function asReader(reader: AcknowledgedReader): ScalarReader {
  return {
    status: () => reader.status(),
    setMetricProducer: (producer) => reader.bind(producer),
    // Instruments are nothing to this reader: dropped, so that the SDK keeps no values for it.
    selectAggregation: () => ({ type: 1 }),
    selectAggregationTemporality: () => 1,
    selectCardinalityLimit: () => 1,
    collect: () => reader.collect(),
    forceFlush: (options) => reader.forceFlush(options),
    shutdown: (options) => reader.shutdown(options),
  }
}

/** Keeps points until the exporter has said that they arrived. */
export class AcknowledgedReader {
  readonly sending: ScalarSending
  readonly #exporter: ScalarExporter
  readonly #source: ScalarSource
  readonly #clock: Clock
  readonly #timeoutMillis: number
  #producer: ResourceSource | undefined
  #resource: object | undefined
  #emptying: Timer | undefined
  #shutdown: Promise<void> | undefined

  /** @param resource where it is known; else the provider is asked for it */
  constructor(options: ScalarReaderOptions, resource?: object) {
    this.#resource = resource
    this.#exporter = options.exporter
    this.#timeoutMillis = options.exportTimeoutMillis ?? 30_000
    this.#source = openScalarSource(options, 'scalarReader', () => this.sending.grown())
    const { clock, faults } = this.#source.lifecycle
    this.#clock = clock
    const sending = {
      exportIntervalMillis: options.exportIntervalMillis ?? 5_000,
      maxBatchSize: Math.floor(options.maxBatchSize ?? 4_000),
    }
    const port = { take: (size: number) => this.#take(size), attempt: (batch: ScalarBatch) => this.#attempt(batch) }
    this.sending = new ScalarSending(this.buffer, port, sending, clock, faults)
  }

  get buffer(): ScalarBuffer {
    return this.#source.buffer
  }

  status(): ScalarReaderStatus {
    this.#source.catchUp()
    const { lastError } = this.sending
    const status = this.buffer.status()
    return lastError === undefined ? status : { ...status, lastError }
  }

  bind(producer: ResourceSource): void {
    this.#producer = producer
    this.sending.start()
    if (this.#resource === undefined) this.#emptyLater(producer)
  }

  /**
   * Where views are in force, the SDK keeps what others collect for every reader until that reader has collected too:
   * without end for one that never does.
   */
  #emptyLater(producer: ResourceSource): void {
    this.#emptying?.cancel()
    this.#emptying = this.#clock.backgroundTimer(() => {
      this.#emptyLater(producer)
      asOwnWork(() => {
        void (async () => producer.collect({ timeoutMillis: this.#timeoutMillis }))().catch(() => undefined)
      })
    }, emptyingMillis)
  }

  async collect(): ReturnType<ScalarReader['collect']> {
    const resource = (await this.#resourceOf()) as ResourceShape
    return { resourceMetrics: { resource, scopeMetrics: [] }, errors: [] }
  }

  async forceFlush(options?: { timeoutMillis?: number }): Promise<void> {
    const { faults, intake } = this.#source.lifecycle
    const { timeoutMillis } = readOptions(faults, 'forceFlush(options)', options, ['timeoutMillis'])
    const limit = toNumber(intake, 'timeoutMillis', timeoutMillis)
    this.#source.drain()
    if (limit === undefined) await this.sending.drainAll()
    else await beforeDeadline(this.#clock, limit, () => this.sending.drainAll())
  }

  shutdown(options?: { timeoutMillis?: number }): Promise<void> {
    this.#shutdown ??= this.#end(options)
    return this.#shutdown
  }

  async #end(options: { timeoutMillis?: number } | undefined): Promise<void> {
    await this.forceFlush(options)
    this.close()
    try {
      await this.#exporter.shutdown()
    } catch (error) {
      this.#source.lifecycle.faults.count('signal.failed', 'scalarReader', error)
    }
  }

  /** Takes in no more, and gives up what waits. */
  close(): void {
    this.#emptying?.cancel()
    this.sending.stop()
    this.#source.end()
    this.buffer.abandon()
  }

  /** That of the provider. Asked for once, as asking makes the SDK read all instruments. */
  async #resourceOf(): Promise<object> {
    if (this.#resource !== undefined) return this.#resource
    if (this.#producer === undefined) throw new Error('scalarReader() is not among the readers of a MeterProvider')
    const { resource } = (await this.#producer.collect({ timeoutMillis: this.#timeoutMillis })).resourceMetrics
    const pending = resource as PendingResource
    if (pending.asyncAttributesPending === true) await pending.waitForAsyncAttributes?.()
    this.#resource = resource
    return resource
  }

  #take(size: number): ScalarBatch | undefined {
    this.#source.catchUp()
    return this.buffer.take(size)
  }

  #attempt(batch: ScalarBatch): Promise<ScalarAnswer> {
    return new Promise((resolve) => {
      const failed = (error: unknown): void => settle(answerOf({ code: 1, error }))
      const timer = this.#clock.backgroundTimer(
        () => settle({ kind: 'retry', why: `the exporter did not answer within ${this.#timeoutMillis} ms` }),
        this.#timeoutMillis,
      )
      const settle = (answer: ScalarAnswer): void => {
        timer.cancel()
        resolve(answer)
      }
      asOwnWork(() => {
        this.#resourceOf()
          .then((resource) => {
            const metrics = { resource, scopeMetrics: scopeMetricsOf(batch) }
            this.#exporter.export(metrics as never, (result) => settle(answerOf(result)))
          })
          .catch(failed)
      })
    })
  }
}
