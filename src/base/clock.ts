/** A pending timer; cancelling it twice is harmless. */
export interface Timer {
  cancel(): void
}

/**
 * Where time comes from. Everything that waits or measures takes it from here, so that a test can replace it
 * (`ManualClock` in `underway/testing`).
 */
export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch. May jump. */
  wallMillis(): number
  /** Milliseconds from an arbitrary origin, never going back. Ages and silences are differences of it. */
  monotonicMillis(): number
  /** A timer that a caller waits for: it keeps the process alive. */
  timer(callback: () => void, delayMillis: number): Timer
  /** A timer of background work: it never keeps the process alive. */
  backgroundTimer(callback: () => void, delayMillis: number): Timer
  /** Calls back after the current operation and its microtasks have gone back to the event loop. */
  defer(callback: () => void): void
}

/** The longest delay that `setTimeout` keeps; above it Node fires after 1 ms instead. */
export const maxDelayMillis = 2 ** 31 - 1

function start(callback: () => void, delayMillis: number): NodeJS.Timeout {
  return setTimeout(callback, Math.min(Math.max(delayMillis, 0), maxDelayMillis))
}

export const systemClock: Clock = Object.freeze({
  wallMillis: () => Date.now(),
  monotonicMillis: () => performance.now(),
  timer(callback: () => void, delayMillis: number): Timer {
    const timeout = start(callback, delayMillis)
    return { cancel: () => clearTimeout(timeout) }
  },
  backgroundTimer(callback: () => void, delayMillis: number): Timer {
    const timeout = start(callback, delayMillis).unref()
    return { cancel: () => clearTimeout(timeout) }
  },
  defer(callback: () => void): void {
    setImmediate(callback)
  },
})
