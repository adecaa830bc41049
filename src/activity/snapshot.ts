import type { CallSite } from '../base/call-site.js'
import type { ErrorInfo } from './error-info.js'
import type { Attempt, KeptLink, Progress } from './options.js'
import { type ActivityDetails, type ActivityRecord, type LogEntry, never } from './record.js'
import { type ActivityState, isOpen, type Severity } from './states.js'
import type { Attributes, JsonObject, JsonValue } from './values.js'

/** Who did the work. */
export interface ActivityProcess {
  /** Random, fresh for every tracker in every process and thread. */
  readonly instance: string
  readonly service: string
  readonly pid: number
  readonly host: string
  /** The `worker_threads` id; absent on the main thread. */
  readonly worker?: number
}

/**
 * An activity at one moment, as plain JSON. What was never said is absent. Times are milliseconds since the Unix
 * epoch, durations milliseconds measured by a clock that never jumps.
 */
export interface ActivitySnapshot {
  readonly id: string
  readonly traceId?: string
  readonly spanId?: string
  /** The W3C flags: 1 where the trace is sampled. */
  readonly traceFlags?: number
  readonly parentId?: string
  readonly rootId: string
  readonly links?: readonly KeptLink[]
  readonly attempt?: Attempt
  readonly name: string
  readonly module: string
  readonly group?: string
  readonly type: string
  readonly state: ActivityState
  readonly plan?: string
  readonly doing?: string
  readonly did?: string
  readonly reason?: string
  readonly considered?: readonly string[]
  readonly progress?: Progress
  readonly step?: number
  readonly result?: JsonValue
  readonly error?: ErrorInfo
  readonly severity?: Severity
  readonly attributes?: Attributes
  readonly metadata?: JsonObject
  readonly thread?: string
  readonly startedFrom?: CallSite
  readonly createdAt: number
  readonly startedAt?: number
  readonly lastProgressAt?: number
  readonly endedAt?: number
  /** From the start (or the planning, if never started) to the end. */
  readonly durationMillis?: number
  readonly process: ActivityProcess
}

/** A snapshot with the log entries, which changes of the feed do not repeat. */
export interface DetailedSnapshot extends ActivitySnapshot {
  readonly log: readonly LogEntry[]
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

const carriedOver = [
  'plan',
  'doing',
  'did',
  'reason',
  'considered',
  'progress',
  'step',
  'result',
  'error',
  'severity',
  'attempt',
  'attributes',
  'metadata',
  'links',
  'thread',
  'startedFrom',
] as const

/** The wall time of a monotonic reading, relative to the activity's own creation. */
export function wallTime(record: ActivityRecord, monotonic: number): number {
  return record.createdAt + (monotonic - record.createdMonotonic)
}

type CarriedOver = Pick<ActivityDetails, (typeof carriedOver)[number]>

function carryOver<K extends keyof CarriedOver>(details: CarriedOver, snapshot: CarriedOver, key: K): void {
  const value = details[key]
  if (value !== undefined) snapshot[key] = value
}

export function snapshotOf(record: ActivityRecord, process: ActivityProcess): ActivitySnapshot {
  const snapshot: Writable<ActivitySnapshot> = {
    id: record.id,
    rootId: record.rootId,
    name: record.name,
    module: record.module,
    type: record.type,
    state: record.state,
    createdAt: record.createdAt,
    process,
  }
  const { parentId, group, details } = record
  if (parentId !== undefined) snapshot.parentId = parentId
  if (group !== undefined) snapshot.group = group
  const span = record.knownSpan()
  if (span !== undefined) {
    snapshot.traceId = span.traceId
    snapshot.spanId = span.spanId
    snapshot.traceFlags = span.traceFlags
  }
  if (record.startedMonotonic > never) {
    snapshot.startedAt = wallTime(record, record.startedMonotonic)
    snapshot.lastProgressAt = wallTime(record, record.progressMonotonic)
  }
  if (!isOpen(record.state)) {
    snapshot.endedAt = wallTime(record, record.endedMonotonic)
    snapshot.durationMillis =
      record.endedMonotonic - (record.startedMonotonic > never ? record.startedMonotonic : record.createdMonotonic)
  }
  if (details !== undefined) {
    for (const key of carriedOver) carryOver(details, snapshot, key)
  }
  return snapshot
}

export function detailedSnapshotOf(record: ActivityRecord, process: ActivityProcess): DetailedSnapshot {
  return { ...snapshotOf(record, process), log: [...(record.details?.log ?? [])] }
}
