import type { ActivityRecord } from '../activity/record.js'

/** Who wants to be told that a tally went down, or that planned work in it began. */
export interface TallyWatcher {
  changed(record: ActivityRecord): void
  updated(): void
}

/**
 * How much is open in one part of the tracker: all of it, a module, a group, a type or a subtree.
 * Moves synchronously with every plan, start and end, so that an answer costs one read.
 */
export class Tally {
  readonly name: string
  /** Planned and running. */
  open = 0
  planned = 0
  /** Every activity that ever came in. Never goes down. */
  created = 0
  /** Every activity that ever began. Never goes down. */
  begun = 0
  watcher: TallyWatcher | undefined = undefined

  constructor(name: string) {
    this.name = name
  }

  enter(asPlanned: boolean): void {
    this.created += 1
    this.open += 1
    if (asPlanned) this.planned += 1
    else this.begun += 1
  }

  begin(record: ActivityRecord): void {
    this.planned -= 1
    this.begun += 1
    if (this.watcher !== undefined) this.watcher.changed(record)
  }

  /** Something that it counts was updated: a question with a test of its own may have another answer now. */
  update(): void {
    if (this.watcher !== undefined) this.watcher.updated()
  }
}

/** The tally of one activity and everything below it; exists only for activities that somebody asked about. */
export class SubtreeTally extends Tally {
  readonly root: ActivityRecord
  /** The next watched activity above. */
  outer: SubtreeTally | undefined

  constructor(root: ActivityRecord, outer: SubtreeTally | undefined) {
    super(root.name)
    this.root = root
    this.outer = outer
  }
}
