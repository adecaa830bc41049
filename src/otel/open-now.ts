import type { ActivityRecord } from '../activity/record.js'
import { overflowName } from '../activity/semantic-conventions.js'
import type { LabelValues } from './label-sets.js'

/** What gauges say of running activities. */
export interface OpenNow {
  readonly ageMillis: ReadonlyMap<string, number>
  readonly silenceMillis: ReadonlyMap<string, number>
  /** How many runs of each name are running. */
  readonly runsOpen: ReadonlyMap<string, number>
  /** From 0 to 1, by the name of the run. */
  readonly runProgress: ReadonlyMap<string, number>
}

function clamped(ratio: number): number {
  return Math.min(Math.max(ratio, 0), 1)
}

function progressOf(record: ActivityRecord): number | undefined {
  const progress = record.details?.progress
  if (progress?.percent !== undefined) return clamped(progress.percent / 100)
  if (progress?.done === undefined || progress.total === undefined || progress.total <= 0) return undefined
  return clamped(progress.done / progress.total)
}

function raise(map: Map<string, number>, key: string, value: number): void {
  map.set(key, Math.max(map.get(key) ?? 0, value))
}

/**
 * Looks at what is open, once for each collection. Modules and runs of which nothing runs any more stand at 0: a series
 * that is not observed would keep its last value in the SDK.
 */
export function lookAtOpen(
  open: Iterable<ActivityRecord>,
  now: number,
  modules: LabelValues,
  runs: LabelValues,
): OpenNow {
  const ageMillis = new Map([...modules].map((module) => [module, 0] as const))
  const silenceMillis = new Map(ageMillis)
  const runsOpen = new Map<string, number>([...runs].map((run) => [run, 0]))
  const runProgress = new Map<string, number>()
  const waiting = new Set<ActivityRecord>()
  for (const record of open) {
    const above = record.openAncestor()
    if (above !== undefined) waiting.add(above)
  }
  for (const record of open) {
    if (record.state !== 'running') continue
    const module = modules.of(record.module)
    raise(ageMillis, module, now - record.startedMonotonic)
    // What waits for something open below it is silent with good reason.
    raise(silenceMillis, module, waiting.has(record) ? 0 : now - record.progressMonotonic)
    if (record.type !== 'run' || record.root !== record) continue
    const run = runs.of(record.name)
    runsOpen.set(run, (runsOpen.get(run) ?? 0) + 1)
    const progress = progressOf(record)
    if (progress === undefined) continue
    // Of the runs of one name the newest counts; of those that share "(other)" the one that is furthest behind.
    runProgress.set(run, run === overflowName ? Math.min(runProgress.get(run) ?? 1, progress) : progress)
  }
  return { ageMillis, silenceMillis, runsOpen, runProgress }
}
