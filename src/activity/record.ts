import type { CallSite } from '../base/call-site.js'
import type { ActivityControl } from './control.js'
import type { ErrorInfo } from './error-info.js'
import { newSpanId, newTraceId, uuidv7 } from './ids.js'
import type { ActivitySpanKind, Attempt, ErrorReporting, KeptLink, Progress, SpanReference } from './options.js'
import { type ActivityState, isOpen, type Severity } from './states.js'
import type { Attributes, JsonObject, JsonValue } from './values.js'

/** One line of an activity's own log. */
export interface LogEntry {
  /** Milliseconds since the Unix epoch. */
  readonly time: number
  readonly message: string
  readonly state: ActivityState
  readonly percent?: number
}

/** What most activities never have; made when the first of it is said. */
export interface ActivityDetails {
  plan?: string
  doing?: string
  did?: string
  reason?: string
  considered?: readonly string[]
  progress?: Progress
  step?: number
  result?: JsonValue
  error?: ErrorInfo
  severity?: Severity
  attempt?: Attempt
  attributes?: Attributes
  metadata?: JsonObject
  links?: readonly KeptLink[]
  log?: LogEntry[]
  thread?: string
  silenceBudgetMillis?: number
  errors?: ErrorReporting
  /** Kept between planning and starting. */
  kind?: ActivitySpanKind
  timeoutMillis?: number
  /** More than the tracker keeps for open activities was said about others, so what this one had said is gone. */
  evicted?: true
  /** While the tracker counts these details: whose have been there longer, and whose shorter. */
  listed?: boolean
  older?: ActivityRecord | undefined
  newer?: ActivityRecord | undefined
}

/** Where the parent is another process, or a span that is no activity. */
export interface RemoteParent extends Partial<SpanReference> {
  readonly id?: string
  readonly rootId?: string
  readonly traceState?: string
}

/** Whatever holds the activity's span ids; an OpenTelemetry span fits. */
export interface SpanSlot {
  spanContext(): SpanReference
  /** Seconds and nanoseconds, where an SDK measures it. */
  readonly duration?: unknown
}

/** Told when an id is read for the first time, so that the activity can be found by it. */
export interface RecordOwner {
  adopt(record: ActivityRecord): void
  /** Something is about to be said about it, for the first time, or after all of it was taken away. */
  detailed?(record: ActivityRecord): void
}

/** The monotonic time of what has not happened. */
export const never: number = Number.NEGATIVE_INFINITY

const noTrace = '00000000000000000000000000000000'

/** What the activities that start at one place have in common; they share it. */
export class SharedFields {
  readonly owner: RecordOwner
  readonly name: string
  readonly module: string
  readonly group: string | undefined
  readonly type: string
  /** Where in the user's code they are started. */
  readonly startedFrom: CallSite | undefined
  /** The row and tallies that count them. The tracker's. */
  readonly row: object | undefined

  constructor(
    owner: RecordOwner,
    what: { readonly name: string; readonly module: string; readonly group: string | undefined; readonly type: string },
    startedFrom: CallSite | undefined,
    row: object | undefined,
  ) {
    this.owner = owner
    this.name = what.name
    this.module = what.module
    this.group = what.group
    this.type = what.type
    this.startedFrom = startedFrom
    this.row = row
  }
}

/** What few activities have, so that the others need no room for it. */
class SeldomFields {
  control: ActivityControl | undefined = undefined
  remote: RemoteParent | undefined = undefined
  subtree: object | undefined = undefined
  parentId: string | undefined = undefined
  ownSpan: SpanReference | undefined = undefined
  /** Set where it did not start at its creation. */
  startedMonotonic: number | undefined = undefined
}

const flags = { startedAtOnce: 1, idIsKnown: 2, hasChildren: 4, indexed: 8, traced: 16, timedBySpan: 32 } as const
/** Above the flags lies the depth, in what is left of a number that V8 keeps without a box. */
const depthShift = 6
const deepest = 2 ** (30 - depthShift) - 1

/**
 * An activity from the inside: one mutable object, changed by its tracker only. Users see handles and snapshots.
 * Fields are assigned in one order, so that all records share one hidden class. There may be many open ones, and V8
 * keeps every number with a fraction in a box of its own: what can be told from another field is not a field.
 */
