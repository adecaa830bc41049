import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { childHealthCheck, startWatchdog } from '../../../dist/health/index.js'
import { ActivityTracker, startActivity } from '../../../dist/index.js'
import { runNode } from '../../support/child-process.js'

const program = fileURLToPath(new URL('fixtures/watched.mjs', import.meta.url))
let folder: string
let child: ChildProcess
let url: string
const flag = () => join(folder, 'go-on')
const reportFile = () => join(folder, 'blocked.json')

async function start(how = ''): Promise<void> {
  child = fork(program, [flag(), reportFile(), how], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  url = String((await saying('url'))['url'])
}

/** In place of the usual one. */
async function startInstead(how: string): Promise<void> {
  child.kill('SIGKILL')
  await start(how)
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'underway-watchdog-'))
  await start()
})

afterEach(() => {
  child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

async function probe(path: string): Promise<{ code: number; body: Record<string, unknown> }> {
  const response = await fetch(`${url}${path}`)
  return { code: response.status, body: (await response.json()) as Record<string, unknown> }
}

/** The next message of the program with this key. */
function saying(key: string): Promise<Record<string, unknown>> {
  const { promise, resolve } = Promise.withResolvers<Record<string, unknown>>()
  const listen = (message: Record<string, unknown>): void => {
    if (!(key in message)) return
    child.off('message', listen)
    resolve(message)
  }
  child.on('message', listen)
  return promise
}

async function tell(message: string): Promise<void> {
  const did = saying('did')
  child.send(message)
  expect(await did).toEqual({ did: message })
}

/** Asks again and again, as a prober does. */
function eventually(check: () => unknown): Promise<unknown> {
  return vi.waitFor(check, { timeout: 60_000, interval: 20 })
}

describe('a program with a watchdog', () => {
  test('answers its probes', async () => {
    expect(await probe('/livez')).toMatchObject({ code: 200, body: { status: 'ok', loop: 'ok' } })
    expect(await probe('/readyz')).toMatchObject({ code: 200, body: { ready: true, started: true, draining: false } })
    expect(await probe('/startupz')).toMatchObject({ code: 200 })
    expect((await probe('/nothing')).code).toBe(404)
    await eventually(async () =>
      expect(await probe('/healthz')).toMatchObject({
        code: 200,
        body: {
          status: 'degraded',
          ready: true,
          checks: {
            loop: { status: 'ok', state: 'ok' },
            modules: { status: 'ok', down: 0, list: [{ name: 'Trainer', state: 'up', open: 1 }] },
            errors: { status: 'ok', health: { status: 'healthy', errorLevelCount: 0 } },
            activities: {
              status: 'degraded',
              summary: 'Active: 1 (Trainer: 1)',
              open: [{ name: 'fit' }],
              stuck: [expect.stringContaining('fit open')],
            },
          },
        },
      }),
    )
  })

  test('is not ready, or not started, when it says so, and alive all the same', async () => {
    await tell('not ready')
    expect((await probe('/readyz')).code).toBe(503)
    expect((await probe('/startupz')).code).toBe(200)
    await tell('not started')
    expect((await probe('/startupz')).code).toBe(503)
    expect((await probe('/livez')).code).toBe(200)
  })

  test('whose event loop is blocked is alive, not ready, writes where it is and what was open, and tells afterwards', async () => {
    await eventually(async () =>
      expect((await probe('/healthz')).body).toMatchObject({ checks: { activities: { open: [{ name: 'fit' }] } } }),
    )
    await tell('block')
    await eventually(async () => expect(await probe('/readyz')).toMatchObject({ code: 503, body: { loop: 'wedged' } }))
    expect((await probe('/livez')).code).toBe(200)
    // What was open is still told, by a thread that does not need the one that is blocked.
    expect(await probe('/healthz')).toMatchObject({
      code: 503,
      body: {
        status: 'failing',
        checks: { loop: { status: 'failing', state: 'wedged' }, activities: { open: [{ name: 'fit' }] } },
      },
    })
    await eventually(() => expect(existsSync(reportFile())).toBe(true))
    const report = JSON.parse(readFileSync(reportFile(), 'utf8')) as { stack: unknown[] }
    expect(report).toMatchObject({ pid: child.pid, last: { open: [{ module: 'Trainer', name: 'fit' }] } })
    expect(report.stack).toContainEqual({
      function: 'spinUntilTheFileIsThere',
      at: expect.stringMatching(/watched\.mjs:\d+:\d+$/),
    })
    const told = saying('errors')
    writeFileSync(flag(), '')
    expect(await told).toMatchObject({
      errors: [{ severity: 'warning', message: expect.stringMatching(/^the event loop was blocked for \d+ m?s in /) }],
    })
    await eventually(async () => expect((await probe('/readyz')).code).toBe(200))
  })

  test('that is blocked is silent and not dead, for itself and for who asks it from outside', async () => {
    const outside = new ActivityTracker()
    outside.registerModule('Remote', { healthCheck: childHealthCheck(child) })
    expect(await outside.checkModuleLiveness({ timeoutMillis: 60_000 })).toBe(true)
    const work = startActivity({ tracker: outside, module: 'Remote', name: 'fit', silenceBudgetMillis: 1 })
    await tell('block')
    await eventually(async () => expect(await probe('/readyz')).toMatchObject({ code: 503, body: { loop: 'wedged' } }))
    expect(await outside.checkModuleLiveness({ timeoutMillis: 100 })).toBe(false)
    expect(outside.modules()).toMatchObject([{ state: 'down', reason: 'no answer within 100 ms' }])
    expect(outside.blockers()).toMatchObject([{ condition: 'silent' }])
    const told = saying('conditions')
    writeFileSync(flag(), '')
    expect(await told).toMatchObject({ conditions: ['silent'] })
    expect(await outside.checkModuleLiveness({ timeoutMillis: 60_000 })).toBe(true)
    work.complete()
  })

  test('that turns without a pause is saturated and goes on being ready, and one that does not turn is wedged', async () => {
    const loopIs = (loop: string, code: number) =>
      eventually(async () => expect(await probe('/readyz')).toMatchObject({ code, body: { loop } }))
    await loopIs('ok', 200)
    await tell('saturate')
    await loopIs('saturated', 200)
    await eventually(async () =>
      expect(await probe('/healthz')).toMatchObject({
        code: 200,
        body: { status: 'degraded', checks: { loop: { status: 'degraded', state: 'saturated' } } },
      }),
    )
    await tell('rest')
    await loopIs('ok', 200)
    await tell('block')
    await loopIs('wedged', 503)
  })

  test('that reaches neither its collector nor its database is alive and ready, and says what is broken', async () => {
    await startInstead('broken')
    await eventually(async () =>
      expect(await probe('/healthz')).toMatchObject({
        code: 200,
        body: {
          status: 'degraded',
          checks: {
            modules: {
              status: 'failing',
              down: 1,
              list: [
                { name: 'Database', reason: 'health check threw Error: connect ECONNREFUSED' },
                { name: 'Trainer' },
              ],
            },
            errors: { status: 'failing' },
          },
        },
      }),
    )
    for (const path of ['/livez', '/readyz', '/startupz']) expect((await probe(path)).code).toBe(200)
    await tell('block')
    await eventually(async () => expect((await probe('/readyz')).code).toBe(503))
    expect(await probe('/livez')).toMatchObject({ code: 200, body: { status: 'ok', loop: 'wedged' } })
  })

  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('drains on %s and keeps its exit code, %i', async (signal, exitCode) => {
    let output = ''
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
    const exited = once(child, 'exit')
    child.kill(signal)
    expect((await exited)[0]).toBe(exitCode)
    expect(output).toBe('left: fit\n')
  })

  test('is alive and not ready while it drains, and a second signal ends it at once', async () => {
    await startInstead('patient')
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    await eventually(async () => expect(await probe('/readyz')).toMatchObject({ code: 503, body: { draining: true } }))
    expect((await probe('/livez')).code).toBe(200)
    child.kill('SIGINT')
    expect((await exited)[0]).toBe(130)
  })
})

test('nothing of it keeps a process alive', async () => {
  const script = `
    import { startWatchdog } from '${new URL('../../../dist/health/index.js', import.meta.url).href}'
    const { url } = await startWatchdog({ probes: {} })
    console.log(url)
  `
  const ended = await runNode(['--input-type=module', '--eval', script], { cwd: folder })
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  expect(ended.stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\n$/)
})

test('an address that is taken, or is none, is refused at once', async () => {
  const port = Number(new URL(url).port)
  await expect(startWatchdog({ probes: { port } })).rejects.toMatchObject({
    code: 'OPTIONS_INVALID',
    message: expect.stringContaining('EADDRINUSE'),
  })
  await expect(startWatchdog({ probes: { port: 70_000 } })).rejects.toThrow('expected 0 to 65535, got 70000')
  await expect(startWatchdog({ blockedAfterMillis: 0 })).rejects.toThrow(
    'expected a positive number of milliseconds, got 0',
  )
})
