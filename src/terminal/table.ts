import type { Paint } from './paint.js'
import { cut, widthOf } from './text.js'

/** One cell: what it says, and how it is drawn once it has its width. */
export interface Cell {
  readonly text: string
  readonly draw?: ((fitted: string) => string) | undefined
  /** Draws a picture of the width instead of a text. */
  readonly picture?: ((width: number) => string) | undefined
}

export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
  /** What it needs at least; wider texts widen it up to `max`. */
  readonly min?: number
  readonly max?: number
  /** Takes so many shares of what is left over, up to `max`. */
  readonly grows?: number
  /** The higher, the sooner it is left out where there is no room. 0 stays. */
  readonly priority: number
}

const gap = 2

interface Fitted {
  readonly column: Column
  readonly at: number
  width: number
}

/** Chooses the columns for which there is room, gives each its width, and draws the lines, the titles first. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  width: number,
  paint: Paint,
): string[] {
  const fitted = fitColumns(columns, rows, width)
  const title = fitted.map((entry) =>
    place(entry, { text: entry.column.title, draw: (text) => paint.dim(text) }, paint),
  )
  const lines = rows.map((cells) => fitted.map((entry) => place(entry, cells[entry.at] ?? { text: '' }, paint)))
  return [title, ...lines].map((cells) => cells.join(' '.repeat(gap)).trimEnd())
}

function fitColumns(columns: readonly Column[], rows: readonly (readonly Cell[])[], width: number): Fitted[] {
  const natural = columns.map((column, at): Fitted => {
    const widest = rows.reduce((most, cells) => Math.max(most, widthOf(cells[at]?.text ?? '')), widthOf(column.title))
    return {
      column,
      at,
      width: Math.min(Math.max(column.min ?? 0, column.grows === undefined ? widest : 0), column.max ?? widest),
    }
  })
  const kept = [...natural]
  const used = (): number => kept.reduce((sum, entry) => sum + entry.width + gap, -gap)
  while (used() > width && kept.length > 1) {
    const worst = Math.max(...kept.map(({ column }) => column.priority))
    if (worst === 0) break
    kept.splice(
      kept.findLastIndex(({ column }) => column.priority === worst),
      1,
    )
  }
  const first = kept[0]
  if (used() > width && first !== undefined) first.width = Math.max(first.width - (used() - width), 1)
  share(kept, width - used())
  return kept
}

function share(kept: readonly Fitted[], over: number): void {
  let left = over
  const growing = kept.filter(({ column }) => column.grows !== undefined)
  let shares = growing.reduce((sum, { column }) => sum + (column.grows ?? 0), 0)
  for (const entry of growing) {
    const { grows = 0, max = Number.POSITIVE_INFINITY } = entry.column
    const added = Math.max(Math.min(Math.floor((left * grows) / shares), max - entry.width), 0)
    entry.width += added
    left -= added
    shares -= grows
  }
}

function place({ column, width }: Fitted, cell: Cell, paint: Paint): string {
  if (cell.picture !== undefined) return cell.picture(width)
  const text = cut(cell.text, width, paint.cutMark)
  const spaces = ' '.repeat(Math.max(width - widthOf(text), 0))
  const drawn = cell.draw?.(text) ?? text
  return column.align === 'right' ? spaces + drawn : drawn + spaces
}

/** Left and right on one line; the right gives way where there is no room for both. */
export function spread(left: string, right: string, width: number): string {
  const room = width - widthOf(left) - widthOf(right)
  return room >= gap ? left + ' '.repeat(room) + right : left
}

/** As many parts as fit, in order of importance. */
export function joined(parts: readonly string[], width: number, between = '   '): string {
  let line = ''
  for (const part of parts) {
    const next = line === '' ? part : line + between + part
    if (widthOf(next) > width) continue
    line = next
  }
  return line
}