export class ActivityRecord {
  readonly shared: SharedFields
  state: ActivityState
  /** The activity it was started in, ended or not; when this one ends, its nearest open ancestor. */
  origin: ActivityRecord | undefined
  readonly root: ActivityRecord
  readonly createdAt: number
  readonly createdMonotonic: number
  details: ActivityDetails | undefined = undefined
  /** The span of this activity. Filled by the tracing room. */
  span: SpanSlot | undefined = undefined
  /** Where tracing keeps what it needs between planning and starting. */
  tracing: object | undefined = undefined
  previous: ActivityRecord | undefined = undefined
  next: ActivityRecord | undefined = undefined
  /** Functions of this activity that have not settled. */
  functions = 0
  /** The one handle, where it can be kept: a strong reference would keep a lost handle from being noticed. */
  handle: object | undefined = undefined
  /** Set while losing the handle would mean that nobody can end this activity any more. */
  guard: WeakRef<object> | undefined = undefined
  #progressMonotonic: number | undefined = undefined
  #endedMonotonic: number | undefined = undefined
  #seldom: SeldomFields | undefined = undefined
  #id: string | undefined
  #flags: number

  constructor(
    shared: SharedFields,
    origin: ActivityRecord | undefined,
    id: string | undefined,
    createdAt: number,
    createdMonotonic: number,
  ) {
    this.shared = shared
    this.state = 'planned'
    this.origin = origin
    this.root = origin === undefined ? this : origin.root
    if (origin !== undefined) origin.#flags |= flags.hasChildren
    this.createdAt = createdAt
    this.createdMonotonic = createdMonotonic
    this.#id = id
    const above = origin === undefined ? 0 : origin.open ? origin.depth : origin.depth - 1
    const depth = above < deepest ? above + 1 : deepest
    this.#flags = (depth << depthShift) | (id === undefined ? 0 : flags.idIsKnown)
  }

  get owner(): RecordOwner {
    return this.shared.owner
  }

  get name(): string {
    return this.shared.name
  }

  get module(): string {
    return this.shared.module
  }

  get group(): string | undefined {
    return this.shared.group
  }

  get type(): string {
    return this.shared.type
  }

  get startedFrom(): CallSite | undefined {
    return this.shared.startedFrom
  }

