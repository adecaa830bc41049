import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { monitorHealth } from '../../../src/health/index.js'
import { resolveSettings } from '../../../src/health/monitor-settings.js'
import { newTracker } from '../../support/tracked.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'underway-settings-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function yaml(text: string): string {
  const path = join(folder, 'underway.yaml')
  writeFileSync(path, text)
  return path
}

const documented = `
runtime_monitor:
  exception_handling:
    enabled: true
    check_interval: 1.5  # seconds
    policy: "stop_on_critical"
  health_check:
    enabled: false
    check_interval: 20.0
    timeout: 2.0
logger:
  backend: "wandb"
project_name: "Project"
`

describe('where settings come from', () => {
  test('the defaults', () => {
    expect(resolveSettings({ code: {}, environment: {} })).toEqual({
      exceptionHandling: { enabled: true, intervalMillis: 1_000, policy: 'stop_on_error' },
      healthCheck: { enabled: true, intervalMillis: 30_000, timeoutMillis: 5_000 },
    })
  })

  test('a file with runtime_monitor, whose intervals are seconds', () => {
    expect(resolveSettings({ code: {}, environment: {}, file: yaml(documented) })).toEqual({
      exceptionHandling: { enabled: true, intervalMillis: 1_500, policy: 'stop_on_critical' },
      healthCheck: { enabled: false, intervalMillis: 20_000, timeoutMillis: 2_000 },
    })
  })

  test('a file with our own names, which come before the others; UNDERWAY_CONFIG names it', () => {
    const file = yaml(`health:\n  exceptionHandling:\n    policy: continue\n    intervalMillis: 250\n${documented}`)
    expect(resolveSettings({ code: {}, environment: { UNDERWAY_CONFIG: file } }).exceptionHandling).toEqual({
      enabled: true,
      intervalMillis: 250,
      policy: 'continue',
    })
  })

  test('code before environment before file before default, setting by setting', () => {
    const { exceptionHandling, healthCheck } = resolveSettings({
      code: { exceptionHandling: { policy: 'continue' }, healthCheck: { timeoutMillis: undefined } },
      environment: {
        UNDERWAY_EXCEPTION_HANDLING_POLICY: 'STOP_ON_ERROR',
        UNDERWAY_EXCEPTION_HANDLING_INTERVAL: '300',
        UNDERWAY_HEALTH_CHECK_ENABLED: 'True',
        UNDERWAY_HEALTH_CHECK_INTERVAL: ' ',
      },
      file: yaml(documented),
    })
    expect(exceptionHandling).toEqual({ enabled: true, intervalMillis: 300, policy: 'continue' })
    expect(healthCheck).toEqual({ enabled: true, intervalMillis: 20_000, timeoutMillis: 2_000 })
  })

  test('an empty file says nothing', () => {
    expect(resolveSettings({ code: {}, environment: {}, file: yaml('# nothing yet\n') })).toEqual(
      resolveSettings({ code: {}, environment: {} }),
    )
  })
})

describe('what cannot be used is refused with what to write', () => {
  test.each([
    [
      { exceptionHandling: { policy: 'stop' } },
      "{ policy } }): expected continue, stop_on_error, stop_on_critical, got 'stop'",
    ],
    [
      { exceptionHandling: { intervalMillis: -1 } },
      '{ intervalMillis } }): expected a positive number of milliseconds, got -1',
    ],
    [{ exceptionHandling: { intervalMillis: 0 } }, 'got 0'],
    [{ healthCheck: { timeoutMillis: '5s' } }, "expected a positive number of milliseconds, got '5s'"],
    [{ healthCheck: { enabled: 'yes' } }, "expected true or false, got 'yes'"],
    [{ healthCheck: 5 }, 'expected an object with enabled, intervalMillis, timeoutMillis, got 5'],
    [{ healthCheck: { interval: 5 } }, "unknown key 'interval'; known are enabled, intervalMillis, timeoutMillis"],
    [{ policy: 'continue' }, 'monitorHealth({ policy }): unknown option'],
    [{ onStop: 'log' }, 'monitorHealth({ onStop }): expected a function, got string'],
    [{ keepAlive: 'yes' }, 'monitorHealth({ keepAlive }): expected true or false, got string'],
    [{ tracker: {} }, 'expected an ActivityTracker'],
    [{ configFile: 5 }, 'expected a path, got number'],
    [null, 'options must be an object, got null'],
  ])('in code: %j', (options, message) => {
    const { tracker } = newTracker()
    const given = options === null ? options : { tracker, ...options }
    expect(() => monitorHealth(given as never)).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID', message: expect.stringContaining(message) }),
    )
  })

  test.each([
    ['UNDERWAY_EXCEPTION_HANDLING_POLICY', 'never'],
    ['UNDERWAY_EXCEPTION_HANDLING_INTERVAL', '1s'],
    ['UNDERWAY_HEALTH_CHECK_ENABLED', '1'],
    ['UNDERWAY_HEALTH_CHECK_TIMEOUT', '-5'],
  ])('in the environment: %s=%s', (variable, value) => {
    expect(() => resolveSettings({ code: {}, environment: { [variable]: value } })).toThrow(
      new RegExp(`^${variable}: expected .*, got .?${value}`),
    )
  })

  test.each([
    ['a: [', 'cannot be read as YAML'],
    ['- a list', 'expected a YAML file with a mapping'],
    [
      'health: { exceptionHandling: { policy: sometimes } }',
      "health.exceptionHandling.policy: expected continue, stop_on_error, stop_on_critical, got 'sometimes'",
    ],
    ['health: { exceptions: {} }', "health: unknown key 'exceptions'"],
    [
      'runtime_monitor: { health_check: { timeout: fast } }',
      "runtime_monitor.health_check.timeout: expected a positive number of seconds, got 'fast'",
    ],
    [
      'runtime_monitor: { health_check: { timeoutMillis: 5 } }',
      "unknown key 'timeoutMillis'; known are enabled, check_interval, timeout",
    ],
  ])('in a file: %s', (text, message) => {
    const file = yaml(text)
    expect(() => resolveSettings({ code: {}, environment: {}, file })).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID', message: expect.stringContaining(message) }),
    )
  })

  test('a file that is not there is named', () => {
    expect(() => resolveSettings({ code: {}, environment: {}, file: join(folder, 'none.yaml') })).toThrow(
      /none\.yaml: there is no such file/,
    )
  })
})
