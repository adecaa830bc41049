import type { ActivityHandle } from '../activity/handle.js'
import type { ActivityRecord } from '../activity/record.js'
import type { EndedState, OpenState } from '../activity/states.js'

/** What the tracker asks of rooms above it. They fill it in when they first use a tracker; until then nothing can be open. */
export interface TrackerPorts {
  /** The activity that the running code belongs to, of whatever tracker. */
  currentRecord(): ActivityRecord | undefined
  handleOf(record: ActivityRecord): ActivityHandle
  /** Runs our own callbacks outside of any activity and span. */
  detached<T>(work: () => T): T
  /** Runs work that we do for ourselves, such as a health check, so that nothing in it is a span or an activity of other code. */
  ownWork<T>(work: () => T): T
  /**
   * The activity ended: its span may be closed. Never throws.
   *
   * @returns for how many milliseconds it ran, if its span has just measured that
   */
  ended(record: ActivityRecord, state: EndedState, from: OpenState): number | undefined
}

/** What a watch over silence knows beyond the budgets that activities declare. It is filled in while one runs. */
export interface SilencePort {
  /** The budget of an activity that declares none. */
  budgetMillis(record: ActivityRecord): number | undefined
  /** An activity was heard of, or ended, so long after the time before. */
  gap(record: ActivityRecord, millis: number): void
}

/** The names of the backends that are connected, by what they take. It is filled in while there are any. */
export interface BackendNames {
  readonly scalars: readonly string[]
  readonly messages: readonly string[]
}

/** Set while the program comes to its end. */
export interface Draining {
  /** With what the signals of new roots are aborted from their start. */
  readonly reason: DOMException
  /** New roots so far. */
  started: number
}

export const noPorts: Pick<TrackerPorts, 'currentRecord' | 'detached' | 'ownWork'> = Object.freeze({
  currentRecord: () => undefined,
  detached: <T>(work: () => T): T => work(),
  ownWork: <T>(work: () => T): T => work(),
})
