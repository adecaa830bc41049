import type { Clock, Timer } from '../base/clock.js'

interface Pending {
  readonly at: number
  readonly callback: () => void
}

/**
 * A clock for tests: time stands still until `advance` moves it and runs the timers that have come due, in order.
 * `defer` is the real event loop's, as that is no time.
 */
export class ManualClock implements Clock {
  #wall: number
  #monotonic = 0
  #pending: Pending[] = []

  /** @param wallMillis where the wall clock stands at first; milliseconds since the Unix epoch */
  constructor(wallMillis: number = Date.UTC(2030, 0, 1)) {
    this.#wall = wallMillis
  }

  wallMillis(): number {
    return this.#wall
  }

  monotonicMillis(): number {
    return this.#monotonic
  }

  timer(callback: () => void, delayMillis: number): Timer {
    const pending = { at: this.#monotonic + Math.max(delayMillis, 0), callback }
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

  /** Moves the wall clock alone, as an administrator or NTP would. */
  jump(millis: number): void {
    this.#wall += millis
  }

  /** Lets time pass and runs what comes due in it, then lets the event loop turn twice, for what was deferred. */
  async advance(millis: number): Promise<void> {
    const end = this.#monotonic + millis
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
