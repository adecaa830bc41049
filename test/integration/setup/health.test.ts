import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { StopReason } from '../../../src/health/index.js'
import { runActivity, type StartUnderwayOptions, startUnderway, type UnderwayHandle } from '../../../src/index.js'
import { runNode } from '../../support/child-process.js'
import { filesLoadedBy } from '../../support/loaded-files.js'
import { repositoryRoot } from '../../support/repository.js'
import { newTracker } from '../../support/tracked.js'

const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
let folder: string
beforeEach(() => {
  warn.mockClear()
  folder = mkdtempSync(join(tmpdir(), 'underway-health-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function yaml(text: string): string {
  const path = join(folder, 'underway.yaml')
  writeFileSync(path, text)
  return path
}

const quiet = { OTEL_SDK_DISABLED: 'true' }

async function start(
  options: StartUnderwayOptions,
  env: Readonly<Record<string, string>> = {},
): Promise<UnderwayHandle> {
  const underway = await startUnderway({ ...options, env: { ...quiet, ...env } })
  onTestFinished(async () => void (await underway.shutdown()))
  return underway
}

const theirs = 'runtime_monitor:\n  exception_handling:\n    policy: stop_on_critical\n    check_interval: 0.5\n'

describe('the monitor of startUnderway', () => {
  test('is not there unless somebody asks for it', async () => {
    const { tracker, clock } = newTracker()
    expect((await start({ tracker })).health).toBe(undefined)
    expect(clock.timers).toBe(0)
  })

  test('takes code before environment before file before default', async () => {
    const { tracker } = newTracker()
    const { health } = await start(
      { tracker, health: { exceptionHandling: { policy: 'continue' } } },
      { UNDERWAY_CONFIG: yaml(theirs), UNDERWAY_HEALTH_CHECK_TIMEOUT: '700' },
    )
    expect(health?.settings).toEqual({
      exceptionHandling: { enabled: true, intervalMillis: 500, policy: 'continue' },
      healthCheck: { enabled: true, intervalMillis: 30_000, timeoutMillis: 700 },
    })
  })

  test.each<[string, StartUnderwayOptions['health'], () => Readonly<Record<string, string>>, string | undefined]>([
    ['true', true, () => ({}), 'stop_on_error'],
    ['a variable', undefined, () => ({ UNDERWAY_EXCEPTION_HANDLING_POLICY: 'continue' }), 'continue'],
    ['a file that has settings', undefined, () => ({ UNDERWAY_CONFIG: yaml(theirs) }), 'stop_on_critical'],
    ['a file without settings', undefined, () => ({ UNDERWAY_CONFIG: yaml('project_name: mine\n') }), undefined],
    ['false, whatever the rest says', false, () => ({ UNDERWAY_CONFIG: yaml(theirs) }), undefined],
    ['tracking that is disabled', true, () => ({ UNDERWAY_DISABLED: 'true' }), undefined],
  ])('is decided by %s', async (_, health, env, policy) => {
    const { tracker } = newTracker()
    const underway = await start({ tracker, ...(health === undefined ? {} : { health }) }, env())
    expect(underway.health?.settings.exceptionHandling.policy).toBe(policy)
  })

  test('stops what is open by its policy, and tells', async () => {
    const { tracker, clock } = newTracker()
    const stops: StopReason[] = []
    const { health } = await start({ tracker, health: { onStop: (reason) => void stops.push(reason) } })
    const seen = runActivity({ tracker, name: 'train' }, async ({ signal }) => {
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve)
      })
      return signal.reason as Error
    })
    tracker.reportError('disk is full')
    await clock.advance(1_000)
    expect((await seen).message).toBe('1 error and 0 warnings in the last 5 min (policy stop_on_error)')
    expect(stops).toEqual([health?.stopReason])
    expect(warn).not.toHaveBeenCalled()
  })

  test('warns once when it stops and nobody has asked to be told', async () => {
    const { tracker, clock } = newTracker()
    await start({ tracker, health: true })
    tracker.reportError('disk is full', { severity: 'critical' })
    await clock.advance(5_000)
    expect(warn.mock.calls).toEqual([
      [
        'the program is told to stop: 1 error and 0 warnings in the last 5 min (policy stop_on_error)',
        { type: 'UnderwayWarning', code: 'UNDERWAY_HEALTH' },
      ],
    ])
  })

  test('ends with the shutdown', async () => {
    const { tracker, clock } = newTracker()
    const underway = await start({ tracker, health: true })
    await underway.shutdown()
    expect(clock.timers).toBe(0)
    tracker.reportError('late')
    await clock.advance(5_000)
    expect(underway.health?.stopReason).toBe(undefined)
  })

  test.each<[string, unknown, () => Readonly<Record<string, string>>, string]>([
    [
      'in code',
      { exceptionHandling: { policy: 'stop' } },
      () => ({}),
      "startUnderway({ health: { exceptionHandling: { policy } } }): expected continue, stop_on_error, stop_on_critical, got 'stop'",
    ],
    [
      'a negative interval in code',
      { healthCheck: { intervalMillis: -5 } },
      () => ({}),
      'startUnderway({ health: { healthCheck: { intervalMillis } } }): expected a positive number of milliseconds, got -5',
    ],
    ['an unknown option', { policy: 'continue' }, () => ({}), 'startUnderway({ health: { policy } }): unknown option'],
    ['a wrong type', 5, () => ({}), 'startUnderway({ health }): expected true, false or an object of settings'],
    [
      'in the environment',
      undefined,
      () => ({ UNDERWAY_HEALTH_CHECK_INTERVAL: '-1' }),
      'UNDERWAY_HEALTH_CHECK_INTERVAL: expected a positive number of milliseconds, got -1',
    ],
    [
      'in the file',
      undefined,
      () => ({ UNDERWAY_CONFIG: yaml('health: { exceptionHandling: { policy: maybe } }') }),
      "health.exceptionHandling.policy: expected continue, stop_on_error, stop_on_critical, got 'maybe'",
    ],
    [
      'a file that is not there',
      undefined,
      () => ({ UNDERWAY_CONFIG: join(folder, 'none.yaml') }),
      'none.yaml: there is no such file',
    ],
  ])('refuses what it cannot use: %s', async (_, health, env, message) => {
    const { tracker, clock } = newTracker()
    await expect(start({ tracker, health: health as never }, env())).rejects.toMatchObject({
      code: 'OPTIONS_INVALID',
      message: expect.stringContaining(message),
    })
    expect(clock.timers).toBe(0)
    // Nothing is left of it: the next call sets up.
    expect((await start({ tracker })).status().state).toBe('disabled')
  })
})

