import type { Progress } from '../activity/options.js'
import type { ActivitySnapshot } from '../activity/snapshot.js'
import type { ActivityState, Severity } from '../activity/states.js'
import { type Pace, RecentRate } from './rates.js'
import type { Series } from './series.js'

/** An activity that has not ended, as far as a view needs to know it. */
export interface OpenItem {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly row: Row
  readonly pace: Pace
  running: boolean
  /** When it started, or was planned. */
  since: number
  /** When it was last heard of. */
  heardAt: number
  /** What it is doing, or will do, or is called. */
  text: string
  attempt: number
  progress: Progress | undefined
}

/** One module: a line of the table. */
export interface Row {
  readonly name: string
  group: string | undefined
  /** Why its health check says that it is down. */
  down: string | undefined
  readonly open: Map<string, OpenItem>
  running: number
  planned: number
  completed: number
  failed: number
  cancelled: number
  skipped: number
  /** Second and later attempts that ended. */
  retried: number
  /** Ended work that had started. */
  timed: number
  totalMillis: number
  longestMillis: number
  readonly rate: RecentRate
  /** The one that was started or heard of last. */
  latest: OpenItem | undefined
  /** What was last done. */
  did: string
  /** What came of the last work that knew how much there was to do. */
  finished: Progress | undefined
}

export interface Decision {
  readonly time: number
  readonly module: string
  readonly name: string
  readonly outcome: string
  readonly considered: readonly string[]
  readonly reason: string | undefined
}

/** Errors that differ in nothing but place, time and numbers. */
export interface ErrorGroup {
  readonly severity: Severity
  readonly type: string
  readonly message: string
  readonly modules: Set<string>
  count: number
  lastAt: number
}

/** A root activity of type `run`. */
export interface Run {
  readonly id: string
  readonly name: string
  readonly module: string
  readonly startedAt: number
  state: ActivityState
  did: string | undefined
  reason: string | undefined
  endedAt: number | undefined
  item: OpenItem | undefined
}

/** What a view knows. Depends on nothing but the changes that were applied to it. */
export interface ViewModel {
  readonly startedAt: number
  readonly rows: Map<string, Row>
  readonly open: Map<string, OpenItem>
  running: number
  planned: number
  step: number | undefined
  run: Run | undefined
  readonly decisions: { count: number; readonly byName: Map<string, number>; readonly recent: Decision[] }
  readonly errors: Map<string, ErrorGroup>
  readonly severities: Record<Severity, number>
  readonly series: Map<string, Series>
  /** Changes that the feed left out. */
  missed: number
}

export const kept = { rows: 1_000, errors: 100, series: 24, decisions: 10, decisionNames: 50 } as const
/** Where modules go for which there is no room. */
const otherRow = '(other)'

export function createModel(startedAt: number): ViewModel {
  return {
    startedAt,
    rows: new Map(),
    open: new Map(),
    running: 0,
    planned: 0,
    step: undefined,
    run: undefined,
    decisions: { count: 0, byName: new Map(), recent: [] },
    errors: new Map(),
    severities: { info: 0, warning: 0, error: 0, critical: 0 },
    series: new Map(),
    missed: 0,
  }
}

function emptyRow(name: string, group: string | undefined): Row {
  return {
    name,
    group,
    down: undefined,
    open: new Map(),
    running: 0,
    planned: 0,
    completed: 0,
    failed: 0,
    cancelled: 0,
    skipped: 0,
    retried: 0,
    timed: 0,
    totalMillis: 0,
    longestMillis: 0,
    rate: new RecentRate(),
    latest: undefined,
    did: '',
    finished: undefined,
  }
}

export function rowOf(model: ViewModel, module: string, group: string | undefined): Row {
  const name = model.rows.has(module) || model.rows.size < kept.rows ? module : otherRow
  let row = model.rows.get(name)
  if (row === undefined) {
    row = emptyRow(name, group)
    model.rows.set(name, row)
  }
  row.group ??= group
  return row
}

export function endedIn(row: Row): number {
  return row.completed + row.failed + row.cancelled + row.skipped
}

/** 0 to 1, or `undefined` if it is not known how much there is to do. */
export function shareOf(item: Pick<OpenItem, 'progress'>): number | undefined {
  const { done, total, percent } = item.progress ?? {}
  if (done !== undefined && total !== undefined && total > 0) return done / total
  return percent === undefined ? undefined : percent / 100
}

/** What stands for the whole: a root activity of type `run`. */
export function isRun(activity: ActivitySnapshot): boolean {
  return activity.type === 'run' && activity.parentId === undefined
}
