import { describe, expect, test } from 'vitest'
import { planActivity, runActivity, type Scope, startActivity, type WaitOptions } from '../../../src/index.js'
import { balanceAfterEach, deferred, newTracker, type Tracked, turn } from '../../support/tracked.js'

balanceAfterEach()

/** The one timer that looks for lost handles while some are open. */
const sweepTimers = 1

interface Watched {
  answer: boolean | undefined
}

/** A wait whose answer can be looked at while it is pending. */
function watch({ tracker }: Tracked, options?: WaitOptions): Watched {
  const watched: Watched = { answer: undefined }
  void tracker.waitQuiescent(options).then((answer) => {
    watched.answer = answer
  })
  return watched
}

describe('a wait', () => {
  test('for what is quiescent already comes true at the end of the turn', async () => {
    const { tracker } = newTracker()
    expect(await tracker.waitQuiescent()).toBe(true)
  })

  test('comes true within a turn of the last end', async () => {
    const at = newTracker()
    const first = startActivity({ tracker: at.tracker, name: 'first' })
    const second = startActivity({ tracker: at.tracker, name: 'second' })
    const wait = watch(at)
    first.complete()
    await at.clock.settle()
    expect(wait.answer).toBe(undefined)
    second.complete()
    await turn()
    await turn()
    expect(wait.answer).toBe(true)
  })

  test('does not take a hand-off within one turn for the end', async () => {
    const at = newTracker()
    let current = startActivity({ tracker: at.tracker, name: 'first' })
    const wait = watch(at)
    for (let hop = 0; hop < 10; hop += 1) {
      current.complete()
      await Promise.resolve()
      current = startActivity({ tracker: at.tracker, name: 'next' })
      await turn()
    }
    expect(wait.answer).toBe(undefined)
    current.complete()
    await at.clock.settle()
    expect(wait.answer).toBe(true)
  })

  test('that is asked for in the middle of a hand-off is not taken in either', async () => {
    const at = newTracker()
    startActivity({ tracker: at.tracker, name: 'first' }).complete()
    const wait = watch(at)
    const next = startActivity({ tracker: at.tracker, name: 'next' })
    await at.clock.settle()
    expect(wait.answer).toBe(undefined)
    next.complete()
    await at.clock.settle()
    expect(wait.answer).toBe(true)
  })

  test('is false when its time is over, and true before', async () => {
    const at = newTracker()
    const activity = startActivity({ tracker: at.tracker, name: 'work' })
    const short = watch(at, { timeoutMillis: 100 })
    const long = watch(at, { timeoutMillis: 1_000 })
    await at.clock.advance(99)
    expect(short.answer).toBe(undefined)
    await at.clock.advance(1)
    expect(short.answer).toBe(false)
    activity.complete()
    await at.clock.settle()
    expect(long.answer).toBe(true)
    expect(at.clock.timers).toBe(sweepTimers)
  })

  test('with no time at all tells what is so now', async () => {
    const { tracker } = newTracker()
    expect(await tracker.waitQuiescent({ timeoutMillis: 0 })).toBe(true)
    const activity = startActivity({ tracker, name: 'work' })
    expect(await tracker.waitQuiescent({ timeoutMillis: 0 })).toBe(false)
    expect(await tracker.waitQuiescent({ timeoutMillis: -5 })).toBe(false)
    activity.complete()
    expect(await tracker.waitQuiescent({ timeoutMillis: 0, settleMillis: 10 })).toBe(false)
  })

  test('is false when its signal is aborted, before or while it waits', async () => {
    const at = newTracker()
    startActivity({ tracker: at.tracker, name: 'work' })
    expect(await at.tracker.waitQuiescent({ signal: AbortSignal.abort() })).toBe(false)
    const abort = new AbortController()
    const wait = watch(at, { signal: abort.signal, timeoutMillis: 1_000 })
    await at.clock.settle()
    abort.abort()
    await at.clock.settle()
    expect(wait.answer).toBe(false)
    expect(at.clock.timers).toBe(sweepTimers)
  })

  test('for ever is what an infinite or absent timeout means', async () => {
    const at = newTracker()
    const activity = startActivity({ tracker: at.tracker, name: 'work' })
    const wait = watch(at, { timeoutMillis: Number.POSITIVE_INFINITY })
    await at.clock.advance(1e9)
    expect(wait.answer).toBe(undefined)
    expect(at.tracker.snapshot().faults).toEqual({})
    activity.complete()
    await at.clock.settle()
    expect(wait.answer).toBe(true)
  })

  test('from inside leaves out the asker and its ancestors, and comes true though they are open', async () => {
    const { tracker } = newTracker()
    const gate = deferred()
    const order: string[] = []
    await runActivity({ tracker, module: 'M', type: 'run', name: 'outer' }, async (outer) => {
      const work = runActivity('work', async () => {
        await gate.promise
        order.push('worked')
      })
      await runActivity('inner', async () => {
        const waits = ([{}, { module: 'M' }, { within: outer }, { where: () => true }] satisfies Scope[]).map((scope) =>
          tracker.waitQuiescent(scope),
        )
        gate.resolve()
        expect(await Promise.all(waits)).toEqual([true, true, true, true])
        order.push('waited')
      })
      await work
    })
    expect(order).toEqual(['worked', 'waited'])
  })

  test('with self: true from inside waits for the asker too', async () => {
    const at = newTracker()
    let wait: Watched | undefined
    runActivity({ tracker: at.tracker, name: 'asker' }, () => {
      wait = watch(at, { self: true })
    })
    await at.clock.settle()
    expect(wait?.answer).toBe(true)
  })

  test('of an asker that was planned when it asked comes true after it has begun', async () => {
    const at = newTracker()
    const job = planActivity({ tracker: at.tracker, name: 'job' })
    const other = startActivity({ tracker: at.tracker, name: 'other' })
    const wait = job.bind(() => watch(at, { planned: false }))()
    job.start()
    other.complete()
    await at.clock.settle()
    expect(wait.answer).toBe(true)
  })

  test('with planned: false is not held up by planned work, and is by planned work that began', async () => {
    const at = newTracker()
    const job = planActivity({ tracker: at.tracker, name: 'job' })
    const running = startActivity({ tracker: at.tracker, name: 'running' })
    const wait = watch(at, { planned: false })
    job.start()
    running.complete()
    await at.clock.settle()
    expect(wait.answer).toBe(undefined)
    job.complete()
    planActivity({ tracker: at.tracker, name: 'later' })
    await at.clock.settle()
    expect(wait.answer).toBe(true)
  })

  test('by attributes or a test of one’s own comes true when an update takes the last activity out of the scope', async () => {
    const at = newTracker()
    const activity = startActivity({ tracker: at.tracker, module: 'M', name: 'work', attributes: { busy: true } })
    const byAttributes = watch(at, { attributes: { busy: true } })
    const byTest = watch(at, { module: 'M', where: ({ doing }) => doing !== 'idle' })
    await at.clock.settle()
    activity.set('busy', false)
    await at.clock.settle()
    expect([byAttributes.answer, byTest.answer]).toEqual([true, undefined])
    activity.update('idle')
    await at.clock.settle()
    expect(byTest.answer).toBe(true)
  })

  test('within an activity that ends goes on until everything below has ended', async () => {
    const at = newTracker()
    const { tracker } = at
    const top = startActivity({ tracker, name: 'top' })
    const middle = startActivity({ tracker, name: 'middle', parent: top })
    const leaf = startActivity({ tracker, name: 'leaf', parent: middle })
    const [ofTop, ofMiddle] = [watch(at, { within: top }), watch(at, { within: middle })]
    top.complete()
    middle.complete()
    // Starting below what has ended must not make the tallies above forget what they counted.
    const late = startActivity({ tracker, name: 'late', parent: middle })
    leaf.complete()
    await at.clock.settle()
    expect(ofMiddle.answer).toBe(undefined)
    late.complete()
    await at.clock.settle()
    expect([ofTop.answer, ofMiddle.answer]).toEqual([true, true])
  })

  test('ten thousand waiters are answered in one turn', async () => {
    const at = newTracker()
    const activity = startActivity({ tracker: at.tracker, module: 'M', name: 'work' })
    const scopes: WaitOptions[] = [{}, { module: 'M' }, { within: activity }, { planned: false }]
    const waits = Array.from({ length: 10_000 }, (_, index) => watch(at, scopes[index % scopes.length]))
    for (let step = 0; step < 1_000; step += 1)
      startActivity({ tracker: at.tracker, module: 'M', name: 'more' }).complete()
    await at.clock.settle()
    expect(waits.filter((wait) => wait.answer !== undefined)).toHaveLength(0)
    activity.complete()
    await at.clock.settle()
    expect(waits.filter((wait) => wait.answer === true)).toHaveLength(10_000)
  })

  test('that gave up holds nothing back and is not answered twice', async () => {
    const at = newTracker()
    const activity = startActivity({ tracker: at.tracker, name: 'work' })
    const abort = new AbortController()
    const given = Array.from({ length: 100 }, () => watch(at, { signal: abort.signal }))
    const kept = watch(at)
    abort.abort()
    await at.clock.settle()
    activity.complete()
    await at.clock.settle()
    expect(given.every((wait) => wait.answer === false)).toBe(true)
    expect(kept.answer).toBe(true)
  })
})

