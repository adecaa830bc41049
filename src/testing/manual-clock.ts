import { shown } from '../base/checked-options.js'
import type { Clock, Timer } from '../base/clock.js'
import { UnderwayError } from '../base/underway-error.js'

interface Pending {
  readonly at: number
  readonly callback: () => void
}

function checked(call: string, millis: unknown, least = Number.NEGATIVE_INFINITY): number {
  if (typeof millis === 'number' && Number.isFinite(millis) && millis >= least) return millis
  const wanted = least === 0 ? 'a number of milliseconds from 0 on' : 'a number of milliseconds'
  throw new UnderwayError('OPTIONS_INVALID', `${call}: expected ${wanted}, got ${shown(millis)}`)
}

/**
 * A clock for tests: time stands still until `advance` moves it and runs the timers that have come due, in order.
 * `defer` is the real event loop's, as that is no time.
 */
export class ManualClock implements Clock {
  #wall: number
  #monotonic = 0
  #pending: Pending[] = []

  /**
   * @param wallMillis where the wall clock stands at first; milliseconds since the Unix epoch
   * @throws UnderwayError OPTIONS_INVALID
   */
  constructor(wallMillis: number = Date.UTC(2030, 0, 1)) {
    this.#wall = checked('new ManualClock(wallMillis)', wallMillis)
  }

  wallMillis(): number {
    return this.#wall
  }

  monotonicMillis(): number {
    return this.#monotonic
  }

  /** What is no delay is none, as in `setTimeout`. @throws UnderwayError OPTIONS_INVALID for what cannot be called */
  timer(callback: () => void, delayMillis: number): Timer {
    if (typeof callback !== 'function')
      throw new UnderwayError('OPTIONS_INVALID', `timer(callback): expected a function, got ${shown(callback)}`)
    const delay = typeof delayMillis === 'number' && delayMillis > 0 ? delayMillis : 0
    const pending = { at: this.#monotonic + delay, callback }
    this.#pending.push(pending)
    return {
      cancel: () => {
        this.#pending = this.#pending.filter((other) => other !== pending)
      },
    }
  }

  backgroundTimer(callback: () => void, delayMillis: number): Timer {
    return this.timer(callback, delayMillis)
  }

  defer(callback: () => void): void {
    setImmediate(callback)
  }

  /** How many timers are waiting. */
  get timers(): number {
    return this.#pending.length
  }

  /** Moves the wall clock alone, as an administrator or NTP would. @throws UnderwayError OPTIONS_INVALID */
  jump(millis: number): void {
    this.#wall += checked('jump(millis)', millis)
  }

  /**
   * Lets time pass and runs what comes due in it, then lets the event loop turn twice, for what was deferred.
   *
   * @throws UnderwayError OPTIONS_INVALID, as time never goes back
   */
  async advance(millis: number): Promise<void> {
    const end = this.#monotonic + checked('advance(millis)', millis, 0)
    for (;;) {
      const due = this.#pending.filter((pending) => pending.at <= end).sort((a, b) => a.at - b.at)[0]
      if (due === undefined) break
      this.#pending = this.#pending.filter((other) => other !== due)
      this.#move(due.at)
      due.callback()
    }
    this.#move(end)
    await this.settle()
  }

  /** Lets the event loop turn twice. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 2; turn += 1) {
      await new Promise<void>((resolve) => {
        setImmediate(resolve)
      })
    }
  }

  #move(to: number): void {
    this.#wall += to - this.#monotonic
    this.#monotonic = to
  }
}
