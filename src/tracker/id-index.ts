import type { ActivityRecord } from '../activity/record.js'

const mostWaiting = 64

/**
 * Open activities by id. Ids that were only just read wait in a list until somebody searches: most activities with a
 * subscriber have an id and end without ever being looked for, and a map that they enter and leave costs more than they do.
 */
export class IdIndex {
  readonly #byId = new Map<string, ActivityRecord>()
  #waiting: ActivityRecord[] = []

  add(record: ActivityRecord): void {
    this.#waiting.push(record)
    // What stays open for long must not make the list long, which would keep what has ended since.
    if (this.#waiting.length >= mostWaiting) this.#enter()
  }

  find(id: string): ActivityRecord | undefined {
    this.#enter()
    return this.#byId.get(id)
  }

  #enter(): void {
    if (this.#waiting.length === 0) return
    for (const record of this.#waiting) {
      if (!record.open) continue
      record.markIndexed()
      this.#byId.set(record.id, record)
    }
    this.#waiting = []
  }

  remove(record: ActivityRecord): void {
    if (record.indexed) this.#byId.delete(record.id)
  }
}
