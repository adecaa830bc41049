import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../../src/testing/index.js'

describe('ManualClock', () => {
  test.each([
    [() => new ManualClock(Number.NaN), 'new ManualClock(wallMillis): expected a number of milliseconds, got NaN'],
    [() => new ManualClock().jump('1' as never), "jump(millis): expected a number of milliseconds, got '1'"],
    [() => new ManualClock().timer(5 as never, 1), 'timer(callback): expected a function, got 5'],
  ])('what is no time, or cannot be called, is refused: %s', (work, message) => {
    expect(work).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID', message }))
  })

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, undefined])(
    'time does not advance by %o, and stands where it stood',
    async (millis) => {
      const clock = new ManualClock(0)
      await expect(clock.advance(millis as number)).rejects.toMatchObject({ code: 'OPTIONS_INVALID' })
      expect([clock.wallMillis(), clock.monotonicMillis()]).toEqual([0, 0])
    },
  )

  test('stands still until it is moved, and moves both clocks alike', async () => {
    const clock = new ManualClock(1_000)
    expect([clock.wallMillis(), clock.monotonicMillis()]).toEqual([1_000, 0])
    await clock.advance(250)
    expect([clock.wallMillis(), clock.monotonicMillis()]).toEqual([1_250, 250])
    clock.jump(-500)
    expect([clock.wallMillis(), clock.monotonicMillis()]).toEqual([750, 250])
  })

  test('runs timers in the order in which they come due, each at its own time', async () => {
    const clock = new ManualClock(0)
    const fired: [string, number][] = []
    const note = (name: string) => () => void fired.push([name, clock.monotonicMillis()])
    clock.timer(note('late'), 30)
    clock.backgroundTimer(note('early'), 10)
    clock.timer(note('same'), 10)
    clock.timer(note('negative'), -5)
    clock.timer(note('beyond'), 31)
    expect(clock.timers).toBe(5)
    await clock.advance(30)
    expect(fired).toEqual([
      ['negative', 0],
      ['early', 10],
      ['same', 10],
      ['late', 30],
    ])
    expect(clock.timers).toBe(1)
  })

  test('runs what timers set in the same stretch of time', async () => {
    const clock = new ManualClock()
    const fired: number[] = []
    const again = (): void => {
      fired.push(clock.monotonicMillis())
      clock.timer(again, 10)
    }
    again()
    await clock.advance(35)
    expect(fired).toEqual([0, 10, 20, 30])
  })

  test('does not run what was cancelled, also by another timer', async () => {
    const clock = new ManualClock()
    const fired: string[] = []
    const second = clock.timer(() => fired.push('second'), 20)
    clock.timer(() => {
      fired.push('first')
      second.cancel()
      second.cancel()
    }, 10)
    await clock.advance(100)
    expect(fired).toEqual(['first'])
    expect(clock.timers).toBe(0)
  })

  test('lets the event loop turn after it was moved', async () => {
    const clock = new ManualClock()
    const order: string[] = []
    clock.timer(() => clock.defer(() => order.push('deferred')), 5)
    await clock.advance(5)
    expect(order).toEqual(['deferred'])
  })
})
