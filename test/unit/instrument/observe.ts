import {
  type ActivitySnapshot,
  ActivityTracker,
  type Change,
  type FaultKind,
  type TrackerOptions,
} from '../../../src/index.js'
import { ManualClock } from '../../../src/testing/index.js'

/** A tracker of its own, and what came out of it. */
export interface Observed {
  readonly tracker: ActivityTracker
  readonly clock: ManualClock
  readonly warnings: readonly string[]
  changes(): readonly Change[]
  started(): readonly ActivitySnapshot[]
  ended(): readonly ActivitySnapshot[]
  /** The only activity that ended. */
  only(): ActivitySnapshot
  faults(kind: FaultKind): number
}

export function observe(options: TrackerOptions = {}): Observed {
  const clock = new ManualClock()
  const warnings: string[] = []
  const tracker = new ActivityTracker({ clock, onWarning: (message) => warnings.push(message), ...options })
  const seen: Change[] = []
  tracker.subscribe((items) => {
    for (const item of items) if (item.kind !== 'gap') seen.push(item)
  })
  const changes = (): readonly Change[] => {
    tracker.flushNow()
    return seen
  }
  const activitiesOf = (kind: 'started' | 'ended'): readonly ActivitySnapshot[] =>
    changes().flatMap((change) => (change.kind === kind ? [change.activity] : []))
  const ended = (): readonly ActivitySnapshot[] => activitiesOf('ended')
  return {
    tracker,
    clock,
    warnings,
    changes,
    started: () => activitiesOf('started'),
    ended,
    only: () => {
      const [activity, ...more] = ended()
      if (activity === undefined || more.length > 0)
        throw new Error(`expected one ended activity, got ${ended().length}`)
      return activity
    },
    faults: (kind) => tracker.snapshot().faults[kind] ?? 0,
  }
}

/** A promise that the test settles. */
export function deferred<T = void>(): PromiseWithResolvers<T> {
  return Promise.withResolvers<T>()
}

/** Lets the event loop turn, so that everything that was due has happened. */
export async function turn(): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve)
  })
}

/** What a function throws, whatever it is; fails if it throws nothing. */
export function thrownBy(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

/** What a promise rejects with, in a box, as it may be a promise itself; fails if it is fulfilled. */
export async function rejectionOf(promise: PromiseLike<unknown>): Promise<{ readonly error: unknown }> {
  try {
    await promise
  } catch (error) {
    return { error }
  }
  throw new Error('nothing was rejected')
}

/** Collects garbage; the tests run with --expose-gc. */
export async function collectGarbage(): Promise<void> {
  const { gc } = globalThis
  if (gc === undefined) throw new Error('run with --expose-gc')
  for (let round = 0; round < 3; round += 1) {
    await turn()
    gc()
  }
}
