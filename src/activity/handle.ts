/// <reference lib="esnext.disposable" preserve="true" />
import type { ActivityOutcome, ActivityUpdate, SpanReference } from './options.js'
import type { ActivitySnapshot, DetailedSnapshot } from './snapshot.js'
import type { ActivityState } from './states.js'

type Readable = Omit<ActivitySnapshot, 'state' | 'traceId' | 'spanId' | 'traceFlags'>
type OptionalKeys<T> = { [K in keyof T]-?: Record<never, never> extends Pick<T, K> ? K : never }[keyof T]

/** The fields of a snapshot, read at the moment of asking; `undefined` is what was never said. */
export type ActivityFields = { readonly [K in Exclude<keyof Readable, OptionalKeys<Readable>>]: Readable[K] } & {
  readonly [K in OptionalKeys<Readable>]-?: Readable[K] | undefined
}

/**
 * One activity in the user's hands. No method throws and a call that comes too late is ignored and counted.
 *
 * Inside `trackActivity`, `runActivity` and `run`, `complete`, `fail`, `cancel` and `skip` note a verdict, the first of
 * which wins; the activity ends when the function settles. On a handle without a function they end it at once.
 */
export interface ActivityHandle extends ActivityFields {
  readonly state: ActivityState
  readonly traceId: string
  readonly spanId: string
  /** `true` until it ends, also after a verdict while its function still runs. */
  readonly isOpen: boolean
  /** Aborted by `cancel` of this activity or of one above it, by `timeoutMillis`, by the option `signal`, and while draining. */
  readonly signal: AbortSignal
  /** Planned work begins. @param doing what it is doing, for people */
  start(doing?: string): this
  /** Says what it is doing and how far it has come. Counts as progress. */
  update(doing: string | ActivityUpdate, update?: ActivityUpdate): this
  /** Says that it is alive. Counts as progress. */
  heartbeat(): this
  /** Adds a line to the activity's own log; the last 100 are kept. Counts as progress. */
  log(message: string, options?: { readonly percent?: number }): this
  /** Sets attributes of the span. */
  set(key: string, value: unknown): this
  set(attributes: Readonly<Record<string, unknown>>): this
  /** @param did what it did, for people */
  complete(did?: string, outcome?: ActivityOutcome): void
  /** @param error whatever went wrong */
  fail(error: unknown, outcome?: ActivityOutcome): void
  /** Aborts the signal of this activity and of everything below it. */
  cancel(reason?: string): void
  /** Nothing needed to be done. */
  skip(reason?: string): void
  /** Runs a function as this activity: starts it if planned, makes it current, ends it when the function settles. */
  run<R>(fn: (activity: this) => R): R
  /** A function that runs with this activity current, whoever calls it. Does not end it. */
  bind<F extends (...args: never) => unknown>(fn: F): F
  /** Writes the W3C fields and one field `underway` to headers, so that another process can go on from here. */
  inject<C extends object>(carrier: C): C
  /** The ids of the span, or ids of the same form if no SDK made one. */
  spanContext(): SpanReference
  /** The activity at this moment with its log, as plain JSON. */
  toJSON(): DetailedSnapshot
  /** Ends it as `leftAs` says (completed by default) if it is still open. */
  [Symbol.dispose](): void
  [Symbol.asyncDispose](): Promise<void>
}
