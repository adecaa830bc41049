import { stripVTControlCharacters } from 'node:util'

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
const plainAscii = /^[\x20-\x7e]*$/
/** Control characters, line separators, and marks that turn the direction of what follows. */
const unsafe = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu
const invisible = /^[\p{Mn}\p{Me}\p{Cf}]+$/u
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u

/** Text of somebody else made fit for one line of a terminal: no escape sequences, no line breaks. */
export function oneLine(text: string): string {
  if (plainAscii.test(text)) return text
  return stripVTControlCharacters(text).replace(unsafe, ' ')
}

function graphemeWidth(grapheme: string): number {
  if (invisible.test(grapheme)) return 0
  return wide.test(grapheme) ? 2 : 1
}

/** How many columns a text takes, escape sequences not counted. */
export function widthOf(text: string): number {
  if (plainAscii.test(text)) return text.length
  let width = 0
  for (const { segment } of graphemes.segment(stripVTControlCharacters(text))) width += graphemeWidth(segment)
  return width
}

/** Cuts a text without escape sequences to a width; the mark of the cut counts. */
export function cut(text: string, width: number, mark: string): string {
  if (widthOf(text) <= width) return text
  const room = width - widthOf(mark)
  if (room < 0) return ''
  let kept = ''
  let used = 0
  for (const { segment } of graphemes.segment(text)) {
    used += graphemeWidth(segment)
    if (used > room) break
    kept += segment
  }
  return kept.trimEnd() + mark
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(width - widthOf(text), 0))
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(width - widthOf(text), 0)) + text
}

/** Breaks a text at spaces into lines of a width; a word that is longer is broken where it must be. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  const flush = (): void => {
    if (line !== '') lines.push(line)
    line = ''
  }
  for (let word of text.split(' ')) {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > width) flush()
    while (widthOf(word) > width) {
      const head = cut(word, width, '')
      if (head === '') return lines
      lines.push(head)
      word = word.slice(head.length)
    }
    line = line === '' ? word : `${line} ${word}`
  }
  flush()
  return lines
}
