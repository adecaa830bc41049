import { setTimeout as pause } from 'node:timers/promises'

export interface EventuallyOptions {
  /** @defaultValue 20000 */
  readonly timeoutMillis?: number
  /** @defaultValue 100 */
  readonly intervalMillis?: number
  /** Ends the asking early; it then rejects. */
  readonly signal?: AbortSignal
}

/** Asks until `ask` resolves, and resolves to its answer. After the deadline it rejects with what the last try said. */
export async function eventually<T>(ask: () => T | Promise<T>, options: EventuallyOptions = {}): Promise<T> {
  const timeoutMillis = options.timeoutMillis ?? 20_000
  const deadline = performance.now() + timeoutMillis
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (performance.now() < deadline) {
        await pause(
          options.intervalMillis ?? 100,
          undefined,
          options.signal === undefined ? {} : { signal: options.signal },
        )
        continue
      }
      const message = error instanceof Error ? error.message : String(error)
      throw new Error(`not within ${timeoutMillis} ms: ${message}`, { cause: error })
    }
  }
}
