import { type ActivityState, type Severity, severities } from '../activity/states.js'
import type { Decision, Row, ViewModel } from './model.js'
import { endedIn } from './model.js'

export interface ModuleSummary {
  readonly module: string
  readonly group?: string
  readonly completed: number
  readonly failed: number
  /** Second and later attempts. */
  readonly retried: number
  readonly cancelled: number
  readonly skipped: number
  readonly open: number
  readonly down: boolean
  /** Of what was started and has ended; absent if nothing has. */
  readonly meanMillis?: number
  readonly maxMillis?: number
}

/** A number in the results of work that belongs to a step. */
export interface SeriesSummary {
  readonly name: string
  readonly module: string
  readonly count: number
  readonly first: number
  readonly last: number
  readonly lowest: number
  readonly highest: number
}

/** What a view has seen, as plain JSON. */
export interface ViewSummary {
  readonly kind: 'summary'
  readonly title: string
  /** Of the run, if there was one; otherwise whether anything is still open. */
  readonly state: ActivityState | 'quiescent'
  readonly run?: string
  /** What the run did, in its own words. */
  readonly did?: string
  /** Why it was cancelled or failed. */
  readonly reason?: string
  readonly durationMillis: number
  readonly open: number
  readonly step?: number
  readonly modules: readonly ModuleSummary[]
  readonly series: readonly SeriesSummary[]
  readonly decisions: {
    readonly count: number
    readonly byName: Readonly<Record<string, number>>
    /** The latest ten, newest last. */
    readonly recent: readonly Decision[]
  }
  readonly errors: Readonly<Record<Severity, number>>
  /** The most severe first, then the most frequent. */
  readonly errorGroups: readonly {
    readonly severity: Severity
    readonly type: string
    readonly message: string
    readonly count: number
    readonly modules: readonly string[]
  }[]
  /** Changes that did not reach the view; the numbers above lack them. */
  readonly missed: number
}

function moduleSummary(row: Row): ModuleSummary {
  return {
    module: row.name,
    ...(row.group === undefined ? {} : { group: row.group }),
    completed: row.completed,
    failed: row.failed,
    retried: row.retried,
    cancelled: row.cancelled,
    skipped: row.skipped,
    open: row.open.size,
    down: row.down !== undefined,
    ...(row.timed === 0 ? {} : { meanMillis: row.totalMillis / row.timed, maxMillis: row.longestMillis }),
  }
}

export function summarise(model: ViewModel, title: string, now: number): ViewSummary {
  const { run, step, decisions } = model
  const open = model.running + model.planned
  return {
    kind: 'summary',
    title,
    state: run?.state ?? (open > 0 ? 'running' : 'quiescent'),
    ...(run === undefined ? {} : { run: run.name }),
    ...(run?.did === undefined ? {} : { did: run.did }),
    ...(run?.reason === undefined ? {} : { reason: run.reason }),
    durationMillis: Math.max((run?.endedAt ?? now) - (run?.startedAt ?? model.startedAt), 0),
    open,
    ...(step === undefined ? {} : { step }),
    modules: [...model.rows.values()]
      .filter((row) => endedIn(row) + row.open.size > 0 || row.down !== undefined)
      .map(moduleSummary),
    series: [...model.series.values()].map(({ name, module, count, first, last, lowest, highest }) => ({
      name,
      module,
      count,
      first,
      last,
      lowest,
      highest,
    })),
    decisions: { count: decisions.count, byName: Object.fromEntries(decisions.byName), recent: [...decisions.recent] },
    errors: { ...model.severities },
    errorGroups: [...model.errors.values()]
      .toSorted((a, b) => severities.indexOf(b.severity) - severities.indexOf(a.severity) || b.count - a.count)
      .map(({ severity, type, message, count, modules }) => ({
        severity,
        type,
        message,
        count,
        modules: [...modules],
      })),
    missed: model.missed,
  }
}
