import type { ActivityRecord } from '../activity/record.js'
import type { Clock, Timer } from '../base/clock.js'
import type { Tally, TallyWatcher } from './tally.js'

/** How a scope is watched: what is open in it now, leaving out the asker and its ancestors. */
export interface Watched {
  readonly tally: Tally
  /** The activity that asked; work of its own and of its ancestors does not count. */
  readonly asker: ActivityRecord | undefined
  /** Two waits with the same key have the same answer. */
  readonly key: string
  /** Whether planned work counts. */
  readonly planned: boolean
  /**
   * How many open activities of the asker's own line the tally counts; the tally must come down to this to be looked at.
   * Goes down only, as what is above the asker was there before it.
   */
  allowance(): number
  quiescent(): boolean
  /** Counts what came into the question, also if it ended again. Not asked where `matches` is given. */
  cameIn(): number
  /** Given where the tally counts more than the question is about: whether an activity belongs to the question. */
  readonly matches: ((record: ActivityRecord) => boolean) | undefined
}

interface Waiter {
  readonly settleMillis: number
  readonly resolve: (quiescent: boolean) => void
  settle: Timer | undefined
  cameInWhenQuiet: number
}

/** All waiters that share one question; they are resolved together. */
class WaitGroup {
  readonly watched: Watched
  readonly waiters = new Set<Waiter>()
  /** Those that wait for quiet; the others have it, and wait for it to last. */
  readonly restless = new Set<Waiter>()
  /** As it was when last asked. */
  allowance = 0
  #matched = 0

  constructor(watched: Watched) {
    this.watched = watched
  }

  /** Only what has ended needs to be remembered here; what is still open shows when the question is asked again. */
  saw(record: ActivityRecord): void {
    if (this.watched.matches?.(record) === true) this.#matched += 1
  }

  /** Grows whenever something came into the question. */
  cameIn(): number {
    return this.watched.matches === undefined ? this.watched.cameIn() : this.#matched
  }
}

/** Questions that are about one count, by how far that must come down for them to be looked at. */
class Lane {
  readonly #byAllowance = new Map<number, Set<WaitGroup>>()
  /** A count above it interests nobody. */
  highest = -1

  /** Puts a group where it belongs now. */
  place(group: WaitGroup): void {
    this.remove(group)
    group.allowance = group.watched.allowance()
    const groups = this.#byAllowance.get(group.allowance)
    if (groups === undefined) this.#byAllowance.set(group.allowance, new Set([group]))
    else groups.add(group)
    this.highest = Math.max(this.highest, group.allowance)
  }

