import { fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ends } from '../../bench/ends.js'
import { endsSection } from '../../bench/ends-report.js'
import { healthSection } from '../../bench/health-report.js'
import { healthVariants } from '../../bench/health-variants.js'
import { costPage, costTable } from '../../bench/peers/cost-page.js'
import { costNamed, type Form, forms, keyOf } from '../../bench/peers/costs.js'
import { runCosts } from '../../bench/peers/run-cost.js'
import { tables, withSection } from '../../bench/report.js'
import { runEnd } from '../../bench/run-end.js'
import { runScalar } from '../../bench/run-scalar.js'
import { runInTurns, runVariant } from '../../bench/run-variant.js'
import { scalarsSection, withScalarsSection } from '../../bench/scalar-report.js'
import { ratiosOf, shuffled, spreadOf } from '../../bench/statistics.js'
import { inTurns, Taker } from '../../bench/turns.js'
import { Undisturbed } from '../../bench/undisturbed.js'
import { variants } from '../../bench/variants.js'
import { wrappingCases } from '../../src/testing/index.js'
import { runNode } from '../support/child-process.js'
import { repositoryRoot } from '../support/repository.js'

const small = { count: 500, warmUp: 250 }

const pace = { warmUp: 250, chunk: 250 }
const turns = { turns: 2, millis: 5 }

describe('a run of the benchmark', () => {
  test.each(['sdk3-underway-pending', 'query-summary', 'health-groups', 'silence-watched', 'watchdog-idle'])(
    'of %s gives a figure',
    async (name) => {
      const { value, paceMillis } = await runVariant(name, small)
      expect(Math.min(value, paceMillis)).toBeGreaterThan(0)
    },
  )

  test('of what is compared takes turns, and gives a figure of each', async () => {
    const names = ['sdk3-stock-async', 'sdk3-underway-async', 'plain-async']
    const values = await runInTurns(names, pace, turns)
    expect([...values.keys()].sort()).toEqual(names.sort())
    for (const value of values.values()) expect(value).toBeGreaterThan(0)
  })

  test('does not count when spans were lost', async () => {
    // The BatchSpanProcessor drops most of what ends in one turn of the event loop.
    const flooded = { warmUp: 0, chunk: 5_000 }
    await expect(runInTurns(['sdk3-underway-sync'], flooded, turns)).rejects.toThrow(
      /^sdk3-underway-sync: the run does not count: exported: expected \d+0000, got \d+/,
    )
  })

  test('of a variant that does not exist names those that do', async () => {
    await expect(runVariant('fastest', small)).rejects.toThrow(/there is no variant 'fastest'.*plain-sync/)
  })
})

describe('taking turns', () => {
  test('everyone has one before anyone has the next; who ends early is out, and says why', async () => {
    const order: string[] = []
    const program = join(import.meta.dirname, 'fixtures/taker.mjs')
    const taker =
      (name: string, ...args: string[]) =>
      () =>
        new Taker(name, fork(program, args, { silent: true }), () => order.push(name))
    const starts = [taker('one'), taker('other'), taker('third', 'ends early')]
    const values = await inTurns(starts, { turns: 3, millis: 7 })
    expect([values.get('one'), values.get('other')]).toEqual([21, 21])
    expect(`${values.get('third')}`).toBe('Error: third: no more')
    const goOn = order.filter((name) => name !== 'third')
    expect(order.length - goOn.length).toBe(2)
    for (let at = 0; at < goOn.length; at += 2) expect(goOn.slice(at, at + 2).sort()).toEqual(['one', 'other'])
    expect(goOn.length / 2).toBeGreaterThan(3)
  })
})

describe('a run of which the core was slow', () => {
  function runs(...paces: readonly number[]): () => Promise<{ value: number; paceMillis: number }> {
    const left = [...paces]
    return () => Promise.resolve({ value: left.length, paceMillis: left.shift() ?? Number.NaN })
  }

  test('is done again, until the core is as fast as it can be', async () => {
    const undisturbed = new Undisturbed(10)
    expect(await undisturbed.value(runs(20, 14, 12, 10))).toBe(2)
    expect([undisturbed.disturbed, undisturbed.count]).toEqual([0, 1])
  })

  test('counts after five more, and is told of', async () => {
    const undisturbed = new Undisturbed(10)
    expect(await undisturbed.value(runs(20, 20, 20, 20, 20, 20, 10))).toBe(2)
    expect([undisturbed.disturbed, undisturbed.count]).toEqual([1, 1])
  })

  test('is told of as well where only a later one shows how fast the core can be', async () => {
    const undisturbed = new Undisturbed(20)
    expect(await undisturbed.value(runs(20))).toBe(1)
    expect(await undisturbed.value(runs(10))).toBe(1)
    expect([undisturbed.disturbed, undisturbed.count]).toEqual([1, 2])
  })

  test('that fails is not done again', async () => {
    const lost = () => Promise.reject(new Error('lost'))
    await expect(new Undisturbed(10).value(lost)).rejects.toThrow('lost')
  })
})

