import type { ActivityFields } from '../activity/handle.js'
import type { ActivityRecord } from '../activity/record.js'
import { never } from '../activity/record.js'
import { type ActivityProcess, type ActivitySnapshot, snapshotOf, wallTime } from '../activity/snapshot.js'
import type { ActivityState } from '../activity/states.js'
import { lifecycleOf, recordKey, release } from './begin.js'

/** The reading half of a handle: every field as it is at the moment of asking. */
export class ActivityView implements ActivityFields {
  readonly [recordKey]: ActivityRecord

  constructor(record: ActivityRecord) {
    this[recordKey] = record
  }

  /** What Node prints of it. */
  [Symbol.for('nodejs.util.inspect.custom')](): object {
    return snapshotOf(this[recordKey], this.process)
  }

  get id(): string {
    // Whoever knows the id can end the activity without holding its handle.
    release(this[recordKey], this)
    return this[recordKey].id
  }

  get parentId(): string | undefined {
    return this[recordKey].parentId
  }

  get rootId(): string {
    return this[recordKey].rootId
  }

  get traceId(): string {
    return this[recordKey].spanReference().traceId
  }

  get spanId(): string {
    return this[recordKey].spanReference().spanId
  }

  get name(): string {
    return this[recordKey].name
  }

  get module(): string {
    return this[recordKey].module
  }

  get group(): string | undefined {
    return this[recordKey].group
  }

  get type(): string {
    return this[recordKey].type
  }

  get state(): ActivityState {
    return this[recordKey].state
  }

  get isOpen(): boolean {
    return this[recordKey].open
  }

  get process(): ActivityProcess {
    return lifecycleOf(this[recordKey]).process
  }

  get plan(): string | undefined {
    return this[recordKey].details?.plan
  }

  get doing(): string | undefined {
    return this[recordKey].details?.doing
  }

  get did(): string | undefined {
    return this[recordKey].details?.did
  }

  get reason(): string | undefined {
    return this[recordKey].details?.reason
  }

  get considered(): readonly string[] | undefined {
    return this[recordKey].details?.considered
  }

  get progress(): ActivitySnapshot['progress'] {
    return this[recordKey].details?.progress
  }

  get step(): number | undefined {
    return this[recordKey].details?.step
  }

  get result(): ActivitySnapshot['result'] {
    return this[recordKey].details?.result
  }

  get error(): ActivitySnapshot['error'] {
    return this[recordKey].details?.error
  }

  get severity(): ActivitySnapshot['severity'] {
    return this[recordKey].details?.severity
  }

  get attempt(): ActivitySnapshot['attempt'] {
    return this[recordKey].details?.attempt
  }

  get attributes(): ActivitySnapshot['attributes'] {
    return this[recordKey].details?.attributes
  }

  get metadata(): ActivitySnapshot['metadata'] {
    return this[recordKey].details?.metadata
  }

  get links(): ActivitySnapshot['links'] {
    return this[recordKey].details?.links
  }

  get evicted(): true | undefined {
    return this[recordKey].details?.evicted
  }

  get thread(): string | undefined {
    return this[recordKey].details?.thread
  }

  get startedFrom(): ActivitySnapshot['startedFrom'] {
    return this[recordKey].startedFrom
  }

  get createdAt(): number {
    return this[recordKey].createdAt
  }

  get startedAt(): number | undefined {
    return wallOf(this[recordKey], this[recordKey].startedMonotonic)
  }

  get lastProgressAt(): number | undefined {
    return wallOf(this[recordKey], this[recordKey].progressMonotonic)
  }

  get endedAt(): number | undefined {
    return wallOf(this[recordKey], this[recordKey].endedMonotonic)
  }

  get durationMillis(): number | undefined {
    const { endedMonotonic, startedMonotonic, createdMonotonic } = this[recordKey]
    if (endedMonotonic === never) return undefined
    return endedMonotonic - (startedMonotonic === never ? createdMonotonic : startedMonotonic)
  }
}

// Functions, as V8 makes room in every object of a class with private methods.
function wallOf(record: ActivityRecord, monotonic: number): number | undefined {
  return monotonic === never ? undefined : wallTime(record, monotonic)
}
