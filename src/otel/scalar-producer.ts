import { checkedOptions, type OptionChecks } from '../base/checked-options.js'
import { registrationBy, type SignalRegistration } from './registration.js'
import type { ScalarStatus } from './scalar-buffer.js'
import { type ScalarScopeMetrics, scopeMetricsOf } from './scalar-metrics.js'
import type { ResourceShape } from './scalar-reader.js'
import { countFrom, openScalarSource, type ScalarSourceOptions, sourceChecks } from './scalar-source.js'

export interface ScalarProducerOptions extends ScalarSourceOptions {
  /** Points that one collection takes at most; the rest stays for the next. @defaultValue 4000 */
  readonly maxBatchSize?: number | undefined
}

/** Fits `metricProducers` of a reader of yours, 2.x and 3.x. */
export interface ScalarProducer extends SignalRegistration {
  /** Here `exported` are those that a reader took: whether they arrived, nobody tells. */
  status(): ScalarStatus
  collect(): Promise<{
    resourceMetrics: { resource: ResourceShape; scopeMetrics: ScalarScopeMetrics[] }
    errors: unknown[]
  }>
}

const checks: OptionChecks<ScalarProducerOptions> = {
  ...sourceChecks,
  maxBatchSize: [countFrom(1), 'a number of at least 1'],
}

/** A reader passes over it, for that of its provider. */
const noResource: ResourceShape = Object.freeze({
  attributes: Object.freeze({}),
  merge: (other: ResourceShape | null) => other ?? noResource,
  getRawAttributes: () => [],
})

/**
 * Gives what `logScalars` is given to a reader of yours. Best effort: what a reader has taken is gone, also where its
 * export fails. {@link scalarReader} loses nothing.
 *
 * @throws UnderwayError OPTIONS_INVALID
 */
export function scalarProducer(given: ScalarProducerOptions = {}): ScalarProducer {
  const options = checkedOptions('scalarProducer', given, checks)
  const maxBatchSize = Math.floor(options.maxBatchSize ?? 4_000)
  const source = openScalarSource(options, 'scalarProducer', () => undefined)
  const registration = registrationBy(() => {
    source.end()
    source.buffer.abandon()
  })
  return {
    ...registration,
    status() {
      source.catchUp()
      return source.buffer.status()
    },
    async collect() {
      source.drain()
      const batch = source.buffer.take(maxBatchSize)
      const scopeMetrics = batch === undefined ? [] : scopeMetricsOf(batch)
      if (batch !== undefined) source.buffer.settle(batch, true)
      return { resourceMetrics: { resource: noResource, scopeMetrics }, errors: [] }
    },
  }
}
