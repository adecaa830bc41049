import { describe, expect, test } from 'vitest'
import { cut, oneLine, padStart, widthOf, wrap } from '../../src/terminal/text.js'

test.each([
  ['abc', 3],
  ['', 0],
  ['●━█', 3],
  ['漢字', 4],
  ['👩‍👩‍👧', 2],
  ['e\u0301', 1],
  ['\x1b[31mred\x1b[39m', 3],
])('%j takes %i columns', (text, columns) => {
  expect(widthOf(text)).toBe(columns)
})

test('a text from outside cannot move the cursor, start a line, or turn its direction', () => {
  expect(oneLine('a\nb\r\tc\x1b[2J\x1b]0;title\x07d\u202ee')).toBe('a b cd e')
})

describe('cutting', () => {
  test('a text that fits stays as it is', () => {
    expect(cut('abc', 3, '…')).toBe('abc')
  })

  test('the mark counts, and no wide character is halved', () => {
    expect(cut('abcdef', 4, '…')).toBe('abc…')
    expect(cut('漢字漢字', 4, '…')).toBe('漢…')
    expect(cut('abcdef', 4, '...')).toBe('a...')
  })

  test('a space before the mark is left out', () => {
    expect(cut('ab cdef', 4, '…')).toBe('ab…')
  })

  test('no room at all leaves nothing', () => {
    expect(cut('abc', 0, '…')).toBe('')
  })
})

test('a text is broken at its spaces, and a word that is too long where it must be', () => {
  expect(wrap('the quick brown fox', 9)).toEqual(['the quick', 'brown fox'])
  expect(wrap('a abcdefghij b', 4)).toEqual(['a', 'abcd', 'efgh', 'ij b'])
  expect(wrap('', 10)).toEqual([])
})

test('padding never cuts', () => {
  expect(padStart('abc', 5)).toBe('  abc')
  expect(padStart('abc', 2)).toBe('abc')
})
