import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Change } from '../../src/index.js'
import type { ViewSummary } from '../../src/terminal/index.js'
import { type ChildResult, runNode } from '../support/child-process.js'
import { repositoryRoot } from '../support/repository.js'

const command = join(repositoryRoot, 'dist/cli/underway.js')

function demo(...args: string[]): Promise<ChildResult> {
  return runNode([command, 'demo', ...args], { cwd: repositoryRoot })
}

interface Recording {
  readonly changes: readonly Change[]
  readonly summary: ViewSummary
}

function read(stdout: string): Recording {
  const items = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Change | ViewSummary)
  const changes = items.filter((item): item is Change => item.kind !== 'summary')
  expect(items.at(-1)?.kind).toBe('summary')
  expect(items).toHaveLength(changes.length + 1)
  return { changes, summary: items.at(-1) as ViewSummary }
}

/** Every activity that came in, and every one that ended. */
function idsOf({ changes }: Recording): { readonly created: Set<string>; readonly ended: string[] } {
  const of = (...kinds: string[]): string[] =>
    changes.flatMap((change) => (kinds.includes(change.kind) && 'activity' in change ? [change.activity.id] : []))
  return { created: new Set(of('planned', 'started')), ended: of('ended') }
}

function endedIn({ changes }: Recording) {
  return changes.flatMap((change) => (change.kind === 'ended' ? [change.activity] : []))
}

function losses(recording: Recording): unknown[] {
  return endedIn(recording)
    .filter(({ name }) => name === 'train step')
    .map(({ result }) => result)
}

interface Started {
  readonly child: ChildProcess
  /** What it has written until now. */
  stdout(): string
  stderr(): string
  /** Its exit code, once it has ended and everything it wrote was read. */
  readonly code: Promise<number>
}

/** Starts it, and resolves once it has written something that matches. */
function started(expected: RegExp, ...args: string[]): Promise<Started> {
  const child = spawn(process.execPath, [command, 'demo', ...args], {
    cwd: repositoryRoot,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  const code = once(child, 'close').then(([exit]) => exit as number)
  const handle: Started = { child, stdout: () => stdout, stderr: () => stderr, code }
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk
  })
  return new Promise((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk
      if (expected.test(stdout)) resolve(handle)
    })
    void code.then(() => reject(new Error(`it ended without writing ${expected}: ${stderr}`)))
  })
}

describe('the demo in a pipe', () => {
  test('trains until all its work is quiescent, says so without escape sequences, and ends by itself', async () => {
    const { code, stdout, stderr } = await demo('--quick')
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).not.toContain('\x1b')
    expect(stdout).toMatch(/✓ completed after .*\n?.*12 of 12 steps done, all work is quiescent/)
    const [, from, to] = /loss ([\d.]+) → ([\d.]+)/.exec(stdout) ?? []
    expect(Number(to)).toBeLessThan(Number(from) / 4)
    expect(stdout).not.toContain('left open')
  })

  test('stops in good order when its reader leaves', async () => {
    const { child, code, stderr } = await started(/started/, '--duration', '60s')
    child.stdout?.destroy()
    expect([await code, stderr()]).toEqual([0, ''])
  })
})

