import { createServer, type Server, type ServerResponse } from 'node:http'
import type { HealthState, LoopState } from './watchdog-protocol.js'

export interface ProbeState {
  readonly loop: LoopState
  readonly blockedMillis: number
  readonly livenessFailsAfterMillis: number
  readonly ready: boolean
  readonly started: boolean
  readonly draining: boolean
  readonly last: HealthState | undefined
}

type Answer = { readonly well: boolean; readonly body: Readonly<Record<string, unknown>> }

const probes: Readonly<Record<string, (state: ProbeState) => Answer>> = {
  // Whether a restart would help: never because of an exporter, a database or a module.
  '/livez': ({ loop, blockedMillis, livenessFailsAfterMillis }) => ({
    well: blockedMillis < livenessFailsAfterMillis,
    body: { loop, blockedMillis: Math.round(blockedMillis) },
  }),
  '/readyz': ({ loop, ready, started, draining }) => ({
    well: ready && started && !draining && loop !== 'wedged',
    body: { loop, ready, started, draining },
  }),
  '/startupz': ({ started }) => ({ well: started, body: { started } }),
  '/healthz': ({ last, livenessFailsAfterMillis, ...state }) => ({
    well: state.ready && state.started && !state.draining && state.loop === 'ok',
    body: { ...state, blockedMillis: Math.round(state.blockedMillis), ...(last === undefined ? {} : { last }) },
  }),
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
    const { well, body } = probe(state())
    return answer(response, well ? 200 : 503, { status: well ? 'ok' : 'failing', ...body })
  })
}
