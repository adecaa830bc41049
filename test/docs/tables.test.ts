import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ends } from '../../bench/ends.js'
import { costs } from '../../bench/peers/costs.js'
import { scalarVariants } from '../../bench/scalars.js'
import { variants } from '../../bench/variants.js'
import { bounds } from '../../src/activity/bounds.js'
import {
  attributeNames,
  eventNames,
  logAttributeNames,
  type MetricDescription,
  metricNames,
  scalarMetrics,
} from '../../src/activity/semantic-conventions.js'
import { activityStates } from '../../src/activity/states.js'
import { faultAdvice } from '../../src/base/faults.js'
import { errorCodes } from '../../src/base/underway-error.js'
import { version } from '../../src/base/version.js'
import { readEnvironment } from '../../src/setup/environment.js'
import { startOptionNames } from '../../src/setup/options.js'
import { repositoryRoot } from '../support/repository.js'

function read(path: string): string {
  return readFileSync(join(repositoryRoot, path), 'utf8')
}

/** The first cells, in backquotes, of the table rows under a heading; their second cells as values. */
function tableUnder(markdown: string, heading: string): Map<string, string> {
  const section = markdown.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  return new Map([...section.matchAll(/^\| `([^`]+)` \| (.*?) \|/gm)].map(([, key = '', value = '']) => [key, value]))
}

describe('the documents say what the code says', () => {
  test('every error code is listed with its meaning, and no other', () => {
    expect(Object.fromEntries(tableUnder(read('docs/codes.md'), 'Errors'))).toEqual({ ...errorCodes })
  })

  test('every fault is listed with its meaning, and no other', () => {
    expect(Object.fromEntries(tableUnder(read('docs/codes.md'), 'Faults'))).toEqual({ ...faultAdvice })
  })

  test('every span attribute is listed, and no other', () => {
    const listed = tableUnder(read('docs/opentelemetry.md'), 'Attributes')
    expect([...listed.keys()].sort()).toEqual(Object.values(attributeNames).sort())
  })

  test('every metric is listed with kind, unit, labels and meaning, and no other', () => {
    const section = read('docs/opentelemetry.md').split('## Metrics\n')[1]?.split('\n## ')[0] ?? ''
    const code = (text: string): string => (text === '' ? '' : `\`${text}\``)
    const expected = [
      ...Object.values<MetricDescription>(metricNames),
      ...Object.values<MetricDescription>(scalarMetrics),
    ].map(({ name, kind, unit, labels, description }) => [
      code(name),
      kind === 'upDownCounter' ? 'up-down counter' : kind,
      code(unit),
      labels.map(code).join(' '),
      description,
    ])
    const listed = [...section.matchAll(/^\| (`.*) \|$/gm)].map(([, row = '']) =>
      row.split('|').map((cell) => cell.trim()),
    )
    expect(listed).toEqual(expected)
  })

  test('every log event and every attribute that only log records have is named', () => {
    const section = read('docs/opentelemetry.md').split('## Log events\n')[1]?.split('\n## ')[0] ?? ''
    const rows = [...section.matchAll(/^\| `(activity\.\w+)` \|/gm)].map(([, name]) => name)
    expect(rows).toEqual(Object.values(eventNames))
    for (const name of Object.values(logAttributeNames))
      expect(section).toMatch(
        new RegExp(name.replace(/^activity\.name$/, '.name').replace(/^exception\..*$/, 'exception\\.\\*')),
      )
  })

  test('every bound that is documented is the one in force', () => {
    const documented = tableUnderBounds(read('docs/codes.md'))
    for (const limit of [
      bounds.name,
      bounds.message,
      bounds.stack,
      bounds.json,
      bounds.attributes,
      bounds.logEntries,
      bounds.scalars,
    ]) {
      expect(documented).toContain(limit.toLocaleString('en'))
    }
  })

  test('every state has a word for those who come from another tracker', () => {
    const states = read('docs/vocabulary.md').split('## States\n')[1] ?? ''
    for (const state of Object.keys(activityStates)) expect(states).toContain(`\`${state}\``)
  })

  test('every variable that is read is listed, and no other', () => {
    const asked = new Set<string>()
    const get = (_: object, name: string): undefined => void asked.add(name)
    readEnvironment(new Proxy({}, { get }))
    // Those of one signal are said in one sentence, but for two that only metrics have.
    const listed = [...tableUnder(read('docs/environment.md'), 'Read').keys()]
    const common = [...asked].map((name) => name.replace(/OTLP_(TRACES|METRICS|LOGS)_(?!TEMP|DEFAULT)/, 'OTLP_'))
    expect(listed.sort()).toEqual([...new Set(common)].sort())
  })

  test('every option of startUnderway is listed, and no other', () => {
    const listed = tableUnder(read('docs/opentelemetry.md'), 'Start with one call')
    expect([...listed.keys()]).toEqual(startOptionNames)
  })

  test('every variant and every end of the benchmark has its figures, and no other', () => {
    const listed = [...read('docs/benchmarks.md').matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name)
    expect(listed.sort()).toEqual(
      [...Object.keys(variants), ...Object.keys(ends), ...Object.keys(scalarVariants)].sort(),
    )
  })

  test('every wrapper whose cost is measured has its figures, and no other', () => {
    const rows = [...read('docs/benchmarks-peers.md').matchAll(/^\| `([^`]+)` \| (.*?) \|/gm)]
    expect(rows.map(([, name, title]) => [name, title])).toEqual(
      Object.entries(costs).map(([name, { title }]) => [name, title]),
    )
  })

  test('everything that is around a measured call is shown with what it is and where its spans go', () => {
    const page = read('docs/benchmarks-peers.md')
    for (const { title, what, goes } of Object.values(costs))
      expect(page).toMatch(lineOf(`| ${title} | `, ` | ${what} | ${goes} |`))
  })

  test('the version in the code is that of the package', () => {
    expect((JSON.parse(read('package.json')) as { version: string }).version).toBe(version)
  })
})

/** A line that starts and ends so. */
function lineOf(start: string, end: string): RegExp {
  const escaped = [start, end].map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${escaped.join('[^|]*')}$`, 'm')
}

function tableUnderBounds(markdown: string): string {
  return markdown.split('## Bounds\n')[1] ?? ''
}

describe('links and guarantees', () => {
  const pages = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'docs/guarantees.md']

  test.each(pages)('every file that %s names exists', (page) => {
    const named = [
      ...read(page).matchAll(/\]\(([\w./-]+\.md)\)|`((?:test|src|examples|bench|docs|deploy)\/[\w./-]+)`/g),
    ]
    expect(named.length).toBeGreaterThan(0)
    const folder = page.includes('/') ? `${page.split('/')[0]}/` : ''
    for (const [, link, path] of named)
      expect(
        existsSync(join(repositoryRoot, link === undefined ? (path ?? '') : `${folder}${link}`)),
        `${page}: ${link ?? path}`,
      ).toBe(true)
  })

  test('every guarantee names a test that exists in the file that it names', () => {
    const rows = [...read('docs/guarantees.md').matchAll(/^\| .* \| `(test\/[\w./-]+)` \| (.*) \|$/gm)]
    expect(rows.length).toBeGreaterThan(10)
    for (const [, path = '', name = ''] of rows) expect(read(path), `${path}: ${name}`).toContain(name.trim())
  })
})
