import { describe, expect, test } from 'vitest'
import { connectBackends, type ExperimentBackend, type ScalarEntry } from '../../../src/experiment/index.js'
import { runActivity } from '../../../src/index.js'
import type { ManualClock } from '../../../src/testing/index.js'
import { balanceAfterEach, deferred, newTracker, turn } from '../../support/tracked.js'

balanceAfterEach()

/** A backend that keeps what it is given; `answer` says what becomes of each call, counted from 1. */
function keeping(name: string, answer: (call: number, signal: AbortSignal) => unknown = () => undefined) {
  const batches: (readonly ScalarEntry[])[] = []
  const titles: string[] = []
  const ids: string[] = []
  let calls = 0
  const backend = {
    name,
    writeScalars(entries, { signal, id }) {
      calls += 1
      ids.push(id)
      batches.push(entries)
      return answer(calls, signal)
    },
    sendMessage({ title }, { signal }) {
      calls += 1
      titles.push(title)
      return answer(calls, signal)
    },
  } satisfies ExperimentBackend
  return { backend, batches, titles, ids, steps: () => batches.flat().map(({ step }) => step) }
}

/** Lets time pass in steps, so that what one of them brings about can wait for the next. */
async function elapse(clock: ManualClock, millis: number): Promise<void> {
  await clock.settle()
  for (let step = 0; step < 20; step += 1) await clock.advance(millis / 20)
}

const none = { accepted: 0, delivered: 0, failed: 0, dropped: 0, pending: 0 }

