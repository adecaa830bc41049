import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, test } from 'vitest'
import { childHealthCheck, httpHealthCheck, workerHealthCheck } from '../../../dist/health/index.js'
import { ActivityTracker, type HealthCheck, startActivity } from '../../../dist/index.js'

const program = fileURLToPath(new URL('fixtures/answering.mjs', import.meta.url))
const cleanUps: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp()
})

/** What is asked about it, on whichever side it runs. */
interface Remote {
  readonly check: HealthCheck
  tell(message: string): void
  readonly heard: unknown[]
  next(): Promise<unknown>
  kill(): Promise<unknown>
  readonly exited: Promise<unknown>
}

async function startWorker(how: string): Promise<Remote> {
  const worker = new Worker(program, { workerData: how })
  cleanUps.push(() => worker.terminate())
  const heard: unknown[] = []
  worker.on('message', (message) => heard.push(message))
  const exited = once(worker, 'exit')
  await once(worker, 'message')
  return {
    check: workerHealthCheck(worker),
    tell: (message) => worker.postMessage(message),
    heard,
    next: () => once(worker, 'message'),
    kill: () => worker.terminate(),
    exited,
  }
}

async function startChild(how: string): Promise<Remote> {
  const child: ChildProcess = fork(program, [how])
  cleanUps.push(() => void child.kill('SIGKILL'))
  const heard: unknown[] = []
  child.on('message', (message) => heard.push(message))
  const exited = once(child, 'exit')
  await once(child, 'message')
  return {
    check: childHealthCheck(child),
    tell: (message) => void child.send(message),
    heard,
    next: () => once(child, 'message'),
    kill: () => {
      child.kill('SIGKILL')
      return exited
    },
    exited,
  }
}

const longEnough = 30_000

async function statusOf(check: HealthCheck, timeoutMillis = longEnough) {
  const tracker = new ActivityTracker()
  tracker.registerModule('Remote', { healthCheck: check })
  const up = await tracker.checkModuleLiveness({ timeoutMillis })
  const [module] = tracker.modules()
  expect(module?.state).toBe(up ? 'up' : 'down')
  expect(tracker.errors()).toHaveLength(up ? 0 : 1)
  return module
}

describe.each([
  ['a worker thread', startWorker],
  ['a child process', startChild],
])('%s', (_what, start) => {
  test('that answers is up, and each check gets an answer of its own', async () => {
    const remote = await start('well')
    const all = await Promise.all([statusOf(remote.check), statusOf(remote.check), statusOf(remote.check)])
    expect(all.map((module) => module?.state)).toEqual(['up', 'up', 'up'])
  })

  test.each([
    ['says no', 'health check threw Error: health check returned false'],
    ['throws', 'health check threw Error: TypeError: no batch for an hour'],
  ])('that %s is down with the reason', async (how, reason) => {
    const remote = await start(how)
    expect(await statusOf(remote.check)).toMatchObject({ state: 'down', reason })
  })

  test.each(['never answers', 'blocked'])('that %s is down, and not gone', async (how) => {
    const remote = await start(how)
    const module = await statusOf(remote.check, 50)
    expect(module).toMatchObject({ state: 'down', reason: 'no answer within 50 ms' })
    expect(module).not.toHaveProperty('gone')
  })

  test('that exits while it is asked, or before, is gone, and its activities are dead', async () => {
    const remote = await start('never answers')
    const tracker = new ActivityTracker()
    tracker.registerModule('Remote', { healthCheck: remote.check })
    const work = startActivity({ tracker, module: 'Remote', name: 'step' })
    const asked = tracker.checkModuleLiveness({ timeoutMillis: longEnough })
    await remote.kill()
    expect(await asked).toBe(false)
    expect(tracker.modules()).toMatchObject([
      { state: 'down', gone: true, reason: expect.stringMatching(/exited|ended by SIGKILL/) },
    ])
    expect(tracker.blockers()).toMatchObject([{ condition: 'dead' }])
    expect(await tracker.checkModuleLiveness({ timeoutMillis: longEnough })).toBe(false)
    expect(tracker.errors()).toHaveLength(1)
    work.cancel()
  })

  test('names its exit code', async () => {
    const remote = await start('well')
    remote.tell('exit')
    await remote.exited
    expect((await statusOf(remote.check))?.reason).toMatch(/exited with code 7$/)
  })

  test('ends by itself when nothing but the answering is left', async () => {
    const remote = await start('is done')
    expect(((await remote.exited) as unknown[])[0]).toBe(0)
  })

  test('still gets the messages of the program, and stays as long as it waits for them', async () => {
    const remote = await start('well')
    expect((await statusOf(remote.check))?.state).toBe('up')
    const answer = remote.next()
    remote.tell('hello')
    await answer
    expect(remote.heard.filter((message) => typeof message === 'string')).toEqual(['ready', 'hello'])
  })
})

test('a worker gets no message of a health check on its own port', async () => {
  const remote = await startWorker('well')
  await statusOf(remote.check)
  expect(remote.heard).toEqual(['ready'])
})

describe('an HTTP endpoint', () => {
  async function serve(answer: (server: Server) => Server): Promise<string> {
    const server = answer(createServer()).listen(0, '127.0.0.1')
    await once(server, 'listening')
    cleanUps.push(() => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    })
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/healthz`
  }
  const status = (code: number, headers: Record<string, string> = {}) =>
    serve((server) => server.on('request', (_request, response) => response.writeHead(code, headers).end('body')))

  test('that answers 200 or 204 is up', async () => {
    for (const code of [200, 204]) expect((await statusOf(httpHealthCheck(await status(code))))?.state).toBe('up')
  })

  test.each([500, 503, 404])('that answers %i is down', async (code) => {
    expect((await statusOf(httpHealthCheck(await status(code))))?.reason).toMatch(`HTTP status ${code}`)
  })

  test('that redirects is down, and is not followed', async () => {
    const elsewhere = await status(200)
    expect((await statusOf(httpHealthCheck(await status(302, { location: elsewhere }))))?.reason).toMatch(
      'HTTP status 302',
    )
  })

  test('gets the headers that were given', async () => {
    const seen: unknown[] = []
    const url = await serve((server) =>
      server.on('request', (request, response) => {
        seen.push(request.headers['authorization'])
        response.end()
      }),
    )
    await statusOf(httpHealthCheck(url, { headers: { authorization: 'Bearer x' } }))
    expect(seen).toEqual(['Bearer x'])
  })

  test('that hangs is down, and its request is given up', async () => {
    const { promise: givenUp, resolve } = Promise.withResolvers<void>()
    const url = await serve((server) => server.on('request', (request) => request.on('close', resolve)))
    expect((await statusOf(httpHealthCheck(url), 200))?.reason).toBe('no answer within 200 ms')
    await givenUp
  })

  test('that nobody serves is down with what the network says', async () => {
    const url = await status(200)
    for (const cleanUp of cleanUps.splice(0)) await cleanUp()
    expect((await statusOf(httpHealthCheck(url)))?.reason).toMatch('ECONNREFUSED')
  })
})

test.each([
  [() => workerHealthCheck({} as never), 'expected a Worker'],
  [() => childHealthCheck({ on() {} } as never), 'use fork()'],
  [() => httpHealthCheck('localhost'), "expected an http or https URL, got 'localhost'"],
  [() => httpHealthCheck('ftp://host/'), "got 'ftp://host/'"],
])('what cannot be asked is refused: %s', (make, message) => {
  expect(make).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID', message: expect.stringContaining(message) }))
})
