import { afterEach, describe, expect, test, vi } from 'vitest'
import { ActivityRecord } from '../../../src/activity/record.js'
import { type ActivityHandle, startActivity, type WaitOptions } from '../../../src/index.js'
import { Tally } from '../../../src/tracker/tally.js'
import { TallyWaits, type Watched } from '../../../src/tracker/waits.js'
import { balanceAfterEach, newTracker } from '../../support/tracked.js'

balanceAfterEach()
afterEach(() => void vi.restoreAllMocks())

const few = 10
const many = 10_000

/** How often the state of an activity is looked at while something runs: the work that waiting makes of it. */
async function looksDuring(work: () => Promise<void>): Promise<number> {
  const spy = vi.spyOn(ActivityRecord.prototype, 'open', 'get')
  await work()
  const looks = spy.mock.calls.length
  spy.mockRestore()
  return looks
}

/**
 * Every waiter asks from inside an activity of its own, so that no two have the same question. Then work goes on in what
 * they wait for: with a hand-off in each turn, and never quiet at the end of one.
 */
async function looksWith(waiters: number, scopeOf: (top: string) => WaitOptions, askersEnd: boolean): Promise<number> {
  const { tracker, clock } = newTracker()
  const top = startActivity({ tracker, module: 'M', group: 'g', name: 'top' })
  const answers: boolean[] = []
  const askers: ActivityHandle[] = []
  for (let index = 0; index < waiters; index += 1) {
    const asker = startActivity({ tracker, module: 'Askers', name: 'asker' })
    const wait = asker.bind(() => tracker.waitQuiescent(scopeOf(top.id)))
    void wait().then((answer) => answers.push(answer))
    askers.push(asker)
  }
  if (askersEnd) for (const asker of askers) asker.complete()
  await clock.settle()
  const looks = await looksDuring(async () => {
    let current = startActivity({ tracker, module: 'M', group: 'g', name: 'work', parent: top })
    for (let hop = 0; hop < 50; hop += 1) {
      current.complete()
      current = startActivity({ tracker, module: 'M', group: 'g', name: 'work', parent: top })
      await clock.settle()
    }
    current.complete()
    await clock.settle()
  })
  expect(answers).toEqual([])
  top.complete()
  if (!askersEnd) for (const asker of askers) asker.complete()
  await clock.settle()
  expect(answers).toHaveLength(waiters)
  return looks
}

/** What the counters do when something that it counts has ended. */
function leave(tally: Tally): void {
  tally.open -= 1
  tally.watcher?.changed(undefined as never)
}

describe('ten thousand waiters with as many questions cost a change what ten cost', () => {
  const scopes: readonly [string, (top: string) => WaitOptions][] = [
    ['everything', () => ({})],
    ['a module', () => ({ module: 'M' })],
    ['a group', () => ({ group: 'g' })],
    ['an activity and what is below it', (within) => ({ within })],
    ['running work', () => ({ planned: false })],
  ]
  const cases = scopes.flatMap(([name, scope]) => [true, false].map((ended) => [name, ended, scope] as const))

  test.each(cases)('on %s (askers ended: %s)', async (_, askersEnd, scope) => {
    expect(await looksWith(many, scope, askersEnd)).toBe(await looksWith(few, scope, askersEnd))
  })
})

describe('the waits of one tally', () => {
  function counting(tally: Tally, asked: { count: number }, allowance: number): Watched {
    return {
      tally,
      asker: undefined,
      key: `${allowance}`,
      planned: true,
      matches: undefined,
      cameIn: () => tally.created,
      allowance: () => allowance,
      quiescent: () => {
        asked.count += 1
        return tally.open === allowance
      },
    }
  }

  test('ask only those for whom the count has come down far enough', async () => {
    const { clock } = newTracker()
    const tally = new Tally('M')
    const waits = new TallyWaits(tally, clock)
    tally.watcher = waits
    for (let index = 0; index < 6; index += 1) tally.enter(false)
    const asked = { count: 0 }
    const answered: number[] = []
    for (let allowance = 0; allowance < 5; allowance += 1)
      waits.add(counting(tally, asked, allowance), 0, () => answered.push(allowance))
    for (const left of [5, 4, 3]) {
      leave(tally)
      await clock.settle()
      expect([left, tally.open]).toEqual([left, left])
    }
    expect(answered).toEqual([4, 3])
    expect(asked.count).toBe(2)
  })

  test('that have quiet and wait for it to last are not asked again before that is over', async () => {
    const { clock } = newTracker()
    const tally = new Tally('M')
    const waits = new TallyWaits(tally, clock)
    tally.watcher = waits
    const asked = { count: 0 }
    const answered: boolean[] = []
    for (let index = 0; index < 1_000; index += 1)
      waits.add(counting(tally, asked, 0), 100, (quiet) => answered.push(quiet))
    await clock.settle()
    expect(asked.count).toBe(1)
    for (let hop = 0; hop < 100; hop += 1) {
      tally.enter(false)
      leave(tally)
      await clock.settle()
    }
    expect(asked.count).toBe(1)
    await clock.advance(100)
    expect(answered).toEqual([])
    await clock.advance(100)
    expect(answered).toHaveLength(1_000)
  })
})
