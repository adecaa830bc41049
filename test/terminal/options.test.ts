import { describe, expect, test } from 'vitest'
import { resolveView, type TerminalViewOptions } from '../../src/terminal/options.js'
import { FakeTerminal } from '../support/fake-terminal.js'

function resolved(env: Record<string, string>, isTTY: boolean, options: TerminalViewOptions = {}): string {
  const { mode, color } = resolveView({ output: new FakeTerminal(80, 24, isTTY), env, ...options })
  return `${mode}, ${color ? 'colour' : 'no colour'}`
}

describe('how it shows', () => {
  test.each([
    [true, { TERM: 'xterm-256color' }, 'live, colour'],
    [false, { TERM: 'xterm-256color' }, 'lines, no colour'],
    [true, { TERM: 'dumb' }, 'lines, no colour'],
    [true, { NO_COLOR: '1' }, 'live, no colour'],
    [true, { NO_COLOR: '' }, 'live, colour'],
    [true, { CI: 'true' }, 'lines, colour'],
    [true, { CI: 'false' }, 'live, colour'],
    [false, { CI: '1', FORCE_COLOR: '1' }, 'lines, colour'],
    [false, { FORCE_COLOR: '1', NO_COLOR: '1' }, 'lines, colour'],
    [true, { FORCE_COLOR: '0' }, 'live, no colour'],
    [true, {}, 'live, colour'],
  ] as const)('on a terminal: %s, in %j: %s', (isTTY, env, expected) => {
    expect(resolved(env, isTTY)).toBe(expected)
  })

  test('what the caller says is stronger than the environment', () => {
    expect(resolved({ CI: '1', NO_COLOR: '1' }, false, { mode: 'live', color: true })).toBe('live, colour')
  })
})

test.each([
  [{ LANG: 'en_US.UTF-8' }, true],
  [{}, true],
  [{ LC_ALL: 'C' }, false],
  [{ LC_ALL: 'C.UTF-8' }, true],
  [{ LANG: 'de_DE.ISO-8859-1' }, false],
  [{ TERM: 'linux', LANG: 'en_US.UTF-8' }, false],
])('in %j more than ASCII: %s', (env, expected) => {
  expect(resolveView({ env, output: new FakeTerminal() }).unicode).toBe(process.platform === 'win32' ? false : expected)
})
