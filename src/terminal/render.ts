import { count, elapsed, measure, plural } from './format.js'
import type { Frame } from './frame.js'
import { shareOf, type ViewModel } from './model.js'
import { moduleLines } from './module-table.js'
import { Paint, type Tone } from './paint.js'
import { joined, spread } from './table.js'
import { cut, widthOf } from './text.js'

/** Below this many lines there is room for the head only. */
const leastForTable = 10
const maxWidth = 140

/** The live block. Pure: the same model and frame give the same lines, none wider than the terminal. */
export function render(model: ViewModel, frame: Frame): string[] {
  const paint = new Paint(frame)
  const width = Math.min(frame.columns - 1, maxWidth)
  const head = [
    titleLine(model, frame, paint, width),
    ...progressLine(model, frame, paint, width),
    countsLine(model, frame, paint, width),
  ]
  if (frame.rows < leastForTable) return head.slice(0, Math.max(frame.rows, 1))
  const stuck = frame.stuck.map((message) => paint.tinted('warning', cut(`stuck: ${message}`, width, paint.cutMark)))
  const lines = [paint.hairline(width), ...head, ...seriesLine(model, paint, width), ...stuck]
  const summary = paint.dim(cut(frame.summary, width, paint.cutMark))
  const room = frame.rows - lines.length - 3
  const table = moduleLines(model, frame, paint, width, room)
  if (table.length === 0) return [...lines, summary]
  return [...lines, '', ...table, summary]
}

function toneOf(model: ViewModel): Tone {
  if (model.run !== undefined && model.run.state !== 'planned') return model.run.state
  return model.running > 0 ? 'running' : model.planned > 0 ? 'waiting' : 'quiescent'
}

function titleLine(model: ViewModel, frame: Frame, paint: Paint, width: number): string {
  const since = model.run?.startedAt ?? model.startedAt
  const right = `${paint.state(toneOf(model))}  ${elapsed((model.run?.endedAt ?? frame.now) - since)}`
  return spread(paint.bold(cut(frame.title, Math.max(width - widthOf(right) - 2, 8), paint.cutMark)), right, width)
}

/** The work that says how far the whole is: that of the run, else none. */
function progressLine(model: ViewModel, frame: Frame, paint: Paint, width: number): string[] {
  const item = model.run?.item
  const share = item === undefined ? undefined : shareOf(item)
  if (item === undefined || share === undefined) return []
  const { done, total } = item.progress ?? {}
  const left = total === undefined ? undefined : item.pace.remainingMillis(frame.now, total)
  const words = [
    done !== undefined && total !== undefined ? `${count(done)} of ${count(total)}` : '',
    `${Math.floor(share * 100)} %`,
    left === undefined || share >= 1 ? '' : `${elapsed(left)} left`,
  ]
  const text = words.filter((word) => word !== '').join('  ')
  const room = width - text.length - 2
  return room < 8 ? [cut(text, width, paint.cutMark)] : [`${paint.bar(share, room, 'running')}  ${text}`]
}

function countsLine(model: ViewModel, frame: Frame, paint: Paint, width: number): string {
  const open = `${count(model.running)} running, ${count(model.planned)} planned`
  const { health } = frame
  const troubles = [
    health.errorLevelCount > 0 ? plural(health.errorLevelCount, 'error') : '',
    health.warningLevelCount > 0 ? plural(health.warningLevelCount, 'warning') : '',
  ].filter((text) => text !== '')
  const state = paint.state(health.status)
  const healthPart = troubles.length === 0 ? state : `${state} ${paint.dim(`(${troubles.join(', ')})`)}`
  const step = model.step === undefined ? '' : `step ${count(model.step)}`
  const missed = model.missed === 0 ? '' : paint.tinted('warning', `${plural(model.missed, 'change')} missed`)
  return joined(
    [healthPart, step, open, missed].filter((part) => part !== ''),
    width,
  )
}

function seriesLine(model: ViewModel, paint: Paint, width: number): string[] {
  const shown = [...model.series.values()].filter((series) => series.count > 1).slice(0, 6)
  const parts = shown.map((series) => {
    const course = paint.spark(series.points(12), 'running', Math.min(series.lowest, series.highest))
    return `${paint.dim(series.name)} ${measure(series.first)} ${paint.arrow} ${measure(series.last)} ${course}`
  })
  return parts.length === 0 ? [] : [joined(parts, width)]
}
