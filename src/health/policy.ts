import type { ErrorHealth } from '../tracker/error-health.js'

/** What errors do to the program: nothing, or a stop at the first `error`, or at the first `critical` one. */
export const exceptionPolicies = ['continue', 'stop_on_error', 'stop_on_critical'] as const
export type ExceptionPolicy = (typeof exceptionPolicies)[number]

/** Why a monitor asked the program to stop. */
export interface StopReason {
  readonly policy: ExceptionPolicy
  /** `errors`: the error window says so; `module`: a registered module is down. */
  readonly cause: 'errors' | 'module'
  /** One sentence for people. */
  readonly message: string
  /** The modules that were down, by name. */
  readonly down: readonly string[]
  readonly errorHealth: ErrorHealth
  /** Milliseconds since the Unix epoch. */
  readonly time: number
}

/** Whether a policy stops a program whose errors look like this. */
export function stopsOnErrors(policy: ExceptionPolicy, health: ErrorHealth): boolean {
  switch (policy) {
    case 'continue':
      return false
    case 'stop_on_error':
      return health.status === 'error'
    case 'stop_on_critical':
      return health.criticalLevelCount > 0
  }
}
