import type { Severity } from '../activity/states.js'
import { count, duration, measure, plural } from './format.js'
import { type Look, Paint } from './paint.js'
import type { ModuleSummary, ViewSummary } from './summary.js'
import { type Cell, type Column, tableLines } from './table.js'
import { cut, padEnd, widthOf, wrap } from './text.js'

const columns: readonly Column[] = [
  { title: 'module', min: 6, max: 28, priority: 0 },
  { title: 'completed', align: 'right', priority: 0 },
  { title: 'failed', align: 'right', priority: 1 },
  { title: 'retried', align: 'right', priority: 4 },
  { title: 'cancelled', align: 'right', priority: 3 },
  { title: 'skipped', align: 'right', priority: 6 },
  { title: 'mean', align: 'right', priority: 2 },
  { title: 'longest', align: 'right', priority: 5 },
]
const labelWidth = 9
const leastBeside = 24
const shownErrors = 6
const shownDecisions = 4
const maxWidth = 110

/** The end of a view: why it stopped, what was done by whom, what was learned and decided, what went wrong. */
export function summaryLines(summary: ViewSummary, look: Look & { readonly columns: number }): string[] {
  const paint = new Paint(look)
  const width = Math.min(look.columns, maxWidth)
  return [
    paint.hairline(width),
    ...headline(summary, paint, width),
    '',
    ...modules(summary, paint, width),
    '',
    ...labelled(paint, width, 'numbers', series(summary, paint)),
    ...labelled(paint, width, 'decisions', decisions(summary, paint)),
    ...labelled(paint, width, 'errors', errors(summary, paint)),
    ...labelled(paint, width, 'left open', leftOpen(summary, paint)),
  ]
}

function headline(summary: ViewSummary, paint: Paint, width: number): string[] {
  const { title, state, durationMillis, did, reason } = summary
  const ending = `${paint.state(state)} after ${duration(durationMillis)}`
  const first = `${paint.bold(title)}  ${ending}`
  const why = reason ?? did
  if (widthOf(first) > width) {
    return [paint.bold(cut(title, width, paint.cutMark)), ending, ...wrap(why ?? '', width)]
  }
  if (why === undefined) return [first]
  if (widthOf(first) + 2 + widthOf(why) <= width) return [`${first}: ${why}`]
  return [first, ...wrap(why, width)]
}

function modules(summary: ViewSummary, paint: Paint, width: number): string[] {
  const number = (value: number, draw?: (text: string) => string): Cell => ({
    text: count(value),
    draw: value === 0 ? (text) => paint.dim(text) : draw,
  })
  const time = (millis: number | undefined): Cell => ({
    text: millis === undefined ? '' : duration(millis),
    draw: (text) => paint.dim(text),
  })
  const row = (module: ModuleSummary): Cell[] => [
    { text: module.module, draw: module.down ? (text) => paint.tinted('down', text) : undefined },
    number(module.completed),
    number(module.failed, (text) => paint.tinted('failed', text)),
    number(module.retried),
    number(module.cancelled),
    number(module.skipped),
    time(module.meanMillis),
    time(module.maxMillis),
  ]
  // A column in which nothing ever happened says nothing.
  const used = columns.filter(({ title }) => title !== 'skipped' || summary.modules.some(({ skipped }) => skipped > 0))
  const cells = summary.modules.map((module) => row(module).filter((_, at) => used.includes(columns[at] as Column)))
  return tableLines(used, cells, width, paint)
}

/** A label, then lines that hang beside it; nothing if there are none. */
function labelled(paint: Paint, width: number, label: string, entries: readonly Entry[]): string[] {
  const room = width - labelWidth - 2
  return entries
    .flatMap(({ lead = '', text }) => {
      const beside = room - widthOf(lead)
      // Where hardly anything fits beside the mark, the text goes below it.
      if (beside < leastBeside && beside < widthOf(text))
        return [lead.trimEnd(), ...wrap(text, room - 2).map((line) => `  ${line}`)]
      const [first = '', ...rest] = wrap(text, beside)
      return [lead + first, ...rest.map((line) => ' '.repeat(widthOf(lead)) + line)]
    })
    .map((line, index) => `${paint.dim(padEnd(index === 0 ? label : '', labelWidth))}  ${line}`)
}

/** A mark that may be coloured, and a plain text that hangs beside it. */
interface Entry {
  readonly lead?: string
  readonly text: string
}

function series(summary: ViewSummary, paint: Paint): Entry[] {
  const names = summary.series.map(({ name }) => name)
  return summary.series.map(({ name, module, first, last, lowest, highest, count: points }) => {
    const shown = names.indexOf(name) === names.lastIndexOf(name) ? name : `${module} ${name}`
    const range =
      points > 2 ? `  (lowest ${measure(lowest)}, highest ${measure(highest)}, ${count(points)} values)` : ''
    return { text: `${shown} ${measure(first)} ${paint.arrow} ${measure(last)}${range}` }
  })
}

function decisions({ decisions: { count: total, byName, recent } }: ViewSummary, paint: Paint): Entry[] {
  if (total === 0) return []
  const names = Object.entries(byName).map(([name, times]) => `${name} ${paint.times}${count(times)}`)
  const latest = recent.slice(-shownDecisions).map(({ name, outcome, reason }) => {
    const because = reason === undefined ? '' : `, because ${reason}`
    return { lead: `${paint.icon('decided')} `, text: `${name}: ${outcome}${because}` }
  })
  return [{ text: `${count(total)}: ${names.join(', ')}` }, ...latest]
}

const bySeverity: readonly Severity[] = ['critical', 'error', 'warning', 'info']

function errors(summary: ViewSummary, paint: Paint): Entry[] {
  const totals = bySeverity
    .filter((severity) => summary.errors[severity] > 0)
    .map((severity) =>
      severity === 'info' ? `${count(summary.errors.info)} info` : plural(summary.errors[severity], severity),
    )
  if (totals.length === 0) return [{ text: 'none' }]
  const groups = summary.errorGroups
    .slice(0, shownErrors)
    .map(({ severity, type, message, count: times, modules: where }) => {
      const what = type === 'message' || type === 'Error' ? message : `${type}: ${message}`
      const places =
        where.length > 4 ? `${where.slice(0, 3).join(', ')} and ${where.length - 3} more` : where.join(', ')
      const lead = `${paint.state(severity)} ${paint.times}${count(times)}  `
      return { lead, text: `${cut(what, 200, paint.cutMark)} (${places})` }
    })
  const more = summary.errorGroups.length - groups.length
  return [{ text: totals.join(', ') }, ...groups, ...(more > 0 ? [{ text: `and ${plural(more, 'other kind')}` }] : [])]
}

function leftOpen(summary: ViewSummary, paint: Paint): Entry[] {
  const { open, missed } = summary
  const noun = open === 1 ? 'activity' : 'activities'
  return [
    ...(open === 0
      ? []
      : [{ lead: `${paint.tinted('warning', paint.icon('warning'))} `, text: `${count(open)} ${noun}` }]),
    ...(missed === 0 ? [] : [{ text: `${plural(missed, 'change')} did not reach this view` }]),
  ]
}
