import type { ErrorHealth } from '../tracker/error-health.js'
import type { Look } from './paint.js'

/** How large the terminal is, what it can draw, and what the tracker says at this moment. */
export interface Frame extends Look {
  readonly columns: number
  readonly rows: number
  readonly now: number
  readonly title: string
  readonly health: ErrorHealth
  /** `tracker.runningSummary()` */
  readonly summary: string
  /** The messages of `stuckLeaves()`, the longest silence first. */
  readonly stuck: readonly string[]
}
