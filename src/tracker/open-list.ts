import type { ActivityRecord } from '../activity/record.js'

/** The open activities in the order in which they came in, oldest first. */
export class OpenList {
  #first: ActivityRecord | undefined = undefined
  #last: ActivityRecord | undefined = undefined

  get oldest(): ActivityRecord | undefined {
    return this.#first
  }

  add(record: ActivityRecord): void {
    record.previous = this.#last
    if (this.#last === undefined) this.#first = record
    else this.#last.next = record
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
