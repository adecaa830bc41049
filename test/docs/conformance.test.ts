import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { underwaySubject } from '../../bench/peers/underway-subject.js'
import * as underway from '../../src/index.js'
import { ManualClock, runWrappingCases, wrappingCases } from '../../src/testing/index.js'
import { repositoryRoot } from '../support/repository.js'

const text = readFileSync(join(repositoryRoot, 'docs/conformance.md'), 'utf8')
const costs = readFileSync(join(repositoryRoot, 'docs/benchmarks-peers.md'), 'utf8')
const section = text.split('## Case by case\n')[1]?.split('\n## ')[0] ?? ''
const [head = [], , ...rows] = section
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .map((line) => line.split('|').map((cell) => cell.trim()))
const ours = head.indexOf('underway')

function clock() {
  const made = new ManualClock()
  return { clock: made, advance: (millis: number) => made.advance(millis) }
}

test('the table lists every case of the suite with its title, and no other', () => {
  expect(rows.map(([, id, title]) => [id, title])).toEqual(wrappingCases.map(({ id, title }) => [`\`${id}\``, title]))
})

test('our own column says what the suite says', async () => {
  const outcomes = await runWrappingCases(underwaySubject({ underway, clock }))
  const signs = { passed: '✓', failed: '✗', 'n/a': '–' }
  expect(rows.map((cells) => cells[ours])).toEqual(outcomes.map(({ outcome }) => signs[outcome]))
})

function manifest(): { dependencies: Record<string, string>; latestNotUsed: Record<string, string> } {
  return JSON.parse(readFileSync(join(repositoryRoot, 'bench/peers/package.json'), 'utf8'))
}

test('every peer is named with the version that its lock file has, on this page or on that about costs', () => {
  // What sets up others or only reads what they send is no peer.
  const peers = Object.entries(manifest().dependencies).filter(
    ([name]) => !/^(@opentelemetry\/|@langfuse\/otel$|@msgpack\/)/.test(name),
  )
  expect(peers.length).toBeGreaterThan(5)
  for (const [name, version] of peers) expect(text + costs).toContain(`${name} ${version}`)
})

test('why a peer is not the latest version is said on both pages', () => {
  for (const [name, reason] of Object.entries(manifest().latestNotUsed)) {
    expect(text).toContain(`- ${name} ${reason}\n`)
    expect(costs).toContain(`- ${name} ${reason}\n`)
  }
})
