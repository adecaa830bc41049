import type {
  ActivitySnapshot,
  Blocker,
  CounterRow,
  EndedState,
  ErrorRecord,
  ModuleStatus,
  TrackerSnapshot,
} from '../../../src/index.js'
import { type Metric, seriesKey, sums, tally } from './metrics.js'

/** What the program `fixtures/all-signals.mjs` counts itself. */
export interface Look {
  readonly snapshot: TrackerSnapshot
  readonly blockers: readonly Blocker[]
  readonly errors: readonly ErrorRecord[]
  readonly health: 'healthy' | 'warning' | 'error'
  readonly modules: readonly ModuleStatus[]
  readonly step: number
  readonly quiescent: boolean
  /** What `startUnderway` says it could not deliver, by signal. */
  readonly notDelivered: Readonly<Record<string, number>>
}

/** What it exported between two looks. */
export interface Report {
  readonly flushed: boolean
  readonly before: Look
  readonly after: Look
  /** Every activity that has ended so far. */
  readonly ended: readonly ActivitySnapshot[]
}

const endedStates = ['completed', 'failed', 'cancelled', 'skipped', 'interrupted'] as const satisfies EndedState[]
const healthValues = { healthy: 0, warning: 1, error: 2 } as const

type Series = Record<string, number>

function byRow({ snapshot }: Look, value: (row: CounterRow) => number): Series {
  return Object.fromEntries(snapshot.rows.map((row) => [seriesKey(row.module, row.group, row.type), value(row)]))
}

function byState({ snapshot }: Look): Series {
  const cells = snapshot.rows.flatMap((row) =>
    endedStates.map((state) => [seriesKey(row.module, row.group, row.type, state), row[state]] as const),
  )
  return Object.fromEntries(cells.filter(([, count]) => count > 0))
}

/** What must stand in Prometheus after a look, of everything that does not change by the mere passing of time. */
export function expectedSeries(look: Look): Omit<Record<Metric, Series>, TimedMetric> {
  const { snapshot, blockers, errors, modules } = look
  const runs = blockers.filter(({ type }) => type === 'run')
  return {
    active: tally(blockers.map(({ module, group, type, state }) => seriesKey(module, group, type, state))),
    started: byRow(look, ({ started }) => started),
    ended: byState(look),
    errors: tally(errors.map(({ module, type, severity }) => seriesKey(module, type, severity))),
    errorHealth: { '': healthValues[look.health] },
    quiescent: { '': look.quiescent ? 1 : 0 },
    moduleUp: Object.fromEntries(modules.map(({ name, state }) => [name, state === 'up' ? 1 : 0])),
    runsOpen: tally(runs.map(({ name }) => name)),
    runProgress: Object.fromEntries(runs.map(({ name, progress }) => [name, (progress?.percent ?? 0) / 100])),
    currentStep: { '': look.step },
    feedDropped: { '': snapshot.subscribers.reduce((sum, { dropped }) => sum + dropped, 0) },
    exportDropped: look.notDelivered,
    faults: { ...snapshot.faults },
  }
}

export type TimedMetric = 'duration' | 'queueDuration' | 'oldestAge' | 'silenceMax'

/** Seconds that the activities of each series took. */
export function secondsTaken(ended: readonly ActivitySnapshot[]): readonly (readonly [string, number])[] {
  return ended
    .filter(({ startedAt }) => startedAt !== undefined)
    .map(({ module, group, type, state, durationMillis = 0 }) => [
      seriesKey(module, group, type, state),
      durationMillis / 1_000,
    ])
}

export function age({ ageMillis }: Blocker): number {
  return ageMillis
}

/** 0 where something is open below: that is what it waits for. */
export function silence({ path, silenceMillis }: Blocker, blockers: readonly Blocker[]): number {
  const hasBelow = blockers.some(
    (other) => other.path.length > path.length && path.every((name, at) => other.path[at] === name),
  )
  return hasBelow ? 0 : silenceMillis
}

/** The longest age or silence of what runs, by module. */
export function longest({ blockers }: Look, millisOf: typeof silence): Series {
  const running = blockers.filter(({ state }) => state === 'running')
  const millis = (blocker: Blocker): number => millisOf(blocker, blockers)
  const modules = Object.keys(sums(running.map(({ module }) => [module, 0])))
  return Object.fromEntries(
    modules.map((module) => [module, Math.max(...running.filter((one) => one.module === module).map(millis)) / 1_000]),
  )
}
