import { count, duration, elapsed, rate } from './format.js'
import type { Frame } from './frame.js'
import { endedIn, type OpenItem, type Row, shareOf, type ViewModel } from './model.js'
import type { Paint, Tone } from './paint.js'
import { type Cell, type Column, tableLines } from './table.js'
import { oneLine } from './text.js'

const columns: readonly Column[] = [
  { title: 'module', min: 6, max: 24, priority: 0 },
  { title: 'state', min: 9, max: 16, priority: 0 },
  { title: 'progress', min: 8, max: 20, grows: 1, priority: 4 },
  { title: 'done', align: 'right', min: 4, priority: 1 },
  { title: 'rate', align: 'right', min: 6, priority: 3 },
  { title: 'eta', align: 'right', min: 4, max: 8, priority: 5 },
  { title: 'failed', align: 'right', priority: 6 },
  { title: 'doing', min: 12, max: 72, grows: 4, priority: 2 },
]

/** After so long without a word it is worth saying for how long. */
const silentAfterMillis = 10_000
const ageShownAfterMillis = 2_000

/** The modules, as many as there is room for: groups folded into one line if that helps, the busiest first if it does not. */
export function moduleLines(model: ViewModel, frame: Frame, paint: Paint, width: number, room: number): string[] {
  const rows = [...model.rows.values()]
  if (rows.length === 0 || room < 2) return []
  const single = rows.map((row) => ({ name: row.name, rows: [row] }))
  const lines = single.length < room ? single : folded(rows)
  const hidden = lines.length < room ? 0 : lines.length - room + 2
  const shown = hidden === 0 ? lines : lines.toSorted(byImportance).slice(0, Math.max(room - 2, 1))
  const table = tableLines(
    columns,
    shown.map((line) => cells(line, model.run?.item, frame, paint)),
    width,
    paint,
  )
  return hidden === 0 ? table : [...table, paint.dim(`${paint.cutMark} and ${count(hidden)} more`)]
}

/** One line of the table: a module, or a whole group of them. */
interface Line {
  readonly name: string
  readonly rows: readonly Row[]
}

function folded(rows: readonly Row[]): Line[] {
  const lines = new Map<string, Row[]>()
  for (const row of rows) {
    const key = row.group ?? row.name
    const members = lines.get(key)
    if (members === undefined) lines.set(key, [row])
    else members.push(row)
  }
  return [...lines].map(([name, members]) => ({ name, rows: members }))
}

function sum(line: Line, of: (row: Row) => number): number {
  return line.rows.reduce((total, row) => total + of(row), 0)
}

function byImportance(a: Line, b: Line): number {
  const down =
    Number(b.rows.some((row) => row.down !== undefined)) - Number(a.rows.some((row) => row.down !== undefined))
  return down || sum(b, (row) => row.open.size) - sum(a, (row) => row.open.size) || sum(b, endedIn) - sum(a, endedIn)
}

function cells(line: Line, run: OpenItem | undefined, frame: Frame, paint: Paint): Cell[] {
  const { now } = frame
  const item = oldestWithTotal(line, run)
  const progress = item?.progress ?? line.rows.map((row) => row.finished).find((finished) => finished !== undefined)
  const share = shareOf({ progress })
  const done =
    progress?.done !== undefined && progress.total !== undefined
      ? `${count(progress.done)}/${count(progress.total)}`
      : count(sum(line, endedIn))
  const perSecond = item === undefined ? sum(line, (row) => row.rate.perSecond(now)) : item.pace.perSecond(now)
  const left = item?.progress?.total === undefined ? undefined : item.pace.remainingMillis(now, item.progress.total)
  const failed = sum(line, (row) => row.failed)
  const tone = toneOf(line)
  const members = line.rows.length === 1 ? '' : ` (${line.rows.length})`
  return [
    { text: oneLine(line.name) + members },
    { text: paint.plainState(tone), draw: (text) => paint.tinted(tone, text) },
    {
      text: '',
      picture: (width) =>
        share === undefined ? activity(line, now, width, paint) : paint.bar(share, width, 'running'),
    },
    { text: done, draw: done === '0' ? (text) => paint.dim(text) : undefined },
    { text: rate(perSecond), draw: (text) => paint.dim(text) },
    { text: left === undefined || (share ?? 0) >= 1 ? '' : elapsed(left), draw: (text) => paint.dim(text) },
    { text: count(failed), draw: (text) => (failed > 0 ? paint.tinted('failed', text) : paint.dim(text)) },
    doing(line, now, paint),
  ]
}

function toneOf(line: Line): Tone {
  if (line.rows.some((row) => row.down !== undefined)) return 'down'
  if (line.rows.some((row) => row.running > 0)) return 'running'
  return line.rows.some((row) => row.planned > 0) ? 'waiting' : 'idle'
}

/** What ended lately, where it is not known how much there is to do. */
function activity(line: Line, now: number, width: number, paint: Paint): string {
  const total = new Array<number>(width).fill(0)
  for (const row of line.rows) {
    const history = row.rate.history(now, width)
    history.forEach((value, index) => {
      const at = index + width - history.length
      total[at] = (total[at] ?? 0) + value
    })
  }
  return paint.spark(total, 'running')
}

/** How far the run is stands in the head. */
function oldestWithTotal(line: Line, run: OpenItem | undefined): OpenItem | undefined {
  for (const row of line.rows) {
    for (const item of row.open.values()) {
      if (item.running && item !== run && shareOf(item) !== undefined) return item
    }
  }
  return undefined
}

/** The running one that was heard of last. */
function latestOf(line: Line): OpenItem | undefined {
  let latest: OpenItem | undefined
  for (const row of line.rows) {
    const candidate = row.latest ?? [...row.open.values()].findLast((item) => item.running)
    if (candidate !== undefined && candidate.heardAt >= (latest?.heardAt ?? Number.NEGATIVE_INFINITY))
      latest = candidate
  }
  return latest
}

function doing(line: Line, now: number, paint: Paint): Cell {
  const down = line.rows.find((row) => row.down !== undefined)?.down
  if (down !== undefined) return { text: down, draw: (text) => paint.tinted('down', text) }
  const item = latestOf(line)
  if (item === undefined) {
    const planned = sum(line, (row) => row.planned)
    return {
      text: planned > 0 ? `${count(planned)} planned` : (line.rows.at(-1)?.did ?? ''),
      draw: (text) => paint.dim(text),
    }
  }
  const attempt = item.attempt > 1 ? `, attempt ${item.attempt}` : ''
  const silence = now - item.heardAt
  if (silence >= silentAfterMillis) {
    return {
      text: `silent ${duration(silence)}: ${item.text}${attempt}`,
      draw: (text) => paint.tinted('warning', text),
    }
  }
  const age = silence >= ageShownAfterMillis ? `, ${elapsed(now - item.since)}` : ''
  return { text: `${item.text}${attempt}${age}` }
}
