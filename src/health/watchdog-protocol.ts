import type { ErrorHealth } from '../tracker/error-health.js'
import type { StackFrame } from './blocked-stack.js'

/** `saturated`: the event loop turns, but without a pause, or late. `wedged`: it does not turn at all. */
export type LoopState = 'ok' | 'saturated' | 'wedged'

/** Places in the shared memory; `busy` is in thousandths of the time since the beat before. */
export const slots = { beats: 0, ready: 1, started: 2, draining: 3, busy: 4, length: 5 } as const

/** What the main thread tells of itself from time to time; the latest is kept for when it cannot tell any more. */
export interface HealthState {
  /** Milliseconds since the Unix epoch. */
  readonly time: number
  readonly quiescent: boolean
  readonly summary: string
  readonly errorHealth: ErrorHealth
  readonly modules: readonly unknown[]
  /** How many of all modules are down. */
  readonly down: number
  /** The oldest open activities. */
  readonly open: readonly unknown[]
  readonly stuck: readonly string[]
}

export interface WatchdogData {
  readonly memory: SharedArrayBuffer
  readonly beatMillis: number
  readonly blockedAfterMillis: number
  readonly livenessFailsAfterMillis: number
  readonly reportFile: string | undefined
  readonly captureStack: boolean
  readonly probes: { readonly host: string; readonly port: number; readonly details: boolean } | undefined
}

/** Written while the event loop is blocked. */
export interface BlockedReport {
  /** Milliseconds since the Unix epoch. */
  readonly time: number
  readonly pid: number
  readonly blockedMillis: number
  /** Where the main thread is; empty if it is in native code. */
  readonly stack: readonly StackFrame[]
  /** The last that was heard of it. */
  readonly last: HealthState | undefined
}

export type FromWatchdog =
  | { readonly kind: 'listening'; readonly url: string | undefined }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'unwritten'; readonly message: string }
  | { readonly kind: 'recovered'; readonly report: BlockedReport }
