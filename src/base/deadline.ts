import type { Clock } from './clock.js'

/** The `timeoutMillis` of options that nobody has checked; `undefined` if there is none that can be used. */
export function timeoutIn(options: { readonly timeoutMillis?: unknown } | null | undefined): number | undefined {
  try {
    const given = options?.timeoutMillis
    return typeof given === 'number' && given >= 0 ? given : undefined
  } catch {
    return undefined
  }
}

/** What became of work that had a deadline. */
export type DeadlineOutcome<T> =
  | { readonly kind: 'settled'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'expired' }

/**
 * Waits for `work` until the deadline. Never rejects; what settles after the deadline is ignored, a late rejection too.
 */
export function beforeDeadline<T>(
  clock: Clock,
  timeoutMillis: number,
  work: () => T | PromiseLike<T>,
): Promise<DeadlineOutcome<T>> {
  return new Promise((resolve) => {
    const timer = clock.timer(() => resolve({ kind: 'expired' }), timeoutMillis)
    const settle = (outcome: DeadlineOutcome<T>): void => {
      timer.cancel()
      resolve(outcome)
    }
    void (async () => work())().then(
      (value) => settle({ kind: 'settled', value }),
      (error: unknown) => settle({ kind: 'failed', error }),
    )
  })
}