describe('an end of a process', () => {
  test.each(['delay-exit-healthy', 'stock-exit-100'])('gives its times and what arrived: %s', async (name) => {
    const end = ends[name]
    if (end === undefined) throw new Error(`there is no end '${name}'`)
    const { wholeMillis, endMillis, arrived } = await runEnd(end)
    expect(wholeMillis).toBeGreaterThanOrEqual(endMillis)
    expect(arrived).toBe(end.app === 'stock' ? 0 : end.spans)
  })

  test('replaces its part of the page and nothing else', () => {
    const old = `# Page\n\n${endsSection([], 'then')}\n## How to read it\n`
    const renewed = withSection(old, endsSection([], 'now'))
    expect(renewed).toBe(old.replace('on then in', 'on now in'))
    expect(renewed).toContain('| `arrive-exit-1000` | `startUnderway` | `process.exit` | 1,000 | not run |')
  })
})

describe('what watching costs', () => {
  const named = Object.entries(healthVariants)
  const rounds = [new Map(named.map(([name], index) => [name, 10 * (index + 1)]))]

  test('is a part of the page that is replaced by itself, with every variant', () => {
    const old = `# Page\n\n${healthSection([], named, 'then')}\n## The end\n`
    const renewed = withSection(old, healthSection(rounds, named, 'now'))
    expect(renewed).toContain('Measured on now in 1 rounds')
    expect(renewed).not.toContain('not run')
    for (const [name, { what }] of named) expect(renewed).toContain(`| \`${name}\` | ${what} | `)
    expect(renewed.endsWith('\n## The end\n')).toBe(true)
    expect(() => withSection('# Page\n', healthSection([], named, 'now'))).toThrow("the page has no part '## Health'")
  })

  test('is compared with what goes unwatched, in the same round', () => {
    expect(healthSection(rounds, named, 'now')).toContain('| 90 | 90 to 90 | 10 (10 to 10) |')
  })
})

describe('a run of the benchmark of scalars', () => {
  test.each([
    ['scalar-logged', 500],
    ['scalar-sent', 500],
    ['scalar-aggregated', 500],
    // So many that what they hold is far more than what the heap gains and loses otherwise.
    ['scalar-memory', 20_000],
    ['scalar-bytes', 500],
    ['scalar-gzip-otel-gauge', 500],
  ] as const)('of %s gives a figure', async (name, steps) => {
    expect(await runScalar(name, steps)).toBeGreaterThan(0)
  })

  test('of a variant that does not exist names those that do', async () => {
    await expect(runScalar('fastest', 500)).rejects.toThrow(/there is no variant 'fastest'.*scalar-logged/)
  })

  test('puts its part into a page that has none, and replaces it in one that has', () => {
    const page = `# Page\n\n${endsSection([], 'then')}\n## How to read it\n`
    const first = withScalarsSection(page, scalarsSection([], 'then'))
    expect(first).toBe(page.replace('## The end', `${scalarsSection([], 'then')}\n## The end`))
    expect(withScalarsSection(first, scalarsSection([], 'now'))).toBe(
      page.replace('## The end', `${scalarsSection([], 'now')}\n## The end`),
    )
  })
})

describe('the figures', () => {
  test('are medians with their range, and ratios to stock in the same round', () => {
    const rounds = [
      { ours: 110, stock: 100 },
      { ours: 330, stock: 300 },
      { ours: 240, stock: 200 },
    ].map((round) => new Map(Object.entries(round)))
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 })
    expect(spreadOf([4, 1, 2, 3]).median).toBe(2.5)
    expect(ratiosOf(rounds, 'ours', 'stock').map((ratio) => ratio.toFixed(2))).toEqual(['1.10', '1.10', '1.20'])
  })

  test('come from rounds in an order of their own, each with every variant once', () => {
    const names = Object.keys(variants)
    expect(shuffled(names, () => 0)).not.toEqual(names)
    expect(shuffled(names).sort()).toEqual([...names].sort())
  })

  test('of a variant that was not run say so', () => {
    const [name, variant] = Object.entries(variants)[0] ?? []
    if (name === undefined || variant === undefined) throw new Error('there are no variants')
    const report = {
      rounds: [],
      variants: [[name, variant]] as const,
      versions: [],
      day: '',
      disturbed: '',
      health: '',
      scalars: '',
      ends: '',
      missing: 'it',
    }
    expect(tables(report)).toContain(`| \`${name}\` | ${variant.what} | not run |`)
  })
})

