import type { ActivityRecord } from '../activity/record.js'
import type { OpenList } from './open-list.js'

const mostWaiting = 1_024

/**
 * Open activities by id. Nothing is kept before somebody searches, which most programs never do. From then on ids that
 * were only just read wait in a list until the next search: most activities end without being looked for, and a map
 * that they enter and leave costs more than they do.
 */
export class IdIndex {
  readonly #open: OpenList
  #byId: Map<string, ActivityRecord> | undefined = undefined
  #waiting: ActivityRecord[] = []

  constructor(open: OpenList) {
    this.#open = open
  }

  add(record: ActivityRecord): void {
    if (this.#byId === undefined) return
    this.#waiting.push(record)
    // What stays open for long must not make the list long, which would keep what has ended since.
    if (this.#waiting.length >= mostWaiting) this.#enter(this.#byId)
  }

  find(id: string): ActivityRecord | undefined {
    const byId = this.#byId ?? this.#begin()
    this.#enter(byId)
    return byId.get(id)
  }

  #begin(): Map<string, ActivityRecord> {
    this.#waiting = [...this.#open].filter(({ hasId }) => hasId)
    this.#byId = new Map()
    return this.#byId
  }

  #enter(byId: Map<string, ActivityRecord>): void {
    if (this.#waiting.length === 0) return
    for (const record of this.#waiting) {
      if (!record.open) continue
      record.markIndexed()
      byId.set(record.id, record)
    }
    this.#waiting = []
  }

  remove(record: ActivityRecord): void {
    if (record.indexed) this.#byId?.delete(record.id)
  }
}
