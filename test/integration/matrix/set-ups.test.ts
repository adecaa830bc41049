import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { version } from '../../../src/base/version.js'
import { runNode } from '../../support/child-process.js'
import { installNodes } from '../../support/install-nodes.js'
import { installSdk2 } from '../../support/install-sdk2.mjs'
import { succeeded, Workbench } from '../../support/installed-project.js'
import {
  addSecondCopy,
  type CellOptions,
  type CellResult,
  installLine,
  type Line,
  runCell,
  withDuplicatedApi,
} from '../../support/matrix.js'
import { OtlpReceiver } from '../../support/otlp-receiver.js'

const missingSdk2 = installSdk2()
const nodes = installNodes()
for (const missing of new Set([missingSdk2, ...nodes.map((node) => node.missing)]))
  if (missing !== undefined) console.warn(`skipped: ${missing}`)

const lines: readonly Line[] = missingSdk2 === undefined ? ['none', 'SDK 3', 'SDK 2'] : ['none', 'SDK 3']
const sdkLines = lines.filter((line) => line !== 'none')

const workbench = new Workbench()
const projects = new Map<Line, string>()
const project = (line: Line): string => projects.get(line) ?? ''
let plain: CellResult

beforeAll(async () => {
  for (const line of lines) projects.set(line, await installLine(workbench, line))
  for (const path of projects.values()) {
    addSecondCopy(path, 'second')
    addSecondCopy(path, 'later', '9.8.7')
  }
  plain = await runCell(project('none'))
})
afterAll(() => workbench[Symbol.dispose]())

/** How many spans the work has where all are sampled: one for each activity that started, and the program's own. */
const allSpans = (): number => (plain.account.totals['started'] ?? 0) + 1

function expectExact(cell: CellResult): void {
  expect(cell.account).toEqual(plain.account)
  expect({ faults: cell.faults, warnings: cell.warnings }).toEqual({ faults: {}, warnings: [] })
}

test('the account of the plain run is what the workload does', () => {
  const { totals, open, health, moments, story } = plain.account as never as {
    readonly totals: Record<string, number>
    readonly open: number
    readonly health: unknown
    readonly moments: readonly { readonly label: string; readonly quiescent: Record<string, boolean> }[]
    readonly story: Record<string, number>
  }
  expect(totals).toMatchObject({ created: 43, failed: 3, cancelled: 1, skipped: 1, withdrawn: 1 })
  expect(open).toBe(0)
  expect(moments.map(({ label, quiescent }) => [label, quiescent['whole'], quiescent['self']])).toEqual([
    ['before', true, true],
    ['inside', true, false],
    ['parallel', false, false],
    ['planned', false, false],
    ['done but for itself', true, false],
    ['after', true, true],
  ])
  expect(story).toMatchObject({ 'load in step of train': 6, 'parse in load of train': 6, 'env in rollout of train': 5 })
  expect(health).toMatchObject({ errorLevelCount: 1, warningLevelCount: 3 })
  expect(plain).toMatchObject({ faults: {}, warnings: [], setting: { spans: [] } })
})

describe.each(sdkLines)('%s gives the account of the plain run', (line) => {
  const cells: readonly [string, CellOptions, (spans: number) => void][] = [
    [
      'with its provider registered before the package',
      { provider: 'before' },
      (spans) => expect(spans).toBe(allSpans()),
    ],
    [
      'with its provider registered after the package',
      { provider: 'after' },
      (spans) => expect(spans).toBe(allSpans()),
    ],
    [
      'with its provider registered in the middle of the work',
      { provider: 'midway' },
      (spans) => expect(spans > 0 && spans < allSpans()).toBe(true),
    ],
    ['with no provider registered', {}, (spans) => expect(spans).toBe(0)],
    ['with nothing sampled', { provider: 'before', sampler: 0 }, (spans) => expect(spans).toBe(0)],
    [
      'with one trace in a hundred sampled',
      { provider: 'before', sampler: 0.01 },
      (spans) => expect(spans).toBeLessThanOrEqual(allSpans()),
    ],
    ['with everything sampled', { provider: 'before', sampler: 1 }, (spans) => expect(spans).toBe(allSpans())],
    [
      'sampling as the parent says, without one',
      { provider: 'before', sampler: 'parent' },
      (spans) => expect(spans).toBe(allSpans()),
    ],
    [
      'sampling as the parent says, under a caller that does not sample',
      { provider: 'before', sampler: 'parent', unsampledCaller: true },
      // What is detached from the caller begins a trace of its own.
      (spans) => expect(spans).toBe(1),
    ],
    ['with tracing suppressed', { provider: 'before', suppressed: true }, (spans) => expect(spans).toBe(0)],
  ]

  test.each(cells)('%s', async (_, options, expectSpans) => {
    const cell = await runCell(project(line), options)
    expectExact(cell)
    expect(cell.setting.api).toMatch(line === 'SDK 2' ? /^1\.9\./ : /^1\.10\./)
    expectSpans(cell.setting.spans.length)
  })

  test('in a CommonJS program', async () => {
    const cell = await runCell(project(line), { provider: 'before' }, { file: 'main.cjs' })
    expectExact(cell)
    expect(cell.setting.spans).toHaveLength(allSpans())
  })

  test('with an SDK that --import registers', async () => {
    const cell = await runCell(project(line), {}, { flags: ['--import', './early.mjs'] })
    expectExact(cell)
    expect(cell.setting.spans).toHaveLength(allSpans())
  })

  test('under --import underway/register', async () => {
    const collector = await OtlpReceiver.start()
    try {
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint }
      const cell = await runCell(project(line), {}, { flags: ['--import', 'underway/register'], env })
      expectExact(cell)
      expect(collector.names('traces')).toHaveLength(allSpans())
    } finally {
      await collector[Symbol.asyncDispose]()
    }
  })
})

