import { type ActivityRecord, never } from '../activity/record.js'
import { inCall, readOptions, refuseValue, toNumber, toSignal } from '../activity/values.js'
import type { Lifecycle } from './lifecycle.js'
import { type Asked, inScope, type ResolvedScope, resolveScope, type Scope, scopeKeys } from './scope.js'
import { countsInto } from './subtrees.js'
import type { Tally } from './tally.js'
import { TallyWaits, type Watched } from './waits.js'

export interface WaitOptions extends Scope {
  /** How long to wait at most. @defaultValue for ever */
  readonly timeoutMillis?: number | undefined
  /** For how long it must have been quiet. @defaultValue 0 */
  readonly settleMillis?: number | undefined
  /** Ends the wait with `false`. */
  readonly signal?: AbortSignal | undefined
}

const waitKeys = ['timeoutMillis', 'settleMillis', 'signal'] as const
const allWaitKeys = [...waitKeys, ...scopeKeys] as const

/** Answers whether work is still open in a scope, now or as soon as it no longer is. */
export class Quiescence {
  readonly #lifecycle: Lifecycle
  #questions = 0
  #looks = 1_000

  constructor(lifecycle: Lifecycle) {
    this.#lifecycle = lifecycle
  }

  isQuiescent(scope: Scope | undefined): boolean {
    const { counters, open } = this.#lifecycle
    if (counters.whole.open === 0) return true
    if (this.#lifecycle.behind) this.#lifecycle.catchUp()
    const sole = scope === undefined ? counters.whole : this.#soleTally(scope)
    if (sole !== undefined) {
      if (sole.open === 0) return true
      // Whoever asks: there are more than can be the asker and what is above it.
      if (sole.open > open.deepest || this.#asker() === undefined) return false
    }
    return this.#watch(resolveScope(this.#lifecycle.faults, { call: 'isQuiescent' }, scope), false).quiescent()
  }

  /** What alone answers the question about one module, which is asked most after that about everything. */
  #soleTally(scope: Scope): Pick<Tally, 'open'> | undefined {
    const { counters } = this.#lifecycle
    if (counters.overflowed) return undefined
    try {
      const { module, group, type, within, attributes, where, planned, self } = scope
      const more = group ?? type ?? within ?? attributes ?? where ?? planned ?? self
      // A key more may be a mistyped one: it is told of where the scope is read.
      if (this.#looks > 0 && this.#hasMore(scope)) return undefined
      return typeof module === 'string' && more === undefined ? counters.modules.named(module, false) : undefined
    } catch {
      // What cannot be read is counted where the scope is read field by field.
      return undefined
    }
  }

  /** Not for ever: it takes as long as the question, which loops ask again and again from the same lines. */
  #hasMore(scope: Scope): boolean {
    this.#looks -= 1
    return Object.keys(scope).length > 1
  }

  /** Resolves, never rejects: `true` once quiescent, `false` on timeout and on abort. */
  wait(options: WaitOptions | undefined): Promise<boolean> {
    const { faults, clock } = this.#lifecycle
    const intake = inCall(this.#lifecycle.intake, 'waitQuiescent')
    const given = readOptions(faults, 'waitQuiescent(options)', options, allWaitKeys)
    const scope = options === undefined ? undefined : (given as Scope)
    const watched = this.#watch(resolveScope(faults, { call: 'waitQuiescent', besides: waitKeys }, scope), true)
    const forever = given.timeoutMillis === Number.POSITIVE_INFINITY
    const timeoutMillis = forever ? undefined : toNumber(intake, 'timeoutMillis', given.timeoutMillis)
    const settleMillis = Math.max(toNumber(intake, 'settleMillis', given.settleMillis) ?? 0, 0)
    const signal = toSignal(given.signal)
    if (signal === undefined && (given.signal ?? undefined) !== undefined)
      refuseValue(intake, 'signal', 'an AbortSignal', given.signal)
    if (signal?.aborted === true) return Promise.resolve(false)
    if (timeoutMillis !== undefined && timeoutMillis <= 0)
      return Promise.resolve(settleMillis === 0 && watched.quiescent())
    // What is quiet now may be a hand-off half done: the answer comes with the end of this turn.
    return new Promise((resolve) => {
      const { tally } = watched
      const settle = (quiescent: boolean): void => {
        timer?.cancel()
        signal?.removeEventListener('abort', giveUp)
        resolve(quiescent)
      }
      const remove = TallyWaits.of(tally, clock).add(watched, settleMillis, settle)
      const giveUp = (): void => {
        remove()
        settle(false)
      }
      const timer = timeoutMillis === undefined ? undefined : clock.timer(giveUp, timeoutMillis)
      signal?.addEventListener('abort', giveUp, { once: true })
    })
  }

  /** Open activities in the scope, oldest first, leaving out the asker and its ancestors unless `self`. */
  list(asked: Asked, scope: Scope | undefined): ActivityRecord[] {
    const lifecycle = this.#lifecycle
    if (lifecycle.behind) lifecycle.catchUp()
    const resolved = resolveScope(lifecycle.faults, asked, scope)
    const own = resolved.self ? undefined : this.#line(this.#asker())
    const found: ActivityRecord[] = []
    for (const record of lifecycle.open) {
      if (own?.has(record) !== true && this.#matches(resolved, record)) found.push(record)
    }
    return found
  }

  #asker(): ActivityRecord | undefined {
    const current = this.#lifecycle.ports?.currentRecord()
    return current?.owner === this.#lifecycle ? current : undefined
  }

  #line(record: ActivityRecord | undefined): ReadonlySet<ActivityRecord> {
    const line = new Set<ActivityRecord>()
    for (let at = record; at !== undefined; at = at.origin) line.add(at)
    return line
  }

  #matches(scope: ResolvedScope, record: ActivityRecord): boolean {
    const { faults } = this.#lifecycle
    return inScope(scope, record, (asked) => this.#lifecycle.snapshot(asked), faults)
  }

  /** @param keep whether a module or group that nothing came into yet must be counted from now on */
  #watch(scope: ResolvedScope, keep: boolean): Watched {
    const asker = scope.self ? undefined : this.#asker()
    const top = scope.withinId === undefined ? undefined : this.#lifecycle.find(scope.withinId)
    const tally = this.#tally(scope, top, keep)
    // By the tally itself where it is that of a subtree: the way up may have lost a top that has ended meanwhile.
    const counts = (at: ActivityRecord): boolean =>
      top === undefined ? this.#matches(scope, at) : (scope.planned || at.state !== 'planned') && countsInto(at, tally)
    const own = (): number => {
      let count = 0
      for (let at = asker; at !== undefined; at = at.origin) {
        if (at.open && counts(at)) count += 1
      }
      return count
    }
    const planned = scope.planned ? scope : { ...scope, planned: true }
    // Planned ones included: they may begin while somebody waits.
    const allowance = (): number => {
      let count = 0
      for (let at = asker; at !== undefined; at = at.origin) {
        if (at.open && (top === undefined ? this.#matches(planned, at) : countsInto(at, tally))) count += 1
      }
      return count
    }
    // Below an activity that has ended nothing is counted any more, but work of it may still be open.
    const scans =
      scope.narrowed > 1 ||
      scope.attributes !== undefined ||
      scope.where !== undefined ||
      (scope.withinId !== undefined && top === undefined) ||
      this.#merged(scope)
    const key = `${scope.planned}`
    if (!scans) {
      const open = (): number => (scope.planned ? tally.open : tally.open - tally.planned)
      const cameIn = (): number => (scope.planned ? tally.created : tally.begun)
      return {
        tally,
        asker,
        key,
        cameIn,
        planned: scope.planned,
        allowance,
        quiescent: () => open() === own(),
        matches: undefined,
      }
    }
    return {
      tally,
      asker,
      // A question with a test of its own has no name by which another could be told to be the same.
      key: `${key} ${++this.#questions}`,
      cameIn: () => 0,
      planned: scope.planned,
      allowance: () => Number.POSITIVE_INFINITY,
      quiescent: () => tally.open === 0 || !this.#any(scope, asker),
      matches: (record) => (scope.planned || record.startedMonotonic > never) && this.#matches(scope, record),
    }
  }

  /** Whether what is asked for may have been counted as "(other)". */
  #merged(scope: ResolvedScope): boolean {
    const named = scope.module ?? scope.group ?? scope.type
    return named !== undefined && this.#lifecycle.counters.overflowed
  }

  #any(scope: ResolvedScope, asker: ActivityRecord | undefined): boolean {
    const line = this.#line(asker)
    for (const record of this.#lifecycle.open) {
      if (!line.has(record) && this.#matches(scope, record)) return true
    }
    return false
  }

  /** The smallest tally that holds everything in the scope. */
  #tally(scope: ResolvedScope, top: ActivityRecord | undefined, keep: boolean): Tally {
    const { counters } = this.#lifecycle
    let smallest: Tally = counters.whole
    const consider = (tally: Tally): void => {
      if (tally.open <= smallest.open) smallest = tally
    }
    if (top !== undefined) consider(this.#lifecycle.subtree(top))
    if (this.#merged(scope)) return smallest
    if (scope.module !== undefined) consider(counters.modules.named(scope.module, keep))
    if (scope.group !== undefined) consider(counters.groups.named(scope.group, keep))
    if (scope.type !== undefined) consider(counters.types.named(scope.type, keep))
    return smallest
  }
}
