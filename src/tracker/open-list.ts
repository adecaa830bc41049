import type { ActivityRecord } from '../activity/record.js'

/** The open activities in the order in which they came in, oldest first. */
export class OpenList {
  #first: ActivityRecord | undefined = undefined
  #last: ActivityRecord | undefined = undefined
  /** No activity among them has more open ones on the line from itself upwards. Starts anew when nothing is open. */
  deepest = 0

  get oldest(): ActivityRecord | undefined {
    return this.#first
  }

  add(record: ActivityRecord): void {
    record.previous = this.#last
    const { depth } = record
    if (this.#last === undefined) {
      this.#first = record
      this.deepest = depth
    } else {
      this.#last.next = record
      if (depth > this.deepest) this.deepest = depth
    }
    this.#last = record
  }

  remove(record: ActivityRecord): void {
    if (record.previous === undefined) this.#first = record.next
    else record.previous.next = record.next
    if (record.next === undefined) this.#last = record.previous
    else record.next.previous = record.previous
    record.previous = undefined
    record.next = undefined
  }

  *[Symbol.iterator](): Generator<ActivityRecord, void, undefined> {
    let record = this.#first
    while (record !== undefined) {
      // Read before yielding: the visitor may end the activity.
      const { next } = record
      yield record
      record = next
    }
  }
}