describe('what a backend gets', () => {
  test('is everything in batches of a second, or at once where a batch is full', async () => {
    const { tracker, clock } = newTracker()
    const { backend, batches } = keeping('all')
    connectBackends({ tracker, backends: [backend], maxBatch: 3 })
    tracker.logScalars({ loss: 1 }, { step: 1 })
    tracker.logScalars({ loss: 2 }, { step: 2 })
    await clock.settle()
    expect(batches).toHaveLength(0)
    await clock.advance(1_000)
    expect(batches.map((batch) => batch.map(({ step }) => step))).toEqual([[1, 2]])
    for (const step of [3, 4, 5, 6]) tracker.logScalars({ loss: step }, { step })
    await clock.settle()
    expect(batches.slice(1).map((batch) => batch.map(({ step }) => step))).toEqual([[3, 4, 5]])
    await clock.advance(1_000)
    expect(batches[2]?.map(({ step }) => step)).toEqual([6])
  })

  test('is what names it, and what names none', async () => {
    const { tracker } = newTracker()
    const [one, other] = [keeping('one'), keeping('other')]
    const connected = connectBackends({ tracker, backends: [one.backend, other.backend] })
    tracker.logScalars({ loss: 1 }, { step: 1 })
    tracker.logScalars({ loss: 2 }, { step: 2, backend: 'one' })
    tracker.logScalars({ loss: 3 }, { step: 3, backend: 'otlp' })
    tracker.notify({ title: 'hello', content: '' }, { backend: 'other' })
    await connected.flush()
    expect([one.steps(), other.steps(), one.titles, other.titles]).toEqual([[1, 2], [1], [], ['hello']])
    expect(tracker.snapshot().faults).toEqual({})
  })

  test('is nothing of a name that nobody has, which is counted and said with the names that there are', async () => {
    const messages: string[] = []
    const { tracker } = newTracker({ onWarning: (message) => messages.push(message) })
    const { backend, batches } = keeping('console')
    const connected = connectBackends({ tracker, backends: [backend, { name: 'mail', sendMessage: () => undefined }] })
    tracker.logScalars({ loss: 1 }, { backend: 'wandb' })
    tracker.notify({ title: 'hello', content: '' }, { backend: 'feishu' })
    await connected.flush()
    expect(batches).toEqual([])
    expect(tracker.snapshot().faults).toEqual({ 'backend.unknown': 2 })
    expect(messages).toEqual([
      expect.stringContaining("logScalars({ backend: 'wandb' }): it is none of console, otlp: "),
      expect.stringContaining("notify({ backend: 'feishu' }): it is none of console, mail: "),
    ])
  })

  test('is nothing where no backend is connected, and each wrong name is said once', () => {
    const messages: string[] = []
    const { tracker } = newTracker({ onWarning: (message) => messages.push(message) })
    for (let time = 0; time < 2; time += 1) {
      tracker.logScalars({ loss: 5 }, { step: time, backend: 'tensorboard' })
      tracker.logScalars({ loss: 5 }, { step: time, backend: 'tensorbord' })
      tracker.logScalars({ loss: 5 }, { step: time, backend: 'otlp' })
      tracker.notify({ title: 'hello', content: '' }, { backend: 'slack' })
    }
    const rewards = tracker.scalarAggregator({ backend: 'jsnol' })
    rewards.add({ reward: 1 })
    rewards.flush()
    expect(tracker.snapshot().faults).toEqual({ 'backend.unknown': 7 })
    expect(messages).toEqual([
      expect.stringContaining("logScalars({ backend: 'tensorboard' }): it is none of otlp: "),
      expect.stringContaining("logScalars({ backend: 'tensorbord' }): it is none of otlp: "),
      expect.stringContaining("notify({ backend: 'slack' }): no backend that takes messages is connected: "),
      expect.stringContaining("scalarAggregator({ backend: 'jsnol' }): it is none of otlp: "),
    ])
  })

  test('is nothing of a name whose backend was closed', async () => {
    const { tracker } = newTracker()
    await connectBackends({ tracker, backends: [keeping('one').backend] }).close()
    tracker.logScalars({ loss: 1 }, { backend: 'one' })
    expect(tracker.snapshot().faults).toEqual({ 'backend.unknown': 1 })
  })

  test('that fails is said of each backend that does', async () => {
    const messages: string[] = []
    const { tracker } = newTracker({ onWarning: (message) => messages.push(message) })
    const failing = (name: string) => ({
      name,
      writeScalars: () => Promise.reject(Object.assign(new Error(`no ${name}`), { retry: false })),
    })
    const connected = connectBackends({ tracker, backends: [failing('here'), failing('there')] })
    for (let step = 0; step < 2; step += 1) {
      tracker.logScalars({ loss: 1 }, { step })
      await connected.flush()
    }
    expect(messages.map((message) => message.split(':')[0])).toEqual(['here', 'there'])
  })

  test('comes outside of the activity in which it was logged', async () => {
    const { tracker } = newTracker()
    const open: unknown[] = []
    const { backend } = keeping(
      'nested',
      () => void open.push(runActivity({ tracker, name: 'inner' }, (inner) => inner.parentId)),
    )
    const connected = connectBackends({ tracker, backends: [backend] })
    await runActivity({ tracker, name: 'outer' }, async () => {
      tracker.logScalars({ loss: 1 })
      await connected.flush()
    })
    expect(open).toEqual([undefined])
  })

  test('comes before a new message only where that waits, as a message is for somebody', async () => {
    const { tracker } = newTracker()
    const order: string[] = []
    const backend: ExperimentBackend = {
      name: 'ordered',
      writeScalars: () => order.push('scalars'),
      sendMessage: ({ title }) => order.push(title),
    }
    const connected = connectBackends({ tracker, backends: [backend] })
    tracker.logScalars({ loss: 1 })
    tracker.notify({ title: 'first', content: '' })
    tracker.notify({ title: 'second', content: '' })
    await connected.flush()
    expect(order).toEqual(['first', 'second', 'scalars'])
  })
})

