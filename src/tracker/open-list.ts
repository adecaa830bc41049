import type { ActivityRecord } from '../activity/record.js'

/** The open activities in the order in which they came in. Kept by the counters, together with what they count. */
export class OpenList {
  oldest: ActivityRecord | undefined = undefined
  newest: ActivityRecord | undefined = undefined
  /** No activity among them has more open ones on the line from itself upwards. Starts anew when nothing is open. */
  deepest = 0;

  /** Oldest first. */
  *[Symbol.iterator](): Generator<ActivityRecord, void, undefined> {
    let record = this.oldest
    while (record !== undefined) {
      // Read before yielding: the visitor may end the activity.
      const { next } = record
      yield record
      record = next
    }
  }
}
