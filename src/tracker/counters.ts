import type { ActivityRecord } from '../activity/record.js'
import { overflowName } from '../activity/semantic-conventions.js'
import type { EndedState } from '../activity/states.js'
import type { Faults } from '../base/faults.js'
import { Tally } from './tally.js'

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

const columnOf = Object.fromEntries(counterColumns.map((name, index) => [name, index])) as Record<CounterColumn, number>
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

  /** @param keep `false`: a name that nothing came into is answered with an empty tally and not remembered */
  named(name: string, keep = true): Tally {
    const known = this.#byName.get(name)
    if (known !== undefined) return known
    const made = new Tally(keep ? interned(name) : name)
    if (keep) this.#byName.set(made.name, made)
    return made
  }

  all(): Iterable<Tally> {
    return this.#byName.values()
  }
}

/** The counters of a tracker: rows of doubles in one buffer, and tallies of what is open per module, group and type. */
export class Counters {
  readonly whole = new Tally('whole')
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

  #add(row: Row, column: number): void {
    const cell = row.index * width + column
    this.#cells[cell] = (this.#cells[cell] as number) + 1
  }

  created(row: Row, asPlanned: boolean): void {
    this.#add(row, columnOf.created)
    if (!asPlanned) this.#add(row, columnOf.started)
    this.whole.enter(asPlanned)
    row.module.enter(asPlanned)
    row.group?.enter(asPlanned)
    row.type.enter(asPlanned)
  }

  started(row: Row, record: ActivityRecord): void {
    this.#add(row, columnOf.started)
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

  ended(row: Row, record: ActivityRecord, state: EndedState, asPlanned: boolean): void {
    if (asPlanned) this.#add(row, state === 'completed' ? columnOf.started : columnOf.withdrawn)
    this.#add(row, columnOf[state])
    row.type.leave(asPlanned, record)
    row.group?.leave(asPlanned, record)
    row.module.leave(asPlanned, record)
    this.whole.leave(asPlanned, record)
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
