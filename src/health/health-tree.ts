import type { ErrorHealth } from '../tracker/error-health.js'
import type { HealthState, LoopState } from './watchdog-protocol.js'

/** `degraded`: it goes on working, and somebody should look. */
export type HealthStatus = 'ok' | 'degraded' | 'failing'

/** One part of the tree, with details where they may be told. */
export interface HealthNode {
  readonly status: HealthStatus
  readonly [detail: string]: unknown
}

export type HealthTree = Readonly<Partial<Record<'loop' | 'modules' | 'errors' | 'activities', HealthNode>>>

const statusOfLoop = { ok: 'ok', saturated: 'degraded', wedged: 'failing' } as const satisfies Record<
  LoopState,
  HealthStatus
>
const statusOfErrors = { healthy: 'ok', warning: 'degraded', error: 'failing' } as const satisfies Record<
  ErrorHealth['status'],
  HealthStatus
>

/** How each part is, from what the main thread told last and what can be seen without it. */
export function healthTree(
  loop: LoopState,
  blockedMillis: number,
  last: HealthState | undefined,
  details: boolean,
): HealthTree {
  const node = (status: HealthStatus, more: Readonly<Record<string, unknown>>): HealthNode =>
    details ? { status, ...more } : { status }
  const ofLoop = node(statusOfLoop[loop], { state: loop, blockedMillis: Math.round(blockedMillis) })
  if (last === undefined) return { loop: ofLoop }
  const { summary, quiescent, open, stuck } = last
  return {
    loop: ofLoop,
    modules: node(last.down > 0 ? 'failing' : 'ok', { down: last.down, list: last.modules }),
    errors: node(statusOfErrors[last.errorHealth.status], { health: last.errorHealth }),
    activities: node(stuck.length > 0 ? 'degraded' : 'ok', { summary, quiescent, stuck, open }),
  }
}
