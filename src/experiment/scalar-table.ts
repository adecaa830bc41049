import type { ScalarEntry } from '../tracker/scalars.js'
import { clip, plain } from './message-text.js'

interface Row {
  readonly run: string
  readonly step: number
  readonly values: Map<string, number>
}

const maxCell = 24

/** One row for each run and step, in the order in which they came; of a value that came twice, the last. */
function rowsOf(entries: readonly ScalarEntry[]): readonly Row[] {
  const rows = new Map<string, Row>()
  for (const { run, step, values } of entries) {
    const key = `${step} ${run}`
    const row = rows.get(key) ?? { run, step, values: new Map<string, number>() }
    rows.set(key, row)
    for (const [name, value] of Object.entries(values)) row.values.set(name, value)
  }
  return [...rows.values()]
}

/** Short, and the same wherever it is shown. */
function shownNumber(value: number | undefined): string {
  if (value === undefined) return ''
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? String(value) : String(Number(value.toPrecision(6)))
}

function shownText(text: string): string {
  return clip(plain(text).replace(/\s+/g, ' '), maxCell)
}

/** Scalars as a table without a line end, and what did not find a place in it. */
export function scalarTable(entries: readonly ScalarEntry[], maxRows: number, maxColumns: number): string {
  const all = rowsOf(entries)
  const rows = all.slice(-maxRows)
  const names = [...new Set(rows.flatMap(({ values }) => [...values.keys()]))]
  const columns = names.slice(0, maxColumns)
  const cells = [
    ['run', 'step', ...columns.map(shownText)],
    ...rows.map(({ run, step, values }) => [
      shownText(run),
      shownNumber(step),
      ...columns.map((name) => shownNumber(values.get(name))),
    ]),
  ]
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  const lines = cells.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
  const missing = [
    ...(rows.length < all.length ? [`${all.length - rows.length} earlier rows`] : []),
    ...(columns.length < names.length ? [`${names.length - columns.length} more scalars`] : []),
  ]
  return [...lines, ...(missing.length > 0 ? [`… and ${missing.join(', ')}`] : [])].join('\n')
}
