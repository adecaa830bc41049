import type * as otel from '@opentelemetry/api'
import { attributeNames, labelNames, metricNames } from '../activity/semantic-conventions.js'
import type { EndedState } from '../activity/states.js'
import type { CounterRow } from '../tracker/counters.js'
import type { Lifecycle } from '../tracker/lifecycle.js'
import type { ActivityTracker } from '../tracker/tracker.js'
import { LabelSets, LabelValues, Sums } from './label-sets.js'
import { lookAtOpen } from './open-now.js'

/** Metrics that are read when somebody collects. */
export type Observed = Exclude<keyof typeof metricNames, 'duration' | 'queueDuration'>
export type Observe = (metric: Observed, value: number, labels?: otel.Attributes) => void

export const observedMetrics = (Object.keys(metricNames) as (keyof typeof metricNames)[]).filter(
  (key): key is Observed => metricNames[key].kind !== 'histogram',
)

const endedStates = [
  'completed',
  'failed',
  'cancelled',
  'skipped',
  'interrupted',
] as const satisfies readonly EndedState[]
const healthValues = { healthy: 0, warning: 1, error: 2 } as const
const maxRuns = 100

function openIn(row: CounterRow): { readonly planned: number; readonly running: number } {
  const ended = endedStates.reduce((sum, state) => sum + row[state], 0)
  const planned = row.created - row.started - row.withdrawn
  return { planned, running: row.created - ended - planned }
}

function ofModule(module: string): otel.Attributes {
  return { [attributeNames.module]: module }
}

/** Reads the whole tracker for one collection. Cumulative values come from counters that never pass a buffer. */
export class Observations {
  readonly #tracker: ActivityTracker
  readonly #lifecycle: Lifecycle
  readonly #endedSets: LabelSets
  readonly #activeSets = new LabelSets()
  readonly #startedSets = new LabelSets()
  readonly #modules = new LabelValues()
  readonly #registered = new LabelValues()
  readonly #runs = new LabelValues(maxRuns)
  #stepSeen = false

  /** @param endedSets shared with the durations, so that both have the same series */
  constructor(tracker: ActivityTracker, lifecycle: Lifecycle, endedSets: LabelSets) {
    this.#tracker = tracker
    this.#lifecycle = lifecycle
    this.#endedSets = endedSets
  }

  read(observe: Observe): void {
    this.#counters(observe)
    this.#openNow(observe)
    this.#errors(observe)
    this.#modulesUp(observe)
    const { feed, faults, lostExports, scalars } = this.#lifecycle
    observe('feedDropped', feed.dropped + scalars.dropped)
    for (const [signal, lost] of lostExports) observe('exportDropped', lost(), { [labelNames.signal]: signal })
    for (const [kind, count] of Object.entries(faults.toJSON()))
      observe('faults', count, { [labelNames.faultKind]: kind })
    const { step } = this.#tracker
    this.#stepSeen ||= step !== 0
    if (this.#stepSeen) observe('currentStep', step)
  }

  #counters(observe: Observe): void {
    const active = new Sums()
    const started = new Sums()
    const ended = new Sums()
    for (const row of this.#lifecycle.counters.rows()) {
      const { planned, running } = openIn(row)
      active.add(this.#activeSets.of(row, 'running'), running)
      if (planned > 0 || this.#activeSets.has(row, 'planned')) active.add(this.#activeSets.of(row, 'planned'), planned)
      started.add(this.#startedSets.of(row), row.started)
      for (const state of endedStates) if (row[state] > 0) ended.add(this.#endedSets.of(row, state), row[state])
    }
    for (const [labels, value] of active) observe('active', value, labels)
    for (const [labels, value] of started) observe('started', value, labels)
    for (const [labels, value] of ended) observe('ended', value, labels)
  }

  #openNow(observe: Observe): void {
    const { open, clock, counters } = this.#lifecycle
    const now = lookAtOpen(open, clock.monotonicMillis(), this.#modules, this.#runs)
    for (const [module, millis] of now.ageMillis) observe('oldestAge', millis / 1_000, ofModule(module))
    for (const [module, millis] of now.silenceMillis) observe('silenceMax', millis / 1_000, ofModule(module))
    for (const [run, count] of now.runsOpen) observe('runsOpen', count, { [labelNames.run]: run })
    for (const [run, ratio] of now.runProgress) observe('runProgress', ratio, { [labelNames.run]: run })
    observe('quiescent', counters.whole.open === 0 ? 1 : 0)
  }

  #errors(observe: Observe): void {
    const { errors } = this.#lifecycle
    for (const { module, type, severity, count } of errors.counts()) {
      observe('errors', count, {
        [attributeNames.module]: module,
        [attributeNames.errorType]: type,
        [attributeNames.severity]: severity,
      })
    }
    observe('errorHealth', healthValues[errors.health().status])
  }

  #modulesUp(observe: Observe): void {
    const up = new Map<string, number>()
    for (const { name, state } of this.#tracker.modules()) {
      const module = this.#registered.of(name)
      // Of modules that share "(other)" one that is down is what matters.
      up.set(module, Math.min(up.get(module) ?? 1, state === 'up' ? 1 : 0))
    }
    for (const [module, value] of up) observe('moduleUp', value, ofModule(module))
  }
}