  remove(group: WaitGroup): void {
    const groups = this.#byAllowance.get(group.allowance)
    if (groups?.delete(group) !== true || groups.size > 0) return
    this.#byAllowance.delete(group.allowance)
    this.highest = Math.max(-1, ...this.#byAllowance.keys())
  }

  /** The groups that a count has come down to. */
  due(count: number): WaitGroup[] {
    if (count > this.highest) return []
    return [...this.#byAllowance].flatMap(([allowance, groups]) => (allowance >= count ? [...groups] : []))
  }
}

/**
 * Who waits on one tally. A change costs two comparisons, however many wait: only when the tally has come down to what
 * the waiting activities themselves account for is anything looked at, at the end of the turn, and then only those for
 * whom it has come down far enough. Whoever is looked at in vain waits for a lower count from then on.
 */
export class TallyWaits implements TallyWatcher {
  readonly #tally: Tally
  readonly #clock: Clock
  readonly #groups = new Map<ActivityRecord | undefined, Map<string, WaitGroup>>()
  readonly #withPlanned = new Lane()
  readonly #running = new Lane()
  #scans = 0
  #checking = false

  constructor(tally: Tally, clock: Clock) {
    this.#tally = tally
    this.#clock = clock
  }

  /** The waits of a tally; made with the first of them. */
  static of(tally: Tally, clock: Clock): TallyWaits {
    if (tally.watcher instanceof TallyWaits) return tally.watcher
    const made = new TallyWaits(tally, clock)
    tally.watcher = made
    return made
  }

  /** Called by the tally after something in it started or ended. */
  changed(record?: ActivityRecord): void {
    if (this.#scans > 0 && record !== undefined) this.#tell(record)
    const { open, planned } = this.#tally
    if (this.#checking || (open > this.#withPlanned.highest && open - planned > this.#running.highest)) return
    // Not at once: what ends and what takes over from it often happen in one tick, and only the end of the tick counts.
    this.#clock.defer(() => {
      this.#checking = false
      this.#check()
    })
    this.#checking = true
  }

  /** Called by the tally after something in it was updated. */
  updated(): void {
    if (this.#scans > 0) this.changed()
  }

  add(watched: Watched, settleMillis: number, resolve: (quiescent: boolean) => void): () => void {
    const group = this.#group(watched)
    const waiter: Waiter = { settleMillis, resolve, settle: undefined, cameInWhenQuiet: 0 }
    group.waiters.add(waiter)
    this.#disturb(group, waiter)
    this.changed()
    return () => this.#remove(group, waiter)
  }

  #tell(record: ActivityRecord): void {
    for (const byKey of this.#groups.values()) {
      for (const group of byKey.values()) group.saw(record)
    }
  }

  #group(watched: Watched): WaitGroup {
    let byKey = this.#groups.get(watched.asker)
    if (byKey === undefined) {
      byKey = new Map()
      this.#groups.set(watched.asker, byKey)
    }
    let group = byKey.get(watched.key)
    if (group === undefined) {
      group = new WaitGroup(watched)
      byKey.set(watched.key, group)
      if (watched.matches !== undefined) this.#scans += 1
    }
    return group
  }

  #lane({ watched }: WaitGroup): Lane {
    return watched.planned ? this.#withPlanned : this.#running
  }

  #disturb(group: WaitGroup, waiter: Waiter): void {
    group.restless.add(waiter)
    this.#lane(group).place(group)
  }

  /** Whoever only waits for quiet to last is not looked at before that is over. */
  #calm(group: WaitGroup, waiter: Waiter): void {
    group.restless.delete(waiter)
    if (group.restless.size === 0) this.#lane(group).remove(group)
  }

  #remove(group: WaitGroup, waiter: Waiter): void {
    waiter.settle?.cancel()
    if (!group.waiters.delete(waiter)) return
    this.#calm(group, waiter)
    if (group.waiters.size > 0) return
    if (group.watched.matches !== undefined) this.#scans -= 1
    const byKey = this.#groups.get(group.watched.asker)
    byKey?.delete(group.watched.key)
    if (byKey?.size === 0) this.#groups.delete(group.watched.asker)
    if (this.#groups.size === 0) this.#tally.watcher = undefined
  }

  #check(): void {
    const { open, planned } = this.#tally
    this.#look(this.#withPlanned, open)
    this.#look(this.#running, open - planned)
  }

  #look(lane: Lane, count: number): void {
    for (const group of lane.due(count)) {
      if (group.watched.quiescent()) this.#quiet(group)
      else lane.place(group)
    }
  }

  #quiet(group: WaitGroup): void {
    for (const waiter of group.restless) {
      if (waiter.settleMillis > 0) this.#settle(group, waiter)
      else this.#resolve(group, waiter)
    }
  }

  #resolve(group: WaitGroup, waiter: Waiter): void {
    this.#remove(group, waiter)
    waiter.resolve(true)
  }

  /** Quiet must last: anything that came in meanwhile, even if it ended again, starts the wait anew. */
  #settle(group: WaitGroup, waiter: Waiter): void {
    this.#calm(group, waiter)
    waiter.cameInWhenQuiet = group.cameIn()
    waiter.settle = this.#clock.timer(() => {
      waiter.settle = undefined
      if (!group.watched.quiescent()) this.#disturb(group, waiter)
      else if (waiter.cameInWhenQuiet === group.cameIn()) this.#resolve(group, waiter)
      else this.#settle(group, waiter)
    }, waiter.settleMillis)
  }
}