describe('the demo in JSON', () => {
  test('tells of every activity from its beginning to its one end', async () => {
    const { code, stdout } = await demo('--quick', '--json')
    expect(code).toBe(0)
    const recording = read(stdout)
    const { created, ended } = idsOf(recording)
    expect(ended).toHaveLength(created.size)
    expect(new Set(ended)).toEqual(created)
    expect(recording.changes.map(({ number }) => number)).toEqual(
      recording.changes.map((_, at) => at + (recording.changes[0]?.number ?? 0)),
    )
    expect(recording.summary).toMatchObject({ state: 'completed', open: 0, missed: 0 })
  })

  test('has everything happen that happens to real work', async () => {
    const recording = read((await demo('--quick', '--json')).stdout)
    const activities = endedIn(recording)
    const attempts = activities.filter(({ name }) => name === 'play')
    expect(attempts.some(({ attempt, state }) => attempt?.number === 1 && state === 'failed')).toBe(true)
    expect(attempts.some(({ attempt, state }) => attempt?.number === 2 && state === 'completed')).toBe(true)
    expect(attempts.some(({ state, reason }) => state === 'cancelled' && reason?.startsWith('straggler'))).toBe(true)
    expect(new Set(attempts.map(({ module }) => module)).size).toBe(3)
    expect(
      activities
        .filter(({ type }) => type === 'decision')
        .every(({ considered, reason }) => (considered?.length ?? 0) > 0 && reason !== undefined),
    ).toBe(true)
    expect(activities.find(({ name }) => name === 'load')?.progress).toMatchObject({ done: 192, total: 192 })
    expect(activities.filter(({ name, state }) => name === 'rollout' && state === 'completed')).toHaveLength(192)
    expect(recording.summary.errors).toMatchObject({ error: 0, critical: 0 })
  })

  test('is quiescent too when the trainer stops early: what is still waiting is skipped', async () => {
    const recording = read((await demo('--steps', '30', '--seed', '17', '--json')).stdout)
    expect(recording.summary).toMatchObject({
      state: 'completed',
      did: expect.stringContaining('18 of 30 steps'),
      open: 0,
    })
    expect(recording.summary.decisions.byName).toMatchObject({ 'early stop': 1 })
    expect(losses(recording).filter((loss) => loss !== undefined)).toHaveLength(18)
    const { created, ended } = idsOf(recording)
    expect(ended).toHaveLength(created.size)
    expect(endedIn(recording).find(({ name }) => name === 'load')?.state).toBe('skipped')
  })

  test('learns the same in every run with the same seed, and something else with another', async () => {
    const [first, second, other] = (
      await Promise.all(['5', '5', '6'].map((seed) => demo('--steps', '8', '--json', '--seed', seed)))
    ).map(({ stdout }) => read(stdout))
    if (first === undefined || second === undefined || other === undefined) throw new Error('not three runs')
    const decided = ({ summary }: Recording): unknown =>
      summary.decisions.recent.map(({ name, outcome, considered }) => [name, outcome, considered])
    expect(losses(first)).toHaveLength(8)
    expect(losses(second)).toEqual(losses(first))
    expect(decided(second)).toEqual(decided(first))
    expect(losses(other)).not.toEqual(losses(first))
  })
})

describe('the demo with a module that breaks', () => {
  test.each([
    [[], 'module rollout-worker-2 is down'],
    [['rollout-worker-3'], 'module rollout-worker-3 is down: health check threw Error: the thread ran into a bug'],
    [['trainer'], 'trainer failed: the weights are not numbers any more after step 4'],
    [['environment'], 'module environment is down'],
  ])('--fail %j stops the run for that reason, with nothing left open', async (module, reason) => {
    const { code, stdout, stderr } = await demo('--quick', '--json', '--fail', ...module)
    expect([code, stderr]).toEqual([1, ''])
    const recording = read(stdout)
    expect(recording.summary).toMatchObject({ state: 'failed', open: 0 })
    expect(recording.summary.reason).toContain(reason)
    const { created, ended } = idsOf(recording)
    expect(ended).toHaveLength(created.size)
  })
})

describe('the demo and signals', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s cancels the run, waits for its work to end, and exits with %i', async (signal, expected) => {
    const { child, code, stdout, stderr } = await started(/"train step"/, '--duration', '60s', '--json')
    child.kill(signal)
    expect([await code, stderr()]).toEqual([expected, ''])
    const recording = read(stdout())
    expect(recording.summary).toMatchObject({ state: 'cancelled', reason: `interrupted by ${signal}`, open: 0 })
    expect(endedIn(recording).find(({ type }) => type === 'run')?.state).toBe('cancelled')
  })
})

describe('the command line of the demo', () => {
  test.each([
    [['--bogus'], "Unknown option '--bogus'"],
    [['--duration', 'soon'], "--duration expects 30s, 2m or a number of seconds, not 'soon'"],
    [['--steps', '0'], '--steps expects a whole number from 1'],
    [['--fail', 'nobody'], '--fail expects data-loader'],
    [['--seed'], "Option '--seed <value>' argument missing"],
    [['now'], "Unexpected argument 'now'"],
  ])('%j is refused on stderr with exit code 2', async (args, message) => {
    const { code, stdout, stderr } = await demo(...args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(message)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })

  test('--help fits into 80 columns and tells all options', async () => {
    const { code, stdout } = await demo('--help')
    expect(code).toBe(0)
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
    for (const option of ['duration', 'quick', 'steps', 'seed', 'fail', 'json', 'no-live', 'help'])
      expect(stdout).toContain(`--${option}`)
  })
})