describe('what a wrapper costs', () => {
  // Those that need no package but what this repository has.
  const own = true
  const run = (name: string, form: Form) => ({ name, form, key: keyOf(name, form) })

  test.each(forms)('is a figure for those who take turns, %s', async (form) => {
    const values = await runCosts([run('bare-stock', form), run('naive', form)], pace, turns, own)
    expect(values.get(keyOf('bare-stock', form))).toBeGreaterThan(0)
    expect(values.get(keyOf('naive', form))).toBeGreaterThan(0)
  })

  test('does not count when spans were lost, and the others go on', async () => {
    const flooded = { warmUp: 0, chunk: 5_000 }
    const values = await runCosts([run('naive', 'sync'), run('plain', 'sync')], flooded, turns, own)
    expect(`${values.get('naive-sync')}`).toMatch(
      /^Error: naive-sync: the run does not count: exported: expected \d+0000, got \d+/,
    )
    expect(values.get('plain-sync')).toBeGreaterThan(0)
  })

  test('is a multiple of bare stock in the same round; runs that do not count are left out and named', () => {
    const rounds = [
      { 'bare-stock-sync': 100, 'naive-sync': 150, 'bare-stock-async': 200 },
      { 'bare-stock-sync': 400, 'naive-sync': 800, 'bare-stock-async': 200 },
      { 'bare-stock-sync': 250, 'bare-stock-async': 200 },
    ].map((round) => new Map(Object.entries(round)))
    const report = {
      rounds,
      costs: ['bare-stock', 'naive', 'traceloop'].map((name) => [name, costNamed(name)] as const),
      versions: [],
      versionsOf: () => [],
      notLatest: [],
      failures: new Map([['naive-sync', ['it lost one']]]),
      day: '',
    }
    expect(costPage(report)).toContain('Runs that do not count:\n\n- naive-sync, 1 of 3: it lost one\n')
    expect(costTable(report).split('\n').slice(2)).toEqual([
      '| `bare-stock` | bare stock | 250 (100 to 400) |  | 200 (200 to 200) |  |',
      '| `naive` | naive wrapper | 475 (150 to 800) | **1.75** (1.50 to 2.00) | not run |  |',
      '| `traceloop` | Traceloop (OpenLLMetry) `withTask` | – | – | not run |  |',
    ])
  })
})

describe('the conformance suite', () => {
  const flags = ['--experimental-strip-types', '--disable-warning=ExperimentalWarning']
  const run = join(repositoryRoot, 'bench/peers/run.ts')

  test('is passed by the built package with an SDK, in every case', async () => {
    const { stdout } = await runNode([...flags, run, '--only', 'underway', '--reasons'], { cwd: repositoryRoot })
    expect(stdout).toContain(`| **all** | ${wrappingCases.length} / ${wrappingCases.length} |`)
  })

  test('says of what is written by hand what the page says, and why a case failed', async () => {
    const { stdout } = await runNode([...flags, run, '--only', 'by hand', '--reasons'], { cwd: repositoryRoot })
    const shares = [...stdout.matchAll(/^\| ([^|]+) \| (\d+ \/ \d+|–) \|$/gm)].map(([, group, share]) => [group, share])
    expect(shares).toEqual(columnOnPage('`by hand`'))
    expect(shares.at(-1)?.[1]).not.toMatch(/^(\d+) \/ \1$/)
    expect(stdout).toContain("`by hand`: generator.collected: the span 'work' has ended before it was collected\n")
  })
})

/** The groups of docs/conformance.md with the shares of one subject. */
function columnOnPage(title: string): [string | undefined, string | undefined][] {
  const text = readFileSync(join(repositoryRoot, 'docs/conformance.md'), 'utf8')
  const [head = [], , ...rows] = (text.split('## In short\n')[1]?.split('\n## ')[0] ?? '')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split('|').map((cell) => cell.trim()))
  return rows.map((cells) => [cells[1], cells[head.indexOf(title)]])
}
