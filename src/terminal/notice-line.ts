import { timestamp } from './format.js'
import type { Notice } from './notices.js'
import type { Paint } from './paint.js'
import { oneLine, padEnd, padStart, widthOf, wrap } from './text.js'

const timeWidth = 8
const stateWidth = 11
const maxLines = 4

/** Where a line stands: since when time counts, and how wide the column of modules has become. */
export interface NoticePlace {
  readonly startedAt: number
  readonly moduleWidth: number
  /** Lines are broken here; `undefined` leaves that to whoever reads them. */
  readonly columns: number | undefined
}

/** `  12.3 s  ◆ decided    trainer  learning rate: 0.05 …`, what does not fit hanging below. */
export function noticeLines(notice: Notice, place: NoticePlace, paint: Paint): string[] {
  const time = padStart(timestamp(notice.time - place.startedAt), timeWidth)
  const state = padEnd(paint.plainState(notice.tone), stateWidth)
  const module = padEnd(oneLine(notice.module), place.moduleWidth)
  const lead = `${paint.dim(time)}  ${paint.tinted(notice.tone, state)}  `
  const left = timeWidth + 2 + stateWidth + 2 + widthOf(module) + 2
  if (place.columns === undefined) return [`${lead}${module}  ${notice.text}`.trimEnd()]
  const room = place.columns - left
  // In a narrow terminal the text goes below.
  if (room < 24) {
    const below = wrap(notice.text, Math.max(place.columns - 2, 1)).slice(0, maxLines)
    return [`${lead}${module}`.trimEnd(), ...below.map((line) => `  ${line}`)]
  }
  const [first = '', ...rest] = wrap(notice.text, room).slice(0, maxLines)
  return [`${lead}${module}  ${first}`.trimEnd(), ...rest.map((line) => ' '.repeat(left) + line)]
}
