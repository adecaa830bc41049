import type { OptionChecks } from '../base/checked-options.js'
import { lifecycleFor } from '../instrument/connect.js'
import { getTracker } from '../tracker/default-tracker.js'
import type { Lifecycle } from '../tracker/lifecycle.js'
import { type ActivityTracker, trackerCheck } from '../tracker/tracker.js'
import { ScalarBuffer } from './scalar-buffer.js'
import { countLosses } from './scalar-losses.js'

export interface ScalarSourceOptions {
  /** @defaultValue the default tracker */
  readonly tracker?: ActivityTracker | undefined
  /** Points that wait, of 24 bytes each and twice that for a short time; what comes later is dropped and counted. @defaultValue 1000000 */
  readonly maxPoints?: number | undefined
  /** Combinations of run and scalar; what comes later shares `(other)`. @defaultValue 2000 */
  readonly maxSeries?: number | undefined
  /**
   * What is older is not sent, and counted: a receiver would refuse it, and all that came along. As Prometheus'
   * `out_of_order_time_window`. @defaultValue 7200000 (2 h)
   */
  readonly maxAgeMillis?: number | undefined
}

export function countFrom(least: number): (value: unknown) => boolean {
  return (value) => typeof value === 'number' && value >= least && value <= 2 ** 31 - 1
}

export const sourceChecks: OptionChecks<ScalarSourceOptions> = {
  tracker: trackerCheck,
  maxPoints: [countFrom(1), 'a number of at least 1'],
  maxSeries: [countFrom(1), 'a number of at least 1'],
  maxAgeMillis: [countFrom(0), 'a number of milliseconds'],
}

/** The scalars of a tracker, from now on, in a buffer. */
export interface ScalarSource {
  readonly lifecycle: Lifecycle
  readonly buffer: ScalarBuffer
  /** Takes in what was logged so far. */
  catchUp(): void
  /** Also what aggregators hold. */
  drain(): void
  end(): void
}

export function openScalarSource(options: ScalarSourceOptions, name: string, grown: () => void): ScalarSource {
  const lifecycle = lifecycleFor(options.tracker ?? getTracker(), undefined)
  const { clock, faults, scalars } = lifecycle
  const limits = {
    maxPoints: Math.floor(options.maxPoints ?? 1_000_000),
    maxSeries: Math.floor(options.maxSeries ?? 2_000),
    maxAgeMillis: options.maxAgeMillis ?? 7_200_000,
  }
  const buffer = new ScalarBuffer(limits, faults, () => clock.wallMillis())
  const subscription = scalars.subscribe(
    (items) => {
      buffer.record(items)
      grown()
    },
    { name },
  )
  const endLosses = countLosses(lifecycle, () => buffer.lost)
  let ended = false
  return {
    lifecycle,
    buffer,
    catchUp: () => subscription.deliver(),
    drain() {
      scalars.release()
      subscription.deliver()
    },
    end() {
      if (ended) return
      ended = true
      subscription.end()
      endLosses()
    },
  }
}