describe('settleMillis', () => {
  const scopes: readonly [string, WaitOptions][] = [
    ['everything', {}],
    ['a module', { module: 'M' }],
    ['a test of one’s own', { where: ({ module }) => module === 'M' }],
    ['running work', { planned: false }],
  ]

  test.each(scopes)('asks for quiet that lasts, of %s', async (_, scope) => {
    const at = newTracker()
    const start = () => startActivity({ tracker: at.tracker, module: 'M', name: 'work' })
    const first = start()
    const wait = watch(at, { ...scope, settleMillis: 100 })
    await at.clock.advance(1_000)
    first.complete()
    await at.clock.settle()
    await at.clock.advance(99)
    expect(wait.answer).toBe(undefined)
    await at.clock.advance(1)
    expect(wait.answer).toBe(true)
    expect(at.clock.timers).toBe(sweepTimers)
  })

  test.each(scopes)(
    'starts anew when something came in meanwhile, also if it has ended again, of %s',
    async (_, scope) => {
      const at = newTracker()
      const start = () => startActivity({ tracker: at.tracker, module: 'M', name: 'work' })
      const wait = watch(at, { ...scope, settleMillis: 100 })
      await at.clock.settle()
      await at.clock.advance(60)
      start().complete()
      await at.clock.advance(60)
      expect(wait.answer).toBe(undefined)
      await at.clock.advance(60)
      const last = start()
      await at.clock.advance(500)
      expect(wait.answer).toBe(undefined)
      last.complete()
      await at.clock.settle()
      await at.clock.advance(100)
      expect(wait.answer).toBe(true)
    },
  )

  test.each([{ planned: false }, { planned: false, where: () => true }])(
    'of running work is not disturbed by planning, but by planned work that ran (%o)',
    async (scope) => {
      const at = newTracker()
      const job = planActivity({ tracker: at.tracker, name: 'job' })
      const [undisturbed, disturbed] = [
        watch(at, { ...scope, settleMillis: 100 }),
        watch(at, { ...scope, settleMillis: 100 }),
      ]
      await at.clock.settle()
      planActivity({ tracker: at.tracker, name: 'another' }).cancel()
      await at.clock.advance(100)
      expect([undisturbed.answer, disturbed.answer]).toEqual([true, true])
      const again = watch(at, { ...scope, settleMillis: 100 })
      await at.clock.settle()
      job.start()
      job.complete()
      await at.clock.advance(100)
      expect(again.answer).toBe(undefined)
      await at.clock.advance(100)
      expect(again.answer).toBe(true)
    },
  )

  test('gives way to the timeout', async () => {
    const at = newTracker()
    const wait = watch(at, { settleMillis: 100, timeoutMillis: 50 })
    await at.clock.settle()
    await at.clock.advance(50)
    expect(wait.answer).toBe(false)
    expect(at.clock.timers).toBe(0)
  })
})
