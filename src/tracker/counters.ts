import type { ActivityRecord } from '../activity/record.js'
import { overflowName } from '../activity/semantic-conventions.js'
import type { EndedState } from '../activity/states.js'
import type { Faults } from '../base/faults.js'
import { OpenList } from './open-list.js'
import { type SubtreeTally, Tally } from './tally.js'

/** Columns of a counter row, in the order in which they lie in the buffer. All of them only ever grow. */
export const counterColumns = [
  'created',
  'started',
  'withdrawn',
  'completed',
  'failed',
  'cancelled',
  'skipped',
  'interrupted',
] as const
export type CounterColumn = (typeof counterColumns)[number]

export const columnOf = Object.fromEntries(counterColumns.map((name, index) => [name, index])) as Record<
  CounterColumn,
  number
>
const width = counterColumns.length
const rowLimit = 10_000
const overflowKey = keyOf(overflowName, undefined, overflowName)

function keyOf(module: string, group: string | undefined, type: string): string {
  return `${module}\u0000${group ?? ''}\u0000${type}\u0000${group === undefined ? 0 : 1}`
}

/** One row of counters as plain JSON. `withdrawn` ended without ever having started. */
export interface CounterRow extends Readonly<Record<CounterColumn, number>> {
  readonly module: string
  readonly group?: string
  readonly type: string
}

/** What one combination of module, group and type counts into. Resolved once and kept by the caller. */
export class Row {
  readonly index: number
  readonly module: Tally
  readonly group: Tally | undefined
  readonly type: Tally

  constructor(index: number, module: Tally, group: Tally | undefined, type: Tally) {
    this.index = index
    this.module = module
    this.group = group
    this.type = type
  }
}

/** The one copy that V8 keeps of a text used as a key: looked up by another copy, a name is compared letter by letter. */
function interned(name: string): string {
  return Object.keys({ [name]: true })[0] ?? name
}

/** Tallies by name. */
class Tallies {
  readonly #byName = new Map<string, Tally>()
  /** What was asked for last: whoever waits for one asks for the same again and again. */
  #latest: Tally | undefined = undefined
  #sorted: Tally[] = []
  readonly #unsorted: Tally[] = []

  /** @param keep `false`: a name that nothing came into is answered with an empty tally and not remembered */
  named(name: string, keep = true): Tally {
    if (name === this.#latest?.name) return this.#latest
    const known = this.#byName.get(name)
    if (known !== undefined) {
      this.#latest = known
      return known
    }
    const made = new Tally(keep ? interned(name) : name)
    if (keep) {
      this.#byName.set(made.name, made)
      this.#unsorted.push(made)
    }
    return made
  }

  /** By name. A list is walked in a fraction of the time that the map takes. */
  all(): readonly Tally[] {
    if (this.#unsorted.length > 0) {
      // What is sorted already is one run, which the sort of V8 only merges.
      this.#sorted = [...this.#sorted, ...this.#unsorted.splice(0).sort(byName)].sort(byName)
    }
    return this.#sorted
  }
}

function byName(a: Tally, b: Tally): number {
  return a.name < b.name ? -1 : 1
}

/** The counters of a tracker: rows of doubles in one buffer, and tallies of what is open per module, group and type. */
export class Counters {
  readonly whole = new Tally('whole')
  readonly open = new OpenList()
  readonly modules = new Tallies()
  readonly groups = new Tallies()
  readonly types = new Tallies()
  /** Some activities are counted as "(other)", so the tallies by name no longer hold all of theirs. */
  overflowed = false
  readonly #rows = new Map<string, Row>()
  /** Most starts follow one of the same kind. */
  #last: Row | undefined = undefined
  readonly #faults: Faults
  readonly #fixed: boolean
  #cells: Float64Array

  /** @param buffer where the counters lie, for instance a SharedArrayBuffer; 64 bytes per row. @defaultValue a buffer that grows */
  constructor(faults: Faults, buffer?: ArrayBuffer | SharedArrayBuffer) {
    this.#faults = faults
    this.#fixed = buffer !== undefined
    this.#cells = new Float64Array(buffer ?? new ArrayBuffer(16 * width * 8))
  }

  row(module: string, group: string | undefined, type: string): Row {
    const last = this.#last
    if (last?.module.name === module && last.group?.name === group && last.type.name === type) return last
    const key = keyOf(module, group, type)
    this.#last = this.#rows.get(key) ?? this.#addRow(key, module, group, type)
    return this.#last
  }

  #addRow(key: string, module: string, group: string | undefined, type: string): Row {
    const index = this.#rows.size
    const limit = this.#fixed ? Math.floor(this.#cells.length / width) : rowLimit
    if (index >= limit - 1 && key !== overflowKey) {
      this.overflowed = true
      this.#faults.count('rows.overflow', module)
      return this.row(overflowName, undefined, overflowName)
    }
    this.#reserve(index)
    const row = new Row(
      index,
      this.modules.named(module),
      group === undefined ? undefined : this.groups.named(group),
      this.types.named(type),
    )
    this.#rows.set(key, row)
    return row
  }

