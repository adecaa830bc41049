import type { ActivityRecord } from '../activity/record.js'

const compactAbove = 1_024

/**
 * Open activities by id. Ids that were only just read wait in a list until somebody searches: most activities with a
 * subscriber have an id and end without ever being looked for, and a map that they enter and leave costs more than they do.
 */
export class IdIndex {
  readonly #byId = new Map<string, ActivityRecord>()
  #waiting: ActivityRecord[] = []
  #compactAt = compactAbove

  add(record: ActivityRecord): void {
    this.#waiting.push(record)
    if (this.#waiting.length < this.#compactAt) return
    this.#waiting = this.#waiting.filter(({ open }) => open)
    this.#compactAt = Math.max(compactAbove, this.#waiting.length * 2)
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
    this.#compactAt = compactAbove
  }

  remove(record: ActivityRecord): void {
    if (record.indexed) this.#byId.delete(record.id)
  }
}
