import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { createProbeServer, type ProbeState } from '../../../src/health/probe-server.js'
import { errorHealthOf } from '../../../src/index.js'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp()
})

const well: ProbeState = {
  loop: 'ok',
  blockedMillis: 0,
  livenessFailsAfterMillis: 600_000,
  ready: true,
  started: true,
  draining: false,
  details: true,
  last: undefined,
}

const counts = { info: 0, warning: 1, error: 0, critical: 0 }
const last: NonNullable<ProbeState['last']> = {
  time: 1_000,
  quiescent: false,
  summary: 'Active: 1 (Trainer: 1)',
  errorHealth: errorHealthOf(counts, 300_000),
  modules: [{ name: 'Trainer', state: 'down', reason: 'a secret' }],
  down: 1,
  open: [],
  stuck: [],
}

async function serve(state: Partial<ProbeState>): Promise<(path: string, method?: string) => Promise<Response>> {
  const server = createProbeServer(() => ({ ...well, ...state })).listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanUps.push(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  return (path, method = 'GET') => fetch(`http://127.0.0.1:${port}${path}`, { method })
}

describe('liveness', () => {
  test('goes on while the event loop is blocked for a minute, and ends when a restart would help', async () => {
    const minute = await serve({ loop: 'wedged', blockedMillis: 60_000 })
    const answer = await minute('/livez')
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({ status: 'ok', loop: 'wedged', blockedMillis: 60_000 })
    const tenMinutes = await serve({ loop: 'wedged', blockedMillis: 600_000 })
    expect((await tenMinutes('/livez')).status).toBe(503)
  })

  test('does not look at modules, errors, readiness or draining', async () => {
    const ask = await serve({ last, ready: false, started: false, draining: true, loop: 'saturated' })
    expect((await ask('/livez')).status).toBe(200)
  })
})

test.each<[string, Partial<ProbeState>, number]>([
  ['/readyz', {}, 200],
  ['/readyz', { loop: 'saturated' }, 200],
  ['/readyz', { loop: 'wedged' }, 503],
  ['/readyz', { ready: false }, 503],
  ['/readyz', { started: false }, 503],
  ['/readyz', { draining: true }, 503],
  ['/startupz', { ready: false }, 200],
  ['/startupz', { started: false }, 503],
  ['/healthz', { last }, 200],
  ['/healthz', { draining: true }, 503],
])('%s of %j is %i', async (path, state, status) => {
  expect((await (await serve(state))(path)).status).toBe(status)
})

describe('the health tree', () => {
  test('has a status for each part and the worst of them as degraded, with details where they may be told', async () => {
    const ask = await serve({ last })
    expect(await (await ask('/healthz')).json()).toEqual({
      status: 'degraded',
      loop: 'ok',
      ready: true,
      started: true,
      draining: false,
      asOf: 1_000,
      checks: {
        loop: { status: 'ok', state: 'ok', blockedMillis: 0 },
        modules: { status: 'failing', down: 1, list: last.modules },
        errors: { status: 'degraded', health: last.errorHealth },
        activities: { status: 'ok', summary: last.summary, quiescent: false, stuck: [], open: [] },
      },
    })
    const closed = await serve({ last, details: false })
    const text = await (await closed('/healthz')).text()
    expect(JSON.parse(text)).toMatchObject({
      status: 'degraded',
      checks: {
        loop: { status: 'ok' },
        modules: { status: 'failing' },
        errors: { status: 'degraded' },
        activities: { status: 'ok' },
      },
    })
    expect(text).not.toMatch(/secret|Trainer/)
  })

  test('has only the event loop before anything was heard', async () => {
    const ask = await serve({})
    expect(await (await ask('/healthz')).json()).toMatchObject({ status: 'ok', checks: { loop: { status: 'ok' } } })
  })
})

test('other paths and methods are told what there is', async () => {
  const ask = await serve({})
  const unknown = await ask('/constructor')
  expect([unknown.status, await unknown.json()]).toEqual([
    404,
    { probes: ['/livez', '/readyz', '/startupz', '/healthz'] },
  ])
  expect((await ask('/livez', 'POST')).status).toBe(405)
  expect((await ask('/livez?verbose', 'HEAD')).status).toBe(200)
})
