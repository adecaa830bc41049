import { describe, expect, test } from 'vitest'
import { checkArchitecture, type Rule } from '../support/architecture.js'

function check(files: Record<string, string>): string[] {
  return checkArchitecture(new Map(Object.entries(files))).map(({ rule, at, detail }) => `${rule} ${at} ${detail}`)
}

/** The rules that break when `text` is the content of `path`, next to one harmless file in every other room. */
function broken(path: string, text: string): Rule[] {
  const rooms =
    'base activity tracker tracing instrument otel health experiment history monitor terminal setup cli testing'
  const neighbours = rooms.split(' ').map((room) => [`src/${room}/thing.ts`, 'export const thing = 1\n'] as const)
  const sources = new Map<string, string>([['src/index.ts', ''], ...neighbours, [path, text]])
  return checkArchitecture(sources).map(({ rule }) => rule)
}

describe('the order of rooms', () => {
  test.each([
    ['activity', 'base'],
    ['cli', 'base'],
    ['otel', 'instrument'],
    ['monitor', 'history'],
    ['setup', 'terminal'],
    ['testing', 'instrument'],
  ])('%s may import from %s', (from, to) => {
    expect(broken(`src/${from}/a.ts`, `import { thing } from '../${to}/thing.js'\n`)).toEqual([])
  })

  test.each([
    ['base', 'activity'],
    ['tracker', 'tracing'],
    ['instrument', 'setup'],
    ['otel', 'health'],
    ['history', 'experiment'],
    ['monitor', 'terminal'],
    ['testing', 'otel'],
    ['cli', 'testing'],
  ])('%s may not import from %s', (from, to) => {
    expect(broken(`src/${from}/a.ts`, `import { thing } from '../${to}/thing.js'\n`)).toEqual(['layer'])
  })

  test.each([
    ['a type import', `import type { Thing } from '../cli/thing.js'`],
    ['a side-effect import', `import '../cli/thing.js'`],
    ['a re-export', `export { thing } from '../cli/thing.js'`],
    ['a type re-export', `export type { Thing } from '../cli/thing.js'`],
    ['a dynamic import', `export const load = () => import('../cli/thing.js')`],
    ['an import inside a type', `export type Thing = import('../cli/thing.js').Thing`],
    ['a require', `export const thing = require('../cli/thing.js')`],
  ])('%s counts as an import', (_kind, text) => {
    expect(broken('src/base/a.ts', text)).toEqual(['layer'])
  })

  test('words in a comment or a text are no import', () => {
    expect(
      broken('src/base/a.ts', `// import '../cli/thing.js'\nexport const a = "import '../cli/thing.js'"\n`),
    ).toEqual([])
  })

  test('the root index may import from every room, and no room imports it', () => {
    expect(broken('src/index.ts', `export { thing } from './cli/thing.js'\n`)).toEqual([])
    expect(broken('src/cli/a.ts', `import { thing } from '../index.js'\n`)).toEqual(['layer'])
  })

  test('a new room has to be given its place', () => {
    expect(broken('src/utils/a.ts', 'export const a = 1\n')).toEqual(['room'])
    expect(broken('src/loose.ts', 'export const a = 1\n')).toEqual(['room'])
  })
})

describe('imports', () => {
  test('a cycle is shown with the files on its way, a type import included', () => {
    const files = {
      'src/base/a.ts': `import { b } from './b.js'\nexport const a = b\n`,
      'src/base/b.ts': `import { c } from './c.js'\nexport const b = c\nexport type B = 1\n`,
      'src/base/c.ts': `import type { B } from './b.js'\nexport const c: B = 1\n`,
    }
    expect(check(files)).toEqual(['cycle src/base/b.ts src/base/b.ts → src/base/c.ts → src/base/b.ts'])
  })

  test('two ways to the same file are no cycle', () => {
    const files = {
      'src/base/a.ts': `import './b.js'\nimport './c.js'\n`,
      'src/base/b.ts': `import './c.js'\n`,
      'src/base/c.ts': '',
    }
    expect(check(files)).toEqual([])
  })

  test('an import that cannot be followed is reported instead of passed over', () => {
    expect(broken('src/base/a.ts', `import '../../test/support/thing.js'\n`)).toEqual(['unresolved'])
    expect(broken('src/base/a.ts', `import { getTracker } from 'underway'\n`)).toEqual(['unresolved'])
    expect(broken('src/base/a.ts', 'export const load = (name: string) => import(name)\n')).toEqual(['unresolved'])
    expect(broken('src/cli/a.ts', 'export const load = (name: string) => import(name)\n')).toEqual([])
  })

  test('a builtin needs its prefix', () => {
    expect(broken('src/base/a.ts', `import { join } from 'path'\n`)).toEqual(['builtin'])
    expect(broken('src/base/a.ts', `import { join } from 'node:path'\n`)).toEqual([])
  })

  test.each([
    ['base', `import type { Span } from '@opentelemetry/api'`],
    ['instrument', `import * as api from '@opentelemetry/api'`],
    ['tracing', `import { trace } from '@opentelemetry/api'`],
    ['tracing', `import { type Span } from '@opentelemetry/api'`],
    ['tracing', `export { trace } from '@opentelemetry/api'`],
    ['tracing', `import type { ReadableSpan } from '@opentelemetry/sdk-trace'`],
  ])('in %s this way to OpenTelemetry is refused: %s', (room, text) => {
    expect(broken(`src/${room}/a.ts`, text)).toEqual(['opentelemetry'])
  })

  test.each([
    ['tracing', `import * as api from '@opentelemetry/api'`],
    ['tracing', `import type { Span } from '@opentelemetry/api'`],
    ['otel', `import { trace } from '@opentelemetry/api'`],
    ['setup', `export const load = () => import('@opentelemetry/sdk-trace')`],
  ])('in %s this way to OpenTelemetry is fine: %s', (room, text) => {
    expect(broken(`src/${room}/a.ts`, text)).toEqual([])
  })
})

describe('the shape of files', () => {
  test.each([
    ['code', 'export const a = 1\n'],
    ['a function call', 'start()\n'],
    ['a star', `export * from './thing.js'\n`],
    ['a named star', `export * as things from './thing.js'\n`],
    ['a default export', 'export default 1\n'],
    ['a renamed default export', `export { thing as default } from './thing.js'\n`],
  ])('an index with %s is refused', (_what, text) => {
    expect(broken('src/base/index.ts', text)).toEqual(['index'])
  })

  test('an index that lists names is fine', () => {
    const text = `import { thing } from './thing.js'\nexport type { Thing } from './thing.js'\nexport { thing }\n`
    expect(broken('src/base/index.ts', text)).toEqual([])
  })

  test('the 401st line is one too many', () => {
    expect(broken('src/base/a.ts', '\n'.repeat(400))).toEqual([])
    expect(broken('src/base/a.ts', '\n'.repeat(401))).toEqual(['length'])
  })
})
