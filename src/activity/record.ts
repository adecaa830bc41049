import type { CallSite } from '../base/call-site.js'
import type { ErrorInfo } from './error-info.js'
import { newSpanId, newTraceId, uuidv7 } from './ids.js'
import type { ActivitySpanKind, Attempt, ErrorReporting, KeptLink, Progress, SpanReference } from './options.js'
import { type ActivityState, type EndedState, isOpen, type Severity } from './states.js'
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

/** A verdict noted while a function of the activity still runs; the first one wins. */
export interface Verdict {
  readonly state: Exclude<EndedState, 'interrupted'>
  readonly error?: { readonly value: unknown }
}

/** Needed only by activities that are given a verdict, are asked for their signal, or have a deadline. */
export interface ActivityControl {
  verdict: Verdict | undefined
  abort: AbortController | undefined
  /** Set once the signal is, or would be, aborted. */
  aborted: { readonly reason: unknown } | undefined
  cancelTimeout: (() => void) | undefined
  /** It is a generator, a stream or a thenable: its function has not settled, but nobody may be left to go on with it. */
  paused: boolean
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

/**
 * An activity from the inside: one mutable object, changed by its tracker only. Users see handles and snapshots.
 * Fields are assigned in one order, so that all records share one hidden class.
 */
export class ActivityRecord {
  readonly owner: RecordOwner
  readonly name: string
  readonly module: string
  readonly group: string | undefined
  readonly type: string
  state: ActivityState
  /** The activity it was started in, ended or not; when this one ends, its nearest open ancestor. */
  origin: ActivityRecord | undefined
  readonly root: ActivityRecord
  readonly createdAt: number
  readonly createdMonotonic: number
  startedMonotonic: number = never
  endedMonotonic: number = never
  progressMonotonic: number
  /** Where in the user's code it was started. Not among the details, as nearly all have it and little else. */
  startedFrom: CallSite | undefined = undefined
  details: ActivityDetails | undefined = undefined
  control: ActivityControl | undefined = undefined
  /** The span of this activity. Filled by the tracing room. */
  span: SpanSlot | undefined = undefined
  /** Where tracing keeps what it needs between planning and starting. */
  tracing: object | undefined = undefined
  remote: RemoteParent | undefined = undefined
  /** The row and tallies that count it. Filled by the tracker. */
  counted: object | undefined = undefined
  subtree: object | undefined = undefined
  previous: ActivityRecord | undefined = undefined
  next: ActivityRecord | undefined = undefined
  /** Functions of this activity that have not settled. */
  functions = 0
  /** The one handle, where it can be kept: a strong reference would keep a lost handle from being noticed. */
  handle: object | undefined = undefined
  /** Set while losing the handle would mean that nobody can end this activity any more. */
  guard: WeakRef<object> | undefined = undefined
  #id: string | undefined
  #parentId: string | undefined = undefined
  #ownSpan: SpanReference | undefined = undefined
  /** Whether the id is the user's, or was read before the span started. */
  idIsKnown: boolean
  hasChildren = false
  /** Whether the tracker's index of ids holds it. */
  indexed = false

  constructor(
    owner: RecordOwner,
    what: { readonly name: string; readonly module: string; readonly group: string | undefined; readonly type: string },
    origin: ActivityRecord | undefined,
    id: string | undefined,
    createdAt: number,
    createdMonotonic: number,
  ) {
    this.owner = owner
    this.name = what.name
    this.module = what.module
    this.group = what.group
    this.type = what.type
    this.state = 'planned'
    this.origin = origin
    this.root = origin === undefined ? this : origin.root
    if (origin !== undefined) origin.hasChildren = true
    this.createdAt = createdAt
    this.createdMonotonic = createdMonotonic
    this.progressMonotonic = createdMonotonic
    this.#id = id
    this.idIsKnown = id !== undefined
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
    return this.#parentId ?? this.origin?.id ?? this.remote?.id
  }

  get rootId(): string {
    return this.root.remote?.rootId ?? this.root.remote?.id ?? this.root.id
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
    this.#parentId = origin.id
    this.origin = this.openAncestor()
    for (let at: ActivityRecord | undefined = origin; at !== undefined && at !== this.origin; at = at.origin) {
      if (at.control?.aborted !== undefined) this.controls().aborted ??= at.control.aborted
    }
  }

  /** Ids of the span, or valid W3C ids of our own where no span has any. */
  spanReference(): SpanReference {
    const real = this.recordedSpan()
    if (real !== undefined) return real
    this.#ownSpan ??= {
      traceId: this.#inheritedTraceId(),
      spanId: newSpanId(),
      traceFlags: this.remote?.traceFlags ?? 0,
    }
    return this.#ownSpan
  }

  /** The span's ids if an SDK gave it any. Reads nothing new. */
  recordedSpan(): SpanReference | undefined {
    const reference = this.span?.spanContext()
    return reference !== undefined && reference.traceId !== noTrace ? reference : undefined
  }

  /** Ids that exist already, without making any. */
  knownSpan(): SpanReference | undefined {
    return this.recordedSpan() ?? this.#ownSpan
  }

  /** Gives it the ids of a span that others started; the span itself is not kept. */
  takeSpanReference(reference: SpanReference): void {
    this.#ownSpan = reference
  }

  #inheritedTraceId(): string {
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
    this.control ??= {
      verdict: undefined,
      abort: undefined,
      aborted: undefined,
      cancelTimeout: undefined,
      paused: false,
    }
    return this.control
  }
}
