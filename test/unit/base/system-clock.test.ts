import { afterEach, expect, test, vi } from 'vitest'
import { systemClock } from '../../../src/base/clock.js'

afterEach(() => {
  vi.useRealTimers()
})

test('a timer of sixty days waits for all of them', () => {
  vi.useFakeTimers()
  const fired = vi.fn()
  const day = 86_400_000
  systemClock.timer(fired, 60 * day)
  vi.advanceTimersByTime(59 * day)
  expect(fired).not.toHaveBeenCalled()
  vi.advanceTimersByTime(day)
  expect(fired).toHaveBeenCalledTimes(1)
})

test('a long timer can be cancelled in every stretch of it', () => {
  vi.useFakeTimers()
  const fired = vi.fn()
  const timer = systemClock.backgroundTimer(fired, 60 * 86_400_000)
  vi.advanceTimersByTime(30 * 86_400_000)
  timer.cancel()
  vi.advanceTimersByTime(60 * 86_400_000)
  expect(fired).not.toHaveBeenCalled()
})
