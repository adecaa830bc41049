import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { startWatchdog } from '../../../dist/health/index.js'
import { runNode } from '../../support/child-process.js'

const program = fileURLToPath(new URL('fixtures/watched.mjs', import.meta.url))
let folder: string
let child: ChildProcess
let url: string
const flag = () => join(folder, 'go-on')
const reportFile = () => join(folder, 'blocked.json')

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'underway-watchdog-'))
  child = fork(program, [flag(), reportFile()], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  const [message] = (await once(child, 'message')) as [{ url: string }]
  url = message.url
})

afterEach(() => {
  child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

async function probe(path: string): Promise<{ code: number; body: Record<string, unknown> }> {
  const response = await fetch(`${url}${path}`)
  return { code: response.status, body: (await response.json()) as Record<string, unknown> }
}

async function tell(message: string): Promise<void> {
  const did = once(child, 'message')
  child.send(message)
  expect(await did).toMatchObject({ 0: { did: message } })
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
      expect((await probe('/healthz')).body).toMatchObject({
        last: {
          summary: 'Active: 1 (Trainer: 1)',
          errorHealth: { status: 'healthy' },
          open: [{ name: 'fit' }],
          stuck: [expect.stringContaining('fit open')],
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
      expect((await probe('/healthz')).body).toMatchObject({ last: { open: [{ name: 'fit' }] } }),
    )
    await tell('block')
    await eventually(async () => expect(await probe('/readyz')).toMatchObject({ code: 503, body: { loop: 'wedged' } }))
    expect((await probe('/livez')).code).toBe(200)
    await eventually(() => expect(existsSync(reportFile())).toBe(true))
    const report = JSON.parse(readFileSync(reportFile(), 'utf8')) as { stack: unknown[] }
    expect(report).toMatchObject({ pid: child.pid, last: { open: [{ module: 'Trainer', name: 'fit' }] } })
    expect(report.stack).toContainEqual({
      function: 'spinUntilTheFileIsThere',
      at: expect.stringMatching(/watched\.mjs:\d+:\d+$/),
    })
    const told = once(child, 'message')
    writeFileSync(flag(), '')
    expect(await told).toMatchObject({
      0: {
        errors: [
          { severity: 'warning', message: expect.stringMatching(/^the event loop was blocked for \d+ m?s in /) },
        ],
      },
    })
    await eventually(async () => expect((await probe('/readyz')).code).toBe(200))
  })

  test('drains on a signal, is not ready meanwhile, and keeps the exit code of the signal', async () => {
    let output = ''
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    expect((await exited)[0]).toBe(143)
    expect(output).toBe('left: fit\n')
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
