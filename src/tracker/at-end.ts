import type { ActivityRecord } from '../activity/record.js'
import type { Clock } from '../base/clock.js'

/** What is to be given back, such as a timer, once the activity ends. */
export function atEnd(record: ActivityRecord, giveBack: () => void): void {
  const control = record.controls()
  const before = control.atEnd
  control.atEnd =
    before === undefined
      ? giveBack
      : () => {
          before()
          giveBack()
        }
}

/**
 * When an activity ended whose span ran so long, on the monotonic clock: never before it was last heard of.
 *
 * @param ranMillis `undefined` where the span does not say
 */
export function endOf(record: ActivityRecord, ranMillis: number | undefined, clock: Clock): number {
  if (ranMillis === undefined) return clock.monotonicMillis()
  return Math.max(record.startedMonotonic + ranMillis, record.progressMonotonic)
}
