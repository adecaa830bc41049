import type { ActivityState, Scope } from '../../src/index.js'

/** One activity as somebody who has read only the documentation would keep it. */
export interface ModelActivity {
  readonly index: number
  readonly module: string
  readonly group: string | undefined
  readonly type: string
  /** Where it was started, for good. */
  readonly parent: ModelActivity | undefined
  /** The same, without ancestors that had ended when an activity between ended. */
  origin: ModelActivity | undefined
  state: ActivityState
  verdict: ActivityState | undefined
  functions: number
  aborted: boolean
  readonly timeoutMillis: number | undefined
  /** When its time is over; counted from its start. */
  dueAt: number | undefined
  /** Of two that are due together, the one whose time began to run first. */
  timing: number
}

export interface NewActivity {
  readonly module: string | undefined
  readonly group: string | undefined
  readonly type: string
  readonly parent: ModelActivity | undefined
  readonly planned: boolean
  readonly timeoutMillis: number | undefined
}

export type ModelScope = Pick<Scope, 'module' | 'group' | 'type' | 'planned' | 'self'> & {
  readonly within?: ModelActivity | undefined
  /** An arbitrary test that the tracker cannot index. */
  readonly even?: boolean
}

const endedStates = ['completed', 'failed', 'cancelled', 'skipped'] as const

export function isOpen(activity: ModelActivity): boolean {
  return activity.state === 'planned' || activity.state === 'running'
}

function* lineOf(activity: ModelActivity | undefined, up: 'parent' | 'origin'): Generator<ModelActivity> {
  for (let at = activity; at !== undefined; at = at[up]) yield at
}

/** A plain list of activities; every answer is worked out anew from it. */
export class TrackerModel {
  readonly activities: ModelActivity[] = []
  readonly ignored = { ends: 0, updates: 0, starts: 0, runs: 0 }
  withdrawn = 0
  readonly #now: () => number
  #timed = 0

  /** @param now the monotonic clock of the tracker that is compared */
  constructor(now: () => number) {
    this.#now = now
  }

  get open(): ModelActivity[] {
    return this.activities.filter(isOpen)
  }

  create(what: NewActivity): ModelActivity {
    const activity: ModelActivity = {
      index: this.activities.length,
      module: what.module ?? what.parent?.module ?? 'service',
      group: what.group,
      type: what.type,
      parent: what.parent,
      origin: what.parent,
      state: what.planned ? 'planned' : 'running',
      verdict: undefined,
      functions: 0,
      aborted: false,
      timeoutMillis: what.timeoutMillis,
      dueAt: undefined,
      timing: 0,
    }
    this.activities.push(activity)
    if (!what.planned) this.#time(activity)
    return activity
  }

  start(activity: ModelActivity): void {
    if (activity.state === 'planned') {
      activity.state = 'running'
      this.#time(activity)
    } else this.ignored.starts += 1
  }

  #time(activity: ModelActivity): void {
    if (activity.timeoutMillis === undefined) return
    activity.dueAt = this.#now() + activity.timeoutMillis
    activity.timing = this.#timed++
  }

  update(activity: ModelActivity): void {
    if (!isOpen(activity)) this.ignored.updates += 1
  }

  end(activity: ModelActivity, state: ActivityState): void {
    if (activity.state === 'planned' && state !== 'completed') this.withdrawn += 1
    activity.state = state
    activity.dueAt = undefined
    if (activity.origin !== undefined && !isOpen(activity.origin)) {
      const line = [...lineOf(activity.origin, 'origin')]
      activity.origin = line.find(isOpen)
      const kept = activity.origin === undefined ? line.length : line.indexOf(activity.origin)
      if (line.slice(0, kept).some((one) => one.aborted)) activity.aborted = true
    }
  }

  conclude(activity: ModelActivity, verdict: ActivityState): void {
    if (!isOpen(activity) || activity.verdict !== undefined) this.ignored.ends += 1
    else if (activity.functions > 0) activity.verdict = verdict
    else this.end(activity, verdict)
  }

  /** Cancelling reaches everything that is open below; what has ended is left alone. */
  cancel(activity: ModelActivity): void {
    const wasOpen = isOpen(activity)
    const below = this.open.filter((other) => [...lineOf(other, 'origin')].includes(activity))
    this.conclude(activity, 'cancelled')
    if (!wasOpen) return
    for (const one of [activity, ...below]) one.aborted = true
  }

  timeOut(activity: ModelActivity): void {
    activity.dueAt = undefined
    const below = this.open.filter((other) => [...lineOf(other, 'origin')].includes(activity))
    this.conclude(activity, 'failed')
    for (const one of [activity, ...below]) one.aborted = true
  }

  isAborted(activity: ModelActivity): boolean {
    return [...lineOf(activity, 'origin')].some((one) => one.aborted)
  }

  enter(activity: ModelActivity): void {
    activity.functions += 1
  }

  /** A function of the activity settled. */
  settle(activity: ModelActivity, how: 'returned' | 'threw' | 'aborted'): void {
    activity.functions -= 1
    if (!isOpen(activity)) return
    const state = this.#verdict(activity, how)
    if (activity.functions === 0) this.end(activity, state)
    else if (state !== 'completed') activity.verdict = state
  }

  #verdict(activity: ModelActivity, how: 'returned' | 'threw' | 'aborted'): ActivityState {
    if (activity.verdict === 'cancelled' || activity.verdict === 'failed') return activity.verdict
    if (how === 'returned') return activity.verdict ?? 'completed'
    return how === 'aborted' && this.isAborted(activity) ? 'cancelled' : 'failed'
  }

  /** @param by how ancestry is looked at: for good, or as far as ended ancestors are kept */
  inScope(scope: ModelScope, asker: ModelActivity | undefined, by: 'parent' | 'origin' = 'parent'): ModelActivity[] {
    const line = scope.self === true ? [] : [...lineOf(asker, 'parent')]
    return this.open.filter(
      (one) =>
        !line.includes(one) &&
        (scope.planned !== false || one.state !== 'planned') &&
        (scope.module === undefined || one.module === scope.module) &&
        (scope.group === undefined || one.group === scope.group) &&
        (scope.type === undefined || one.type === scope.type) &&
        (scope.even !== true || one.index % 2 === 0) &&
        (scope.within === undefined || [...lineOf(one, by)].includes(scope.within)),
    )
  }

  count(state: ActivityState): number {
    return this.activities.filter((one) => one.state === state).length
  }

  get ended(): number {
    return endedStates.reduce((sum, state) => sum + this.count(state), 0)
  }

  summary(): string {
    const parts = (['running', 'planned'] as const).flatMap((state) => {
      const chosen = this.open.filter((one) => one.state === state)
      if (chosen.length === 0) return []
      const modules = Map.groupBy(chosen, (one) => one.module)
      const listed = [...modules].map(([name, members]) => ({ name, size: members.length }))
      listed.sort((a, b) => b.size - a.size || (a.name < b.name ? -1 : 1))
      return [
        `${state === 'running' ? 'Active' : 'Planned'}: ${chosen.length} (${listed.map(({ name, size }) => `${name}: ${size}`).join(', ')})`,
      ]
    })
    if (parts.length === 0) return 'Quiescent (no active work)'
    return parts.length === 2 ? `${parts[0]}; ${parts[1]?.replace('Planned', 'planned')}` : `${parts[0]}`
  }
}