  get startedMonotonic(): number {
    if ((this.#flags & flags.startedAtOnce) !== 0) return this.createdMonotonic
    return this.#seldom?.startedMonotonic ?? never
  }

  /** @param monotonic @defaultValue when it was created */
  markStarted(monotonic?: number): void {
    if (monotonic === undefined) this.#flags |= flags.startedAtOnce
    else this.seldomFields().startedMonotonic = monotonic
  }

  get progressMonotonic(): number {
    return this.#progressMonotonic ?? this.createdMonotonic
  }

  set progressMonotonic(monotonic: number) {
    this.#progressMonotonic = monotonic
  }

  get endedMonotonic(): number {
    return this.#endedMonotonic ?? never
  }

  set endedMonotonic(monotonic: number) {
    this.#endedMonotonic = monotonic
  }

  get control(): ActivityControl | undefined {
    return this.#seldom?.control
  }

  get remote(): RemoteParent | undefined {
    return this.#seldom?.remote
  }

  set remote(remote: RemoteParent | undefined) {
    if (remote !== undefined) this.seldomFields().remote = remote
  }

  /** The innermost tally of a subtree that counts it. */
  get subtree(): object | undefined {
    return this.#seldom?.subtree
  }

  set subtree(subtree: object | undefined) {
    if (subtree !== undefined) this.seldomFields().subtree = subtree
  }

  /** No private method, which V8 would make room for in every record. */
  private seldomFields(): SeldomFields {
    this.#seldom ??= new SeldomFields()
    return this.#seldom
  }

  /** At most so many open activities lie on the line from this one upwards, itself included. */
  get depth(): number {
    const depth = this.#flags >> depthShift
    return depth < deepest ? depth : Number.POSITIVE_INFINITY
  }

  /** Whether the id is the user's, or was read before the span started. */
  get idIsKnown(): boolean {
    return (this.#flags & flags.idIsKnown) !== 0
  }

  markIdKnown(): void {
    this.#flags |= flags.idIsKnown
  }

  get hasChildren(): boolean {
    return (this.#flags & flags.hasChildren) !== 0
  }

  /** Whether the tracker's index of ids holds it. */
  get indexed(): boolean {
    return (this.#flags & flags.indexed) !== 0
  }

  markIndexed(): void {
    this.#flags |= flags.indexed
  }

  get open(): boolean {
    return isOpen(this.state)
  }

  /** Made when first read: most activities end without anybody asking. */
  get id(): string {
    if (this.#id === undefined) {
      this.#id = uuidv7(this.createdAt)
      if (this.open) this.owner.adopt(this)
    }
    return this.#id
  }

  get hasId(): boolean {
    return this.#id !== undefined
  }

  get parentId(): string | undefined {
    return this.#seldom?.parentId ?? this.origin?.id ?? this.remote?.id
  }

  get rootId(): string {
    const { remote } = this.root
    return remote?.rootId ?? remote?.id ?? this.root.id
  }

  /** The nearest activity above this one that has not ended. */
  openAncestor(): ActivityRecord | undefined {
    let above = this.origin
    while (above !== undefined && !above.open) above = above.origin
    return above
  }

  /** Lets go of ancestors that have ended, so that work that reschedules itself for ever keeps no chain of the past. */
  releaseAncestors(): void {
    const { origin } = this
    if (origin === undefined || origin.open) return
    this.seldomFields().parentId = origin.id
    this.origin = this.openAncestor()
    for (let at: ActivityRecord | undefined = origin; at !== undefined && at !== this.origin; at = at.origin) {
      if (at.control?.aborted !== undefined) this.controls().aborted ??= at.control.aborted
    }
  }

  /** Ids of the span, or valid W3C ids of our own where no span has any. */
  spanReference(): SpanReference {
    const real = this.recordedSpan()
    if (real !== undefined) return real
    const seldom = this.seldomFields()
    seldom.ownSpan ??= {
      traceId: this.inheritedTraceId(),
      spanId: newSpanId(),
      traceFlags: this.remote?.traceFlags ?? 0,
    }
    return seldom.ownSpan
  }

  /**
   * It has a span now. One of suppressed tracing has no ids.
   *
   * @param asLong whether the span starts when the activity does
   */
  takeSpan(span: SpanSlot, asLong: boolean): void {
    if (span.spanContext().traceId !== noTrace) this.#flags |= flags.traced
    if (asLong && Array.isArray(span.duration)) this.#flags |= flags.timedBySpan
    this.span = span
  }

  /** Whether its span measures how long it runs. */
  get timedBySpan(): boolean {
    return (this.#flags & flags.timedBySpan) !== 0
  }

  /** The span's ids if an SDK gave it any. Reads nothing new. */
  recordedSpan(): SpanReference | undefined {
    return (this.#flags & flags.traced) === 0 ? undefined : this.span?.spanContext()
  }

  /** Ids that exist already, without making any. */
  knownSpan(): SpanReference | undefined {
    return this.recordedSpan() ?? this.#seldom?.ownSpan
  }

  /** Gives it the ids of a span that others started; the span itself is not kept. */
  takeSpanReference(reference: SpanReference): void {
    this.seldomFields().ownSpan = reference
  }

  private inheritedTraceId(): string {
    if (this.remote?.traceId !== undefined) return this.remote.traceId
    if (this.origin !== undefined) return this.origin.spanReference().traceId
    return this.root === this ? newTraceId() : this.root.spanReference().traceId
  }

  detail(): ActivityDetails {
    this.details ??= {}
    if (this.details.listed !== true) this.owner.detailed?.(this)
    return this.details
  }

  controls(): ActivityControl {
    const seldom = this.seldomFields()
    seldom.control ??= {
      verdict: undefined,
      abort: undefined,
      aborted: undefined,
      atEnd: undefined,
      paused: false,
    }
    return seldom.control
  }
}