describe('a backend that fails', () => {
  test('gets the same batch again, later and later, under the same id', async () => {
    const { tracker, clock } = newTracker()
    const { backend, batches, ids } = keeping('flaky', (call) => {
      if (call < 4) throw new Error('not now')
    })
    const connected = connectBackends({ tracker, backends: [backend], delayMillis: 0 })
    tracker.logScalars({ loss: 1 }, { step: 1 })
    await elapse(clock, 0)
    for (const pauseMillis of [1_000, 2_000, 4_000]) await elapse(clock, pauseMillis)
    expect([batches.length, new Set(ids).size]).toEqual([4, 1])
    expect(connected.status()[0]).toMatchObject({
      scalars: { accepted: 1, delivered: 1, failed: 0, pending: 0 },
      retries: 3,
      lastError: 'not now',
    })
    expect(tracker.snapshot().faults).toEqual({ 'backend.failed': 3 })
  })

  test('is left alone for as long as it asks for, also by a flush', async () => {
    const { tracker, clock } = newTracker()
    const { backend, batches } = keeping('busy', (call) => {
      if (call === 1) throw Object.assign(new Error('slow down'), { retryAfterMillis: 60_000 })
    })
    const connected = connectBackends({ tracker, backends: [backend], delayMillis: 0 })
    tracker.logScalars({ loss: 1 })
    await elapse(clock, 0)
    const flushed = connected.flush({ timeoutMillis: 90_000 })
    await elapse(clock, 59_000)
    expect(batches).toHaveLength(1)
    await elapse(clock, 1_000)
    expect([await flushed, batches.length]).toEqual([true, 2])
  })

  test('loses a batch after the last attempt, or at once where it says that another is useless', async () => {
    const { tracker, clock } = newTracker()
    const { backend, batches } = keeping('lost', (call) => {
      throw Object.assign(new Error('no'), { retry: call < 3 })
    })
    const connected = connectBackends({ tracker, backends: [backend], delayMillis: 0, maxAttempts: 2 })
    tracker.logScalars({ loss: 1 })
    await elapse(clock, 5_000)
    expect(batches).toHaveLength(2)
    tracker.logScalars({ loss: 2 })
    await elapse(clock, 5_000)
    expect(batches).toHaveLength(3)
    expect(connected.status()[0]?.scalars).toEqual({ ...none, accepted: 2, failed: 2 })
    expect(await connected.flush()).toBe(true)
  })

  test('neither throws into the call nor keeps the others from theirs', async () => {
    const { tracker, clock } = newTracker()
    const good = keeping('good')
    const bad = keeping('bad', () => Promise.reject(new Error('never')))
    connectBackends({ tracker, backends: [bad.backend, good.backend], delayMillis: 0 })
    tracker.logScalars({ loss: 1 }, { step: 1 })
    tracker.notify({ title: 'hello', content: '' })
    await elapse(clock, 0)
    await clock.settle()
    expect([good.steps(), good.titles]).toEqual([[1], ['hello']])
  })

  test('may throw what nobody can read', async () => {
    const { tracker, clock } = newTracker()
    const unreadable = new Proxy(
      {},
      {
        get: () => {
          throw new Error('hidden')
        },
      },
    )
    const { backend } = keeping('odd', () => Promise.reject(unreadable))
    const connected = connectBackends({ tracker, backends: [backend], delayMillis: 0, maxAttempts: 1 })
    tracker.logScalars({ loss: 1 })
    await elapse(clock, 0)
    expect(connected.status()[0]?.lastError).toBe('it threw what cannot be read')
  })
})

describe('a backend that hangs', () => {
  test('is told to give up, and never called again before it has come back', async () => {
    const { tracker, clock } = newTracker()
    const hanging = deferred()
    const signals: AbortSignal[] = []
    const { backend, batches } = keeping('stuck', (call, signal) => {
      signals.push(signal)
      return call === 1 ? hanging.promise : undefined
    })
    const connected = connectBackends({
      tracker,
      backends: [backend],
      delayMillis: 0,
      timeoutMillis: 100,
      maxAttempts: 20,
    })
    tracker.logScalars({ loss: 1 })
    await elapse(clock, 0)
    await elapse(clock, 100)
    expect(signals[0]?.aborted).toBe(true)
    await elapse(clock, 10_000)
    expect(batches).toHaveLength(1)
    expect(connected.status()[0]?.lastError).toBe('it has not come back from the call before')
    hanging.resolve()
    await elapse(clock, 30_000)
    expect(batches).toHaveLength(2)
    expect(connected.status()[0]?.scalars).toEqual({ ...none, accepted: 1, delivered: 1 })
  })

  test('holds no more than its bound; what is more is dropped, and counted', async () => {
    const { tracker, clock } = newTracker()
    const { backend } = keeping('stuck', () => new Promise(() => undefined))
    const limits = { maxWaiting: 10, maxWaitingMessages: 2, delayMillis: 0 }
    const connected = connectBackends({ tracker, backends: [backend], ...limits })
    for (let step = 0; step < 100; step += 1) {
      tracker.logScalars({ loss: 1 }, { step })
      if (step % 20 === 0) tracker.notify({ title: String(step), content: '' })
      await elapse(clock, 0)
    }
    expect(connected.status()[0]).toMatchObject({
      scalars: { accepted: 10, dropped: 90, pending: 10 },
      messages: { accepted: 2, dropped: 3, pending: 2 },
    })
    expect(tracker.snapshot().faults['backend.dropped']).toBe(93)
  })

  test('holds neither a flush nor the end for longer than they may take', async () => {
    const { tracker, clock } = newTracker()
    const { backend } = keeping('stuck', () => new Promise(() => undefined))
    const connected = connectBackends({ tracker, backends: [backend] })
    tracker.logScalars({ loss: 1 })
    const flushed = connected.flush({ timeoutMillis: 50 })
    await elapse(clock, 50)
    expect(await flushed).toBe(false)
    const closed = connected.close({ timeoutMillis: 50 })
    await elapse(clock, 50)
    expect(await closed).toBe(false)
    expect(connected.status()[0]?.scalars).toEqual({ ...none, accepted: 1, failed: 1 })
    await elapse(clock, 100_000)
    expect(clock.timers).toBe(0)
  })
})