test('what reads YAML is loaded only where a monitor may be wanted', async () => {
  const without = `import { startUnderway } from 'underway'
    await startUnderway({ env: { OTEL_SDK_DISABLED: 'true' } })`
  expect((await filesLoadedBy(without)).packages).not.toContain('yaml')
  const withOne = without.replace("'true' }", "'true', UNDERWAY_EXCEPTION_HANDLING_POLICY: 'continue' }")
  expect((await filesLoadedBy(withOne)).packages).toContain('yaml')
})

test('a program without a line about it is stopped by the policy of its environment', async () => {
  const script = `
    import { runActivity } from 'underway'
    const outcome = await runActivity({ module: 'Trainer', name: 'train' }, (train) => new Promise((resolve, reject) => {
      const work = setInterval(() => undefined, 1_000)
      runActivity('step', (step) => step.fail(new Error('disk is full')))
      train.signal.addEventListener('abort', () => {
        clearInterval(work)
        reject(train.signal.reason)
      })
    })).catch(({ message }) => message)
    console.log(outcome)
  `
  const { code, stdout, stderr } = await runNode(
    ['--import', 'underway/register', '--input-type=module', '--eval', script],
    {
      cwd: repositoryRoot,
      env: { ...quiet, UNDERWAY_CONFIG: yaml('runtime_monitor: { exception_handling: { check_interval: 0.02 } }') },
    },
  )
  const message = '1 error and 0 warnings in the last 5 min (policy stop_on_error)'
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${message}\n` })
  expect(stderr).toContain(`[UNDERWAY_HEALTH] UnderwayWarning: the program is told to stop: ${message}`)
})
