import type { ScalarEntry } from '../tracker/scalars.js'
import { message, text, varint } from './protobuf.js'

/** The metric that all others are drawn against. W&B's own step counts rows, and only ever grows. */
const stepMetric = 'experiment/step'

/** What W&B and this package say of a row themselves, and what a scalar of such a name is called. */
const ownName = new RegExp(`^(scalar/)*(_step|_timestamp|_runtime|_wandb|${stepMetric})$`)

/** Fields of W&B's `Record`; each kind of record is the field of its own. */
const fields = { history: 2, summary: 3, metric: 12, run: 17, exit: 18, header: 21 } as const

export interface WandbRun {
  readonly id: string
  readonly name: string
  readonly project: string
  readonly startedAtMillis: number
}

/** The numbers of a row as JSON, where NaN and the infinities are the bare words that Python's JSON has. */
export type Row = Readonly<Record<string, string>>

function keyOf(scalar: string): string {
  return ownName.test(scalar) ? `scalar/${scalar}` : scalar
}

function itemsOf(row: Iterable<readonly [string, string]>): Uint8Array[] {
  return Array.from(row, ([key, json]) => message(1, text(2, key), text(16, json)))
}

/** @param number how many rows the run has before this one */
function rowOf({ startedAtMillis }: WandbRun, { step, at, values }: ScalarEntry, number: number): Row {
  const scalars = Object.entries(values).map(([scalar, value]) => [keyOf(scalar), String(value)] as const)
  return {
    ...Object.fromEntries(scalars),
    [stepMetric]: String(step),
    _step: String(number),
    _timestamp: String(at / 1_000),
    _runtime: String(Math.max(at - startedAtMillis, 0) / 1_000),
  }
}

function record(kind: keyof typeof fields, number: number, ...content: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([varint(1, BigInt(number)), message(fields[kind], ...content)])
}

/** What stands before the rows; three records. @param producer who writes */
export function runRecords({ id, name, project, startedAtMillis }: WandbRun, producer: string): readonly Uint8Array[] {
  const startedAt = [
    varint(1, BigInt(Math.floor(startedAtMillis / 1_000))),
    varint(2, BigInt(Math.round((startedAtMillis % 1_000) * 1e6))),
  ]
  return [
    record('header', 1, message(1, text(1, producer))),
    record('run', 2, text(1, id), text(3, project), text(8, name), message(17, ...startedAt)),
    // Every metric is drawn against the step, and a row that has a metric has the step beside it.
    record('metric', 3, text(2, '*'), text(4, stepMetric), message(6, varint(1, 1n), varint(3, 1n))),
  ]
}

/** Rows of entries. @param before how many rows the run has */
export function rowsOf(run: WandbRun, entries: readonly ScalarEntry[], before: number): readonly Row[] {
  return entries.map((entry, index) => rowOf(run, entry, before + index))
}

export function rowRecords(rows: readonly Row[], before: number): readonly Uint8Array[] {
  return rows.map((row, index) =>
    record(
      'history',
      before + index + 4,
      ...itemsOf(Object.entries(row)),
      message(2, varint(1, BigInt(before + index))),
    ),
  )
}

/** What the run came to, and that it is over; well, as far as somebody knows who only writes scalars. */
export function endRecords(latest: ReadonlyMap<string, string>, rows: number): readonly Uint8Array[] {
  return [record('summary', rows + 4, ...itemsOf(latest)), record('exit', rows + 5, varint(1, 0n))]
}
