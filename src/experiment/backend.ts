import type { ExperimentMessage, ScalarEntry } from '../tracker/scalars.js'

/** What a backend is told with every call. */
export interface BackendCall {
  /** Aborted when the time for the call is over: give up then. */
  readonly signal: AbortSignal
  /** The same at every attempt to deliver the same thing, for whoever has to tell an attempt from a new message. */
  readonly id: string
}

/**
 * A place where scalars and messages go. `connectBackends` calls it after the event loop has come round, one call at a
 * time, outside of any activity, and never again before the last call has settled. A call that throws, rejects or takes
 * too long is repeated with the same batch: a batch may arrive twice. See {@link DeliveryFailure} for how a backend says
 * that repeating is useless.
 */
export interface ExperimentBackend {
  /** What the option `backend` of `logScalars` and `notify` picks it by. */
  readonly name: string
  /** Writes what was recorded, oldest first. A backend without it takes no scalars. */
  writeScalars?(entries: readonly ScalarEntry[], call: BackendCall): unknown
  /** A backend without it takes no messages. */
  sendMessage?(message: ExperimentMessage, call: BackendCall): unknown
  /** Makes what it has taken safe; called when nothing waits any more. */
  flush?(call: BackendCall): unknown
  /** The last call. */
  close?(call: BackendCall): unknown
  /** Writes what still waits while the process exits, when nothing asynchronous runs any more. */
  writeScalarsAtExit?(entries: readonly ScalarEntry[]): void
}

/** What an error that a backend throws may carry; any other error is worth another attempt. */
export interface DeliveryFailure {
  /** `false` if another attempt would fail too. */
  readonly retry?: boolean
  /** How long the receiver wants to be left alone. */
  readonly retryAfterMillis?: number
}

/** Thrown by the backends of this package. Its message holds no secret. */
export class DeliveryError extends Error implements DeliveryFailure {
  override readonly name = 'DeliveryError'
  readonly retry: boolean
  readonly retryAfterMillis?: number

  constructor(message: string, { retry = true, retryAfterMillis }: DeliveryFailure = {}) {
    super(message)
    this.retry = retry
    if (retryAfterMillis !== undefined) this.retryAfterMillis = retryAfterMillis
  }
}
