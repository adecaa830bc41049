import * as otel from '@opentelemetry/api'
import type { Faults } from '../base/faults.js'

/** What all 1.x copies of the api share. */
export interface Registered {
  /** Of the copy through which the first of it was registered. */
  readonly version?: string
  readonly context?: otel.ContextManager
  readonly trace?: otel.TracerProvider
}

const apiKey: unique symbol = Symbol.for('opentelemetry.js.api.1') as never

let latest: Registered | undefined

/** What is registered, also where our copy of the api does not look at it. */
export function registered(): Registered | undefined {
  latest = (globalThis as { [apiKey]?: Registered })[apiKey]
  return latest
}

/** What {@link registered} has just said: asking takes as long as ten other steps of a call. */
export function registeredJustNow(): Registered | undefined {
  return latest
}

/**
 * Counts, once per tracker, that there is an SDK which our copy of the api cannot see: a copy that is newer than the one
 * through which an SDK was registered answers as if there were none.
 */
export function noticeDuplicatedApi(faults: Faults): void {
  const there = registered()
  if (there?.trace === undefined || there.trace === otel.trace.getTracerProvider()) return
  if (faults.of('api.duplicated') === 0) faults.count('api.duplicated', `registered through ${there.version}`)
}
