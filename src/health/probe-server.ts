import { createServer, type Server, type ServerResponse } from 'node:http'
import { healthTree } from './health-tree.js'
import type { HealthState, LoopState } from './watchdog-protocol.js'

export interface ProbeState {
  readonly loop: LoopState
  readonly blockedMillis: number
  readonly livenessFailsAfterMillis: number
  readonly ready: boolean
  readonly started: boolean
  readonly draining: boolean
  /** Whether `/healthz` tells more than how each part is. */
  readonly details: boolean
  readonly last: HealthState | undefined
}

type Answer = {
  readonly well: boolean
  /** It goes on working, and somebody should look. */
  readonly degraded?: boolean
  readonly body: Readonly<Record<string, unknown>>
}

const probes: Readonly<Record<string, (state: ProbeState) => Answer>> = {
  // Whether a restart would help: never because of an exporter, a database or a module.
  '/livez': ({ loop, blockedMillis, livenessFailsAfterMillis }) => ({
    well: blockedMillis < livenessFailsAfterMillis,
    body: { loop, blockedMillis: Math.round(blockedMillis) },
  }),
  '/readyz': (state) => ({ well: isReady(state), body: readiness(state) }),
  '/startupz': ({ started }) => ({ well: started, body: { started } }),
  '/healthz': (state) => {
    const { loop, blockedMillis, last, details } = state
    const checks = healthTree(loop, blockedMillis, last, details)
    const degraded = Object.values(checks).some(({ status }) => status !== 'ok')
    const asOf = last === undefined ? {} : { asOf: last.time }
    return { well: isReady(state), degraded, body: { ...readiness(state), ...asOf, checks } }
  },
}

function readiness({ loop, ready, started, draining }: ProbeState): Answer['body'] {
  return { loop, ready, started, draining }
}

function isReady({ loop, ready, started, draining }: ProbeState): boolean {
  return ready && started && !draining && loop !== 'wedged'
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' })
  response.end(`${JSON.stringify(body)}\n`)
}

/** Answers probes from a state that is asked for at each of them. */
export function createProbeServer(state: () => ProbeState): Server {
  return createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://probe').pathname
    const probe = Object.hasOwn(probes, path) ? probes[path] : undefined
    if (probe === undefined) return answer(response, 404, { probes: Object.keys(probes) })
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(response, 405, { method: 'GET' })
    const { well, degraded = false, body } = probe(state())
    return answer(response, well ? 200 : 503, { status: well ? (degraded ? 'degraded' : 'ok') : 'failing', ...body })
  })
}
