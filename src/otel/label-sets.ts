import type * as otel from '@opentelemetry/api'
import { attributeNames as names, overflowName } from '../activity/semantic-conventions.js'
import type { ActivityState } from '../activity/states.js'
import type { Row } from '../tracker/counters.js'

/** What one series is about. */
export interface Where {
  readonly module: string
  readonly group?: string | undefined
  readonly type: string
}

/** Below the 2,000 series at which the SDK itself begins to merge, with room for ours. */
const maxSeries = 1_900

/**
 * The labels of series, one object for each, first come first served: what comes once the bound is reached shares the
 * series "(other)", of which there is one for each state.
 */
export class LabelSets {
  readonly #sets = new Map<string, otel.Attributes>()
  readonly #max: number

  constructor(max: number = maxSeries) {
    this.#max = max
  }

  has(where: Where, state: ActivityState): boolean {
    return this.#sets.has(keyOf(where, state))
  }

  of(where: Where, state?: ActivityState): otel.Attributes {
    const key = keyOf(where, state)
    const known = this.#sets.get(key)
    if (known !== undefined) return known
    if (this.#sets.size >= this.#max && !isOverflow(where))
      return this.of({ module: overflowName, type: overflowName }, state)
    const { module, group, type } = where
    const labels: otel.Attributes = { [names.module]: module, [names.type]: type }
    if (group !== undefined) labels[names.group] = group
    if (state !== undefined) labels[names.state] = state
    this.#sets.set(key, labels)
    return labels
  }
}

function isOverflow({ module, group, type }: Where): boolean {
  return module === overflowName && type === overflowName && group === undefined
}

function keyOf({ module, group, type }: Where, state: ActivityState | undefined): string {
  return `${module}\u0000${group === undefined ? '' : `+${group}`}\u0000${type}\u0000${state ?? ''}`
}

/** The labels of the tracker's rows, without putting a key together for each sample. */
export class RowLabels {
  readonly #sets: LabelSets
  readonly #known = new WeakMap<Row, Map<ActivityState | undefined, otel.Attributes>>()

  constructor(sets: LabelSets) {
    this.#sets = sets
  }

  of(row: Row, state: ActivityState | undefined): otel.Attributes {
    let byState = this.#known.get(row)
    if (byState === undefined) this.#known.set(row, (byState = new Map()))
    const known = byState.get(state)
    if (known !== undefined) return known
    const { module, group, type } = row
    const labels = this.#sets.of({ module: module.name, group: group?.name, type: type.name }, state)
    byState.set(state, labels)
    return labels
  }
}

/** The values of one label: a bounded number, then "(other)". */
export class LabelValues {
  readonly #known = new Set<string>()
  readonly #max: number

  constructor(max: number = maxSeries) {
    this.#max = max
  }

  of(name: string): string {
    if (this.#known.has(name)) return name
    const label = this.#known.size < this.#max ? name : overflowName
    this.#known.add(label)
    return label
  }

  /** Those that were given out. */
  [Symbol.iterator](): Iterator<string> {
    return this.#known.values()
  }
}

/** Adds up what falls into one series: of several observations of it the SDK would keep one. */
export class Sums {
  readonly #sums = new Map<otel.Attributes, number>()

  add(labels: otel.Attributes, value: number): void {
    this.#sums.set(labels, (this.#sums.get(labels) ?? 0) + value)
  }

  [Symbol.iterator](): Iterator<[otel.Attributes, number]> {
    return this.#sums.entries()
  }
}
