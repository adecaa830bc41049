import { describe, expect, test } from 'vitest'
import { Faults } from '../../../src/base/faults.js'
import { ManualClock } from '../../../src/testing/index.js'
import type { Row } from '../../../src/tracker/counters.js'
import { type DurationSample, Durations } from '../../../src/tracker/durations.js'

const row = {} as Row

function collected() {
  const clock = new ManualClock()
  const faults = new Faults(() => {})
  const durations = new Durations(clock, faults)
  const batches: (readonly DurationSample[])[] = []
  const stop = durations.listen((samples) => batches.push(samples))
  return { clock, faults, durations, batches, stop }
}

function count(batches: readonly (readonly DurationSample[])[]): number {
  return batches.reduce((sum, batch) => sum + batch.length, 0)
}

describe('durations', () => {
  test('are handed on in batches after the call', async () => {
    const { clock, durations, batches } = collected()
    durations.add(row, 'completed', 5)
    durations.add(row, undefined, 7)
    expect(batches).toEqual([])
    await clock.settle()
    expect(batches).toEqual([
      [
        { row, state: 'completed', millis: 5 },
        { row, state: undefined, millis: 7 },
      ],
    ])
  })

  test('are never dropped: beyond the bound they are handed on at once, and counted', async () => {
    const { durations, batches } = collected()
    for (let n = 0; n < 70_000; n += 1) durations.add(row, 'completed', n)
    expect(durations.waiting).toBe(65_536)
    expect(durations.handedOnInside).toBe(70_000 - 65_536)
    durations.flush()
    expect(durations.waiting).toBe(0)
    expect(count(batches)).toBe(70_000)
  })

  test('take a few milliseconds of each turn of the event loop at most', async () => {
    const { clock, durations, batches } = collected()
    for (let n = 0; n < 10_000; n += 1) durations.add(row, 'completed', n)
    for (let n = 0; n < 3; n += 1) await clock.settle()
    expect(batches.map(({ length }) => length)).toEqual([2_048, 2_048, 2_048, 2_048, 1_808])
    expect(batches.flat().map(({ millis }) => millis)).toEqual(Array.from({ length: 10_000 }, (_, n) => n))
  })

  test('reach the other listeners when one throws, which is counted', () => {
    const { durations, batches, faults } = collected()
    durations.listen(() => {
      throw new Error('listener')
    })
    const after: unknown[] = []
    durations.listen((samples) => after.push(samples))
    durations.add(row, 'failed', 1)
    durations.flush()
    expect([count(batches), after.length]).toEqual([1, 1])
    expect(faults.of('signal.failed')).toBe(1)
  })

  test('that wait are handed on when a listener leaves, and none after', () => {
    const { durations, batches, stop } = collected()
    durations.add(row, 'completed', 1)
    stop()
    expect(count(batches)).toBe(1)
    expect(durations.observed).toBe(false)
  })
})
