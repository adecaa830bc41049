import type { LogEntry } from '../activity/record.js'
import type { ActivitySnapshot } from '../activity/snapshot.js'
import type { ActivityCondition, ActivityState } from '../activity/states.js'
import type { Clock } from '../base/clock.js'
import type { Faults } from '../base/faults.js'
import type { ErrorRecord } from './error-log.js'
import type { ModuleStatus } from './modules.js'
import type { ExperimentMessage, ScalarEntry } from './scalars.js'

interface ChangeBase {
  /** Counts every change of this tracker from 1. */
  readonly number: number
  /** Milliseconds since the Unix epoch. */
  readonly time: number
  /** The tracker that saw it. */
  readonly instance: string
  readonly origin: 'local' | 'remote'
}

/** What a change is about, by kind. Ignore kinds that you do not know: more will come. */
export type ChangeBody =
  | { readonly kind: 'planned' | 'started'; readonly activity: ActivitySnapshot }
  | {
      readonly kind: 'updated'
      readonly activity: ActivitySnapshot
      readonly log?: LogEntry
      readonly heartbeat?: true
    }
  | { readonly kind: 'ended'; readonly activity: ActivitySnapshot; readonly from: ActivityState }
  | {
      readonly kind: 'condition'
      readonly activity: ActivitySnapshot
      readonly condition: ActivityCondition
      /** Since it was last heard of. */
      readonly silenceMillis: number
    }
  | { readonly kind: 'error'; readonly error: ErrorRecord }
  | { readonly kind: 'module'; readonly module: ModuleStatus }
  | { readonly kind: 'step'; readonly step: number }
  | { readonly kind: 'message'; readonly message: ExperimentMessage }
  /** Never among the others, as there may be millions: `tracker.subscribeScalars` has a channel of its own for them. */
  | { readonly kind: 'scalar'; readonly scalar: ScalarEntry }

/** One thing that happened, as plain JSON. */
export type Change = ChangeBase & ChangeBody

/** Stands where changes were dropped: those numbered `from` to `to`, both included, may be missing. */
export interface Gap {
  readonly kind: 'gap'
  readonly from: number
  readonly to: number
}

export type FeedItem = Change | Gap

/** What the feed needs of its tracker. */
export interface FeedHost {
  readonly instance: string
  readonly clock: Clock
  readonly faults: Faults
  /** Runs a subscriber outside the activity in which the change happened. */
  detached(work: () => void): void
}
