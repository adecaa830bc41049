import { afterEach, expect } from 'vitest'
import { ActivityTracker, type TrackerOptions } from '../../src/index.js'
import { ManualClock } from '../../src/testing/index.js'

export interface Tracked {
  readonly tracker: ActivityTracker
  readonly clock: ManualClock
  /** Codes of the warnings so far. */
  readonly warnings: string[]
}

const made: ActivityTracker[] = []

/** An isolated tracker on a clock that stands still. It is checked by {@link balanceAfterEach}. */
export function newTracker(options: TrackerOptions = {}): Tracked {
  const clock = options.clock instanceof ManualClock ? options.clock : new ManualClock()
  const warnings: string[] = []
  const tracker = new ActivityTracker({ clock, onWarning: (_message, code) => warnings.push(code), ...options })
  made.push(tracker)
  return { tracker, clock, warnings }
}

/** What must hold at every moment in every tracker: created = open + ended, and every way of counting agrees. */
export function expectBalanced(tracker: ActivityTracker): void {
  const snapshot = tracker.snapshot()
  const { created, started, withdrawn, completed, failed, cancelled, skipped, interrupted } = snapshot.totals
  expect(created).toBe(snapshot.open + completed + failed + cancelled + skipped + interrupted)
  expect(created).toBe(snapshot.planned + started + withdrawn)
  const open = tracker.openActivities()
  expect(open).toHaveLength(snapshot.open)
  expect(open.filter((activity) => activity.state === 'planned')).toHaveLength(snapshot.planned)
  expect(new Set(open.map((activity) => activity.id)).size).toBe(open.length)
  expect(tracker.isQuiescent({ self: true })).toBe(open.length === 0)
  expect(tracker.blockers({ self: true })).toHaveLength(open.length)
}

export function balanceAfterEach(): void {
  afterEach(() => {
    for (const tracker of made.splice(0)) expectBalanced(tracker)
  })
}

/** A promise with its two ends. */
export function deferred<T = void>(): PromiseWithResolvers<T> {
  return Promise.withResolvers<T>()
}

/** One turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
