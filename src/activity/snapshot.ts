import type { CallSite } from '../base/call-site.js'
import type { ErrorInfo } from './error-info.js'
import type { Attempt, KeptLink, Progress } from './options.js'
import { type ActivityDetails, type ActivityRecord, type LogEntry, never } from './record.js'
import type { ActivityState, Severity } from './states.js'
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

/**
 * Fills a plain object. As a constructor, V8 knows how many properties there may be and makes room for all of them at
 * once; a literal that grows by what only some activities have takes twice as long. What differs most comes last.
 */
function PlainSnapshot(this: Writable<ActivitySnapshot>, record: ActivityRecord, process: ActivityProcess): void {
  const { name, module, group, type, startedFrom } = record.shared
  const { state, details, parentId, startedMonotonic } = record
  const hasStarted = startedMonotonic > never
  this.id = record.id
  this.rootId = record.rootId
  this.name = name
  this.module = module
  this.type = type
  this.state = state
  this.createdAt = record.createdAt
  this.process = process
  if (hasStarted) {
    this.startedAt = wallTime(record, startedMonotonic)
    this.lastProgressAt = wallTime(record, record.progressMonotonic)
  }
  const { endedMonotonic } = record
  if (endedMonotonic > never) {
    this.endedAt = wallTime(record, endedMonotonic)
    this.durationMillis = endedMonotonic - (hasStarted ? startedMonotonic : record.createdMonotonic)
  }
  const span = record.knownSpan()
  if (span !== undefined) {
    this.traceId = span.traceId
    this.spanId = span.spanId
    this.traceFlags = span.traceFlags
  }
  if (startedFrom !== undefined) this.startedFrom = startedFrom
  if (parentId !== undefined) this.parentId = parentId
  if (group !== undefined) this.group = group
  if (details !== undefined) addDetails(this, details)
}
PlainSnapshot.prototype = Object.prototype

const Snapshot = PlainSnapshot as unknown as new (record: ActivityRecord, process: ActivityProcess) => ActivitySnapshot

export function snapshotOf(record: ActivityRecord, process: ActivityProcess): ActivitySnapshot {
  return new Snapshot(record, process)
}

export function detailedSnapshotOf(record: ActivityRecord, process: ActivityProcess): DetailedSnapshot {
  return { ...snapshotOf(record, process), log: [...(record.details?.log ?? [])] }
}
