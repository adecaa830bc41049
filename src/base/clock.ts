import { performance } from 'node:perf_hooks'

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
const longestDelayMillis = 2 ** 31 - 1

/** A timer of any length, in as many stretches as it takes. */
function start(callback: () => void, delayMillis: number, keepsAlive: boolean): Timer {
  let timeout: NodeJS.Timeout
  const wait = (leftMillis: number): void => {
    const stretch = Math.min(Math.max(leftMillis, 0), longestDelayMillis)
    timeout = setTimeout(leftMillis > stretch ? () => wait(leftMillis - stretch) : callback, stretch)
    if (!keepsAlive) timeout.unref()
  }
  wait(delayMillis)
  return { cancel: () => clearTimeout(timeout) }
}

export const systemClock: Clock = Object.freeze({
  wallMillis: () => Date.now(),
  monotonicMillis: () => performance.now(),
  timer: (callback: () => void, delayMillis: number) => start(callback, delayMillis, true),
  backgroundTimer: (callback: () => void, delayMillis: number) => start(callback, delayMillis, false),
  defer(callback: () => void): void {
    setImmediate(callback)
  },
})

const wallReadingMillis = 0.5
let wallReading = 0
let readAt = Number.NEGATIVE_INFINITY

/**
 * The wall time that belongs to a monotonic reading that was just taken. The system's clocks are expensive compared to
 * what is timed, so its wall clock, which counts whole milliseconds, is read anew only every half of one.
 */
export function wallAt(clock: Clock, monotonicMillis: number): number {
  if (clock !== systemClock) return clock.wallMillis()
  const age = monotonicMillis - readAt
  // Where no time passes, a test stands in for the system's clocks, and may have set them.
  if (age > 0 && age < wallReadingMillis) return wallReading
  wallReading = clock.wallMillis()
  readAt = monotonicMillis
  return wallReading
}