describe('the end', () => {
  test('delivers what is left and closes each backend once, and nothing comes after it', async () => {
    const { tracker } = newTracker()
    const ends: string[] = []
    const { backend, steps } = keeping('ended')
    const connected = connectBackends({
      tracker,
      backends: [{ ...backend, flush: () => ends.push('flush'), close: () => ends.push('close') }],
    })
    tracker.logScalars({ loss: 1 }, { step: 1 })
    expect([await connected.close(), await connected.close()]).toEqual([true, true])
    await connected[Symbol.asyncDispose]()
    tracker.logScalars({ loss: 2 }, { step: 2 })
    await turn()
    expect([steps(), ends]).toEqual([[1], ['flush', 'close']])
    expect(tracker.snapshot().subscribers).toEqual([])
  })

  test('frees the names, and leaves other connections alone', async () => {
    const { tracker } = newTracker()
    const first = connectBackends({ tracker, backends: [keeping('a').backend] })
    const { backend, steps } = keeping('b')
    const second = connectBackends({ tracker, backends: [backend] })
    expect(() => connectBackends({ tracker, backends: [keeping('a').backend] })).toThrow("'a' is taken")
    await first.close()
    const third = connectBackends({ tracker, backends: [keeping('a').backend] })
    tracker.logScalars({ loss: 1 }, { step: 1 })
    await Promise.all([second.close(), third.close()])
    expect(steps()).toEqual([1])
  })
})

describe('setting up', () => {
  const good = keeping('good').backend
  test.each([
    [{}, 'backends'],
    [{ backends: {} }, 'backends'],
    [{ backends: [{ name: 'none' }] }, 'backends'],
    [{ backends: [{ ...good, name: '' }] }, 'backends'],
    [{ backends: [{ ...good, close: 1 }] }, 'backends'],
    [{ backends: [good, good] }, "'good' is taken"],
    [{ backends: [{ ...good, name: 'otlp' }] }, "'otlp' is taken"],
    [{ backends: [good], maxWaiting: 0 }, 'maxWaiting'],
    [{ backends: [good], timeoutMillis: Number.NaN }, 'timeoutMillis'],
    [{ backends: [good], tracker: {} }, 'tracker'],
  ])('refuses %j and says which option it is', (options, said) => {
    const { tracker } = newTracker()
    expect(() => connectBackends({ tracker, ...options } as never)).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID', message: expect.stringContaining(said) }),
    )
  })

  test('costs activities nothing where no backend takes messages', () => {
    const { tracker } = newTracker()
    connectBackends({ tracker, backends: [{ name: 'scalars', writeScalars: () => undefined }] })
    expect(tracker.snapshot().subscribers.map(({ name }) => name)).toEqual(['experiment backends'])
    tracker.notify({ title: 'nobody', content: '' })
    expect(tracker.snapshot().subscribers.map(({ waiting }) => waiting)).toEqual([0])
  })
})