describe('without an SDK', () => {
  test('a CommonJS program gives the same account', async () => {
    expectExact(await runCell(project('none'), {}, { file: 'main.cjs' }))
  })

  test.each(['worker_threads', 'fork', 'cluster'])('%s: each has its own account, and it is exact', async (kind) => {
    const { stdout } = succeeded(await runNode(['many.mjs', kind], { cwd: project('none') }))
    const cells = JSON.parse(stdout) as CellResult[]
    expect(cells).toHaveLength(3)
    for (const cell of cells) expectExact(cell)
    expect(new Set(cells.map(({ setting }) => setting.instance)).size).toBe(3)
  })
})

describe.each(lines)('two copies of the package, %s', (line) => {
  const providers: readonly CellOptions[] =
    line === 'none' ? [{}] : [{}, { provider: 'before' }, { provider: 'after' }, { provider: 'midway' }]
  const copies = [
    ['of one version', 'second', () => version],
    ['of which one has another version', 'later', () => '9.8.7'],
  ] as const

  test.each(copies.flatMap((copy) => providers.map((options) => [...copy, options] as const)))(
    '%s (%s) count, nest and wait as one (%#)',
    async (_, second, expected, options) => {
      const cell = await runCell(project(line), { ...options, second })
      expectExact(cell)
      expect(cell.setting).toMatchObject({ copies: [version, expected()], different: true })
      if (options.provider === 'before') expect(cell.setting.spans).toHaveLength(allSpans())
    },
  )
})

describe.skipIf(missingSdk2 !== undefined)('a duplicated api', () => {
  test.each(['before', 'after', 'midway'] as const)(
    'that is newer than the one the SDK is registered through (%s) is warned about once, and tracking goes on',
    async (provider) => {
      const cell = await runCell(withDuplicatedApi(project('SDK 2'), 'SDK 3'), { provider })
      expect(cell.account).toEqual(plain.account)
      expect(cell.setting.spans).toEqual(['db'])
      expect(cell.faults).toEqual({ 'api.duplicated': 1 })
      expect(cell.warnings).toMatchObject([{ name: 'UnderwayWarning', code: 'UNDERWAY_API_DUPLICATED' }])
      expect(cell.warnings[0]?.message).toContain('1.9.1')
    },
  )

  test.each(['before', 'after', 'midway'] as const)(
    'that is older sees the SDK all the same (%s), and nothing is warned about',
    async (provider) => {
      const cell = await runCell(withDuplicatedApi(project('SDK 3'), 'SDK 2'), { provider })
      expectExact(cell)
      if (provider === 'before') expect(cell.setting.spans).toHaveLength(allSpans())
    },
  )
})

describe.each(nodes)('Node $version', ({ version: wanted, path, missing }) => {
  const cells = [
    ['none', {}],
    ['SDK 3', { provider: 'before' }],
    ['SDK 3', { provider: 'midway', second: 'later' }],
    ...(missingSdk2 === undefined ? ([['SDK 2', { provider: 'before' }]] as const) : []),
  ] as const

  test.skipIf(missing !== undefined).each(cells)(
    'with %s gives the account of the plain run (%#)',
    async (line, options) => {
      const files = ['main.mjs', 'main.cjs']
      for (const file of files) {
        const cell = await runCell(project(line), options, { file, node: path })
        expectExact(cell)
        expect(cell.setting.node).toBe(wanted)
      }
    },
  )

  test.skipIf(missing !== undefined)('threads, forks and clusters are exact, each for itself', async () => {
    for (const kind of ['worker_threads', 'fork', 'cluster']) {
      const { stdout } = succeeded(
        await runNode([join(project('none'), 'many.mjs'), kind], { cwd: project('none'), node: path }),
      )
      for (const cell of JSON.parse(stdout) as CellResult[]) expectExact(cell)
    }
  })
})