  #reserve(index: number): void {
    if (this.#fixed || (index + 1) * width <= this.#cells.length) return
    const larger = new Float64Array(this.#cells.length * 2)
    larger.set(this.#cells)
    this.#cells = larger
  }

  /**
   * From here on the activity is open: in the list, in its row and in every tally. All of it or, where the stack has no
   * room, nothing: therefore without a call in between.
   */
  entered(record: ActivityRecord, asPlanned: boolean, depth: number, subtree: SubtreeTally | undefined): void {
    const cells = this.#cells
    const { index, module, group, type } = record.shared.row as Row
    const { whole, open } = this
    const planned = asPlanned ? 1 : 0
    const begun = 1 - planned
    const cell = index * width
    cells[cell] = (cells[cell] as number) + 1
    cells[cell + 1] = (cells[cell + 1] as number) + begun
    whole.created += 1
    whole.open += 1
    whole.planned += planned
    whole.begun += begun
    module.created += 1
    module.open += 1
    module.planned += planned
    module.begun += begun
    type.created += 1
    type.open += 1
    type.planned += planned
    type.begun += begun
    if (group !== undefined) {
      group.created += 1
      group.open += 1
      group.planned += planned
      group.begun += begun
    }
    for (let tally = subtree; tally !== undefined; tally = tally.outer) {
      tally.created += 1
      tally.open += 1
      tally.planned += planned
      tally.begun += begun
    }
    const { newest } = open
    record.previous = newest
    open.newest = record
    if (newest === undefined) {
      open.oldest = record
      open.deepest = depth
    } else {
      newest.next = record
      if (depth > open.deepest) open.deepest = depth
    }
  }

  /** It is open no more, in the same way: all of it or nothing.  @param column that of the state */
  left(
    record: ActivityRecord,
    state: EndedState,
    asPlanned: boolean,
    column: number,
    subtree: SubtreeTally | undefined,
  ): void {
    const cells = this.#cells
    const { index, module, group, type } = record.shared.row as Row
    const { whole, open } = this
    const planned = asPlanned ? 1 : 0
    const cell = index * width
    // Planned work that is done has started, and other planned work that ends was withdrawn.
    const other = cell + (state === 'completed' ? 1 : 2)
    cells[other] = (cells[other] as number) + planned
    cells[cell + column] = (cells[cell + column] as number) + 1
    type.open -= 1
    type.planned -= planned
    if (group !== undefined) {
      group.open -= 1
      group.planned -= planned
    }
    module.open -= 1
    module.planned -= planned
    whole.open -= 1
    whole.planned -= planned
    for (let tally = subtree; tally !== undefined; tally = tally.outer) {
      tally.open -= 1
      tally.planned -= planned
    }
    const { previous, next } = record
    if (previous === undefined) open.oldest = next
    else previous.next = next
    if (next === undefined) open.newest = previous
    else next.previous = previous
    record.previous = undefined
    record.next = undefined
    record.state = state
  }

  /** Whoever watches where the activity was counted learns that it has ended. */
  tell(record: ActivityRecord, subtree: SubtreeTally | undefined): void {
    const { type, group, module } = record.shared.row as Row
    type.watcher?.changed(record)
    group?.watcher?.changed(record)
    module.watcher?.changed(record)
    this.whole.watcher?.changed(record)
    for (let tally = subtree; tally !== undefined; tally = tally.outer) tally.watcher?.changed(record)
  }

  started(row: Row, record: ActivityRecord): void {
    const cell = row.index * width + columnOf.started
    this.#cells[cell] = (this.#cells[cell] as number) + 1
    row.type.begin(record)
    row.group?.begin(record)
    row.module.begin(record)
    this.whole.begin(record)
  }

  updated(row: Row): void {
    row.type.update()
    row.group?.update()
    row.module.update()
    this.whole.update()
  }

  rows(): CounterRow[] {
    return [...this.#rows.values()].map((row) => {
      const counts = Object.fromEntries(
        counterColumns.map((name, column) => [name, this.#cells[row.index * width + column] ?? 0]),
      )
      const { module, group, type } = row
      return {
        module: module.name,
        ...(group === undefined ? {} : { group: group.name }),
        type: type.name,
        ...(counts as Record<CounterColumn, number>),
      }
    })
  }

  /** Sums over all rows. */
  totals(): Record<CounterColumn, number> {
    const totals = Object.fromEntries(counterColumns.map((name) => [name, 0])) as Record<CounterColumn, number>
    for (const row of this.rows()) {
      for (const name of counterColumns) totals[name] += row[name]
    }
    return totals
  }
}
