import * as otel from '@opentelemetry/api'
import { durationBuckets, type MetricDescription, metricNames, scopeName } from '../activity/semantic-conventions.js'
import { checkedOptions, isFunction, isObject, type OptionChecks } from '../base/checked-options.js'
import { guarded } from '../base/faults.js'
import { version } from '../base/version.js'
import { lifecycleFor } from '../instrument/connect.js'
import { asOwnWork } from '../tracing/suppressed.js'
import { getTracker } from '../tracker/default-tracker.js'
import type { Lifecycle } from '../tracker/lifecycle.js'
import { type ActivityTracker, trackerCheck } from '../tracker/tracker.js'
import { LabelSets, RowLabels } from './label-sets.js'
import { Observations, type Observed, observedMetrics } from './observations.js'
import { Registrations, registrationBy, type SignalRegistration } from './registration.js'

export interface InstrumentsOptions {
  /** @defaultValue the default tracker */
  readonly tracker?: ActivityTracker | undefined
  /** @defaultValue a meter of the global MeterProvider, which must be registered before */
  readonly meter?: otel.Meter | undefined
}

/** Under this key all 1.x copies of the api keep what is registered. */
const apiKey: unique symbol = Symbol.for('opentelemetry.js.api.1') as never

/** Instruments of a meter that was asked for before its provider came stay silent for ever. */
function globalMeter(lifecycle: Lifecycle): otel.Meter {
  const registered = (globalThis as { [apiKey]?: { metrics?: unknown } })[apiKey]?.metrics
  if (registered === undefined) lifecycle.faults.count('signal.missing', 'registerInstruments()')
  return otel.metrics.getMeter(scopeName, version)
}

function meterFor(given: otel.Meter | undefined, lifecycle: Lifecycle): otel.Meter {
  return given ?? globalMeter(lifecycle)
}

const checks: OptionChecks<InstrumentsOptions> = {
  tracker: trackerCheck,
  meter: [
    (value) => isObject(value) && isFunction(value['addBatchObservableCallback']),
    'what metrics.getMeter(name) returns',
  ],
}

const registrations = new Registrations()

/**
 * Makes the metrics of a tracker. Counters and gauges are read when a reader collects; durations are recorded after the
 * calls in which work ended, at the latest before the next collection. Registering the same tracker and meter again
 * changes nothing.
 *
 * @throws UnderwayError OPTIONS_INVALID
 */
export function registerInstruments(given: InstrumentsOptions = {}): SignalRegistration {
  const options = checkedOptions('registerInstruments', given, checks)
  const tracker = options.tracker ?? getTracker()
  const lifecycle = lifecycleFor(tracker, undefined)
  const meter = meterFor(options.meter, lifecycle)
  return registrations.of(lifecycle, meter, () => registrationBy(connect(tracker, lifecycle, meter)))
}

/** Whether a tracker has been registered, with whatever meter. */
export function hasInstruments(tracker: ActivityTracker): boolean {
  return registrations.has(lifecycleFor(tracker, undefined))
}

function connect(tracker: ActivityTracker, lifecycle: Lifecycle, meter: otel.Meter): () => void {
  const endedSets = new LabelSets()
  const stopDurations = recordDurations(lifecycle, meter, endedSets)
  const observations = new Observations(tracker, lifecycle, endedSets)
  const made = new Map(observedMetrics.map((key) => [key, observable(meter, metricNames[key])] as const))
  const collect: otel.BatchObservableCallback = (result) =>
    guarded(lifecycle.faults, 'signal.failed', 'metrics', undefined, () => {
      lifecycle.durations.flush()
      observations.read((key: Observed, value, labels) => {
        const instrument = made.get(key)
        if (instrument !== undefined) result.observe(instrument, value, labels)
      })
    })
  const all = [...made.values()]
  meter.addBatchObservableCallback(collect, all)
  return () => {
    stopDurations()
    meter.removeBatchObservableCallback(collect, all)
  }
}

function observable(meter: otel.Meter, { name, kind, unit, description }: MetricDescription): otel.Observable {
  const valueType = unit.startsWith('{') ? otel.ValueType.INT : otel.ValueType.DOUBLE
  const options: otel.MetricOptions = { unit, description, valueType }
  switch (kind) {
    case 'counter':
      return meter.createObservableCounter(name, options)
    case 'upDownCounter':
      return meter.createObservableUpDownCounter(name, options)
    case 'gauge':
    case 'histogram':
      return meter.createObservableGauge(name, options)
  }
}

function histogram(meter: otel.Meter, { name, unit, description }: MetricDescription): otel.Histogram {
  return meter.createHistogram(name, { unit, description, advice: { explicitBucketBoundaries: [...durationBuckets] } })
}

function recordDurations(lifecycle: Lifecycle, meter: otel.Meter, endedSets: LabelSets): () => void {
  const duration = histogram(meter, metricNames.duration)
  const queueDuration = histogram(meter, metricNames.queueDuration)
  const endedLabels = new RowLabels(endedSets)
  const queueLabels = new RowLabels(new LabelSets())
  return lifecycle.durations.listen((samples) =>
    asOwnWork(() => {
      for (const { row, state, millis } of samples) {
        if (state === undefined) queueDuration.record(millis / 1_000, queueLabels.of(row, state))
        else duration.record(millis / 1_000, endedLabels.of(row, state))
      }
    }),
  )
}
