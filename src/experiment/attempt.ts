import type { Clock } from '../base/clock.js'
import type { DeliveryFailure } from './backend.js'

/** How one call of a backend failed. */
export interface Failed {
  readonly why: string
  readonly error: unknown
  readonly retry: boolean
  readonly retryAfterMillis: number
}

const longestReason = 300
const longestRetryAfterMillis = 600_000

/** Reads whatever a backend has thrown. */
function failureOf(error: unknown): Failed {
  try {
    const said = (typeof error === 'object' && error !== null ? error : {}) as DeliveryFailure
    const { retry, retryAfterMillis } = said
    const after = typeof retryAfterMillis === 'number' && retryAfterMillis > 0 ? retryAfterMillis : 0
    return {
      why: (error instanceof Error ? error.message || error.name : String(error)).slice(0, longestReason),
      error,
      retry: retry !== false,
      retryAfterMillis: Math.min(after, longestRetryAfterMillis),
    }
  } catch {
    return { why: 'it threw what cannot be read', error: undefined, retry: true, retryAfterMillis: 0 }
  }
}

/** Calls a backend, one call at a time, each with a time limit. A call that never settles is waited for before the next. */
export class Attempts {
  readonly #clock: Clock
  readonly #timeoutMillis: number
  readonly #ownWork: <T>(work: () => T) => T
  #underway: AbortController | undefined

  constructor(clock: Clock, timeoutMillis: number, ownWork: <T>(work: () => T) => T) {
    this.#clock = clock
    this.#timeoutMillis = timeoutMillis
    this.#ownWork = ownWork
  }

  /** @returns how it failed, or `undefined`; never rejects */
  call(work: (signal: AbortSignal) => unknown): Promise<Failed | undefined> {
    if (this.#underway !== undefined)
      return Promise.resolve(failureOf(new Error('it has not come back from the call before')))
    const controller = new AbortController()
    this.#underway = controller
    return new Promise((resolve) => {
      const expire = (): void => {
        const reason = new DOMException(`no answer within ${this.#timeoutMillis} ms`, 'TimeoutError')
        controller.abort(reason)
      }
      const timer = this.#clock.backgroundTimer(expire, this.#timeoutMillis)
      controller.signal.addEventListener('abort', () => resolve(failureOf(controller.signal.reason)))
      const settled = (failed: Failed | undefined): void => {
        timer.cancel()
        this.#underway = undefined
        resolve(failed)
      }
      void (async () => this.#ownWork(() => work(controller.signal)))().then(
        () => settled(undefined),
        (error: unknown) => settled(failureOf(error)),
      )
    })
  }

  /** Gives up the call that is on its way. */
  abandon(): void {
    this.#underway?.abort(new DOMException('given up: the time for sending was over', 'AbortError'))
  }
}
