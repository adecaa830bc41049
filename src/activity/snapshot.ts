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
  /** What was said about it before is gone: more open activities had details than the tracker keeps (`maxDetails`). */
  readonly evicted?: true
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

/** The wall time of a monotonic reading, relative to the activity's own creation. */
export function wallTime(record: ActivityRecord, monotonic: number): number {
  return record.createdAt + (monotonic - record.createdMonotonic)
}

/** Spelled out, as a loop over the names takes longer than everything else in a snapshot. */
function addDetails(snapshot: Writable<ActivitySnapshot>, details: ActivityDetails): void {
  if (details.plan !== undefined) snapshot.plan = details.plan
  if (details.doing !== undefined) snapshot.doing = details.doing
  if (details.did !== undefined) snapshot.did = details.did
  if (details.reason !== undefined) snapshot.reason = details.reason
  if (details.considered !== undefined) snapshot.considered = details.considered
  if (details.progress !== undefined) snapshot.progress = details.progress
  if (details.step !== undefined) snapshot.step = details.step
  if (details.result !== undefined) snapshot.result = details.result
  if (details.error !== undefined) snapshot.error = details.error
  if (details.severity !== undefined) snapshot.severity = details.severity
  if (details.attempt !== undefined) snapshot.attempt = details.attempt
  if (details.attributes !== undefined) snapshot.attributes = details.attributes
  if (details.metadata !== undefined) snapshot.metadata = details.metadata
  if (details.links !== undefined) snapshot.links = details.links
  if (details.thread !== undefined) snapshot.thread = details.thread
  if (details.evicted === true) snapshot.evicted = true
}

/** What nearly every snapshot has, in one piece: an object that grows by one property after another takes twice as long. */
function startedSnapshot(record: ActivityRecord, process: ActivityProcess): Writable<ActivitySnapshot> {
  return {
    id: record.id,
    rootId: record.rootId,
    name: record.name,
    module: record.module,
    type: record.type,
    state: record.state,
    createdAt: record.createdAt,
    process,
    startedAt: wallTime(record, record.startedMonotonic),
    lastProgressAt: wallTime(record, record.progressMonotonic),
  }
}

function plannedSnapshot(record: ActivityRecord, process: ActivityProcess): Writable<ActivitySnapshot> {
  return {
    id: record.id,
    rootId: record.rootId,
    name: record.name,
    module: record.module,
    type: record.type,
    state: record.state,
    createdAt: record.createdAt,
    process,
  }
}

export function snapshotOf(record: ActivityRecord, process: ActivityProcess): ActivitySnapshot {
  const hasStarted = record.startedMonotonic > never
  const snapshot = hasStarted ? startedSnapshot(record, process) : plannedSnapshot(record, process)
  const { parentId, group, details, startedFrom } = record
  if (parentId !== undefined) snapshot.parentId = parentId
  if (group !== undefined) snapshot.group = group
  const span = record.knownSpan()
  if (span !== undefined) {
    snapshot.traceId = span.traceId
    snapshot.spanId = span.spanId
    snapshot.traceFlags = span.traceFlags
  }
  if (!isOpen(record.state)) {
    snapshot.endedAt = wallTime(record, record.endedMonotonic)
    snapshot.durationMillis = record.endedMonotonic - (hasStarted ? record.startedMonotonic : record.createdMonotonic)
  }
  if (startedFrom !== undefined) snapshot.startedFrom = startedFrom
  if (details !== undefined) addDetails(snapshot, details)
  return snapshot
}

export function detailedSnapshotOf(record: ActivityRecord, process: ActivityProcess): DetailedSnapshot {
  return { ...snapshotOf(record, process), log: [...(record.details?.log ?? [])] }
}
