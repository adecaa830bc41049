import type { ActivityType } from './activity-types.js'
import type { Severity } from './states.js'

/** How far a piece of work has come. `percent` is worked out from `done` and `total` unless given. */
export interface Progress {
  /** Units done so far. */
  readonly done?: number
  /** Units in all; unknown when absent. */
  readonly total?: number
  /** 0 to 100. */
  readonly percent?: number
}

export const linkRelations = ['depends_on', 'retry_of', 'follows_from'] as const
export type LinkRelation = (typeof linkRelations)[number]

/** A relation to an activity that is not the parent. */
export interface ActivityLink {
  readonly relation: LinkRelation
  /** The id of the other activity, or its handle. */
  readonly activity: ActivityReference
}

/** A link as it is kept; with the span's ids where they are known. */
export interface KeptLink {
  readonly relation: LinkRelation
  readonly id: string
  readonly traceId?: string
  readonly spanId?: string
}

/** Something that names an activity: its id, its handle, or what `extract` read from a carrier. */
export type ActivityReference = string | { readonly id?: string | undefined }

/** The parts of a W3C trace context that name a span. */
export interface SpanReference {
  /** 32 lower-case hex digits. */
  readonly traceId: string
  /** 16 lower-case hex digits. */
  readonly spanId: string
  /** Bit 0 is set when the trace is sampled. */
  readonly traceFlags: number
}

/** An activity in another process, as read from a carrier by `extract`. Use it as `parent`, or as `from` to go on with it. */
export interface RemoteActivity extends Partial<SpanReference> {
  readonly id?: string
  readonly rootId?: string
  readonly traceState?: string
}

/** Whatever names a parent: a handle, an id that is open here, or a remote activity. */
export type ParentActivity = ActivityReference | RemoteActivity

/** Which attempt at the same thing this is. While `number < of`, a failure counts as a warning. */
export interface Attempt {
  /** From 1. */
  readonly number: number
  /** How many will be made at most. */
  readonly of?: number
}

/** What an activity's failure does to the error health. */
export interface ErrorReporting {
  /** @defaultValue true */
  readonly report?: boolean
  /** @defaultValue `'warning'` while attempts are left, else `'error'` */
  readonly severity?: Severity
}

export const spanKinds = ['internal', 'server', 'client', 'producer', 'consumer'] as const
export type ActivitySpanKind = (typeof spanKinds)[number]

/** What can be said of an activity before it starts, however it is started. */
export interface ActivityDescription {
  /** The operation; few different values, because it names the span. What differs per call goes in `plan`. */
  readonly name?: string | undefined
  /** The part of the program that does the work. @defaultValue the enclosing activity's, else the tracker's service name */
  readonly module?: string | undefined
  /** A group of modules, such as `'rollout workers'`. @defaultValue the registered module's */
  readonly group?: string | undefined
  /** @defaultValue `'task'` */
  readonly type?: ActivityType | undefined
  /** Kind of the span. @defaultValue `'internal'` */
  readonly kind?: ActivitySpanKind | undefined
  /** What it will do, for people. */
  readonly plan?: string | undefined
  /** Attributes of the span. */
  readonly attributes?: Readonly<Record<string, unknown>> | undefined
  /** JSON for history and screens; never on the span. At most 16 KiB. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined
  /** `null` starts a new root. @defaultValue the current activity */
  readonly parent?: ParentActivity | null | undefined
  /** Goes on with an activity that was handed off: takes its id, and its place in the trace. */
  readonly from?: RemoteActivity | Readonly<Record<string, unknown>> | undefined
  readonly links?: readonly ActivityLink[] | undefined
  readonly attempt?: Attempt | number | undefined
  /** How much a failure matters to people; on the span as `activity.severity`. */
  readonly severity?: Severity | undefined
  /** An id of your own. @defaultValue a UUIDv7 */
  readonly id?: string | undefined
  /** When it really started, milliseconds since the Unix epoch or a Date. @defaultValue now */
  readonly startTime?: number | Date | undefined
  /** Without progress for longer than this it counts as silent. */
  readonly silenceBudgetMillis?: number | undefined
  /** After this time its `signal` is aborted and it fails with a TimeoutError. */
  readonly timeoutMillis?: number | undefined
  /** When it is aborted, so is the activity's own `signal`, with the same reason. */
  readonly signal?: AbortSignal | undefined
  readonly errors?: ErrorReporting | undefined
  /** The logical thread that the work belongs to, in your own words. */
  readonly thread?: string | undefined
  /** For decisions: what was weighed. */
  readonly considered?: readonly string[] | undefined
  /** For decisions: why. */
  readonly reason?: string | undefined
}

export type Callable<This, Args extends readonly unknown[], R> = (this: This, ...args: Args) => R
/** A value, or a function of the call that gives it. */
export type PerCall<This, Args extends readonly unknown[], T> = T | ((this: This, ...args: Args) => T)

/** What a change says of an activity's course. Everything given is kept; what is absent stays as it was. */
export interface ActivityUpdate extends Progress {
  /** The step of the training or the loop that this belongs to. */
  readonly step?: number
  readonly attributes?: Readonly<Record<string, unknown>>
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly considered?: readonly string[]
  readonly reason?: string
}

/** What can be said at the end. */
export interface ActivityOutcome {
  /** JSON, at most 16 KiB. */
  readonly result?: unknown
  readonly reason?: string
  readonly step?: number
  readonly attributes?: Readonly<Record<string, unknown>>
  readonly metadata?: Readonly<Record<string, unknown>>
}
