import { describe, expect, test } from 'vitest'
import { type Gap, runActivity, type ScalarEntry } from '../../../src/index.js'
import type { ManualClock } from '../../../src/testing/index.js'
import { balanceAfterEach, newTracker, type Tracked } from '../../support/tracked.js'

balanceAfterEach()

interface Listening extends Tracked {
  /** What has been delivered so far. */
  readonly entries: ScalarEntry[]
  readonly gaps: Gap[]
}

function isGap(item: ScalarEntry | Gap): item is Gap {
  return 'kind' in item && 'from' in item
}

function listening(tracked: Tracked = newTracker({ serviceName: 'trainer' })): Listening {
  const entries: ScalarEntry[] = []
  const gaps: Gap[] = []
  tracked.tracker.subscribeScalars((items) => {
    for (const item of items) {
      if (isGap(item)) gaps.push(item)
      else entries.push(item)
    }
  })
  return { ...tracked, entries, gaps }
}

function logged(
  values: unknown,
  options?: unknown,
): { entries: ScalarEntry[]; clock: ManualClock; warnings: string[] } {
  const all = listening()
  all.tracker.logScalars(values as never, options as never)
  all.tracker.flushNow()
  return all
}

describe('logScalars', () => {
  test('belongs to the current step, the service and the moment where nothing else is said', () => {
    const { tracker, clock, entries } = listening()
    tracker.step = 100
    tracker.logScalars({ 'train/loss': 0.5 })
    void clock.advance(5)
    tracker.flushNow()
    expect(entries).toEqual([{ run: 'trainer', step: 100, at: clock.wallMillis() - 5, values: { 'train/loss': 0.5 } }])
  })

  test('belongs to the run in which it is called', () => {
    const { tracker, entries } = listening()
    runActivity({ tracker, name: 'experiment-7', type: 'run' }, () => {
      runActivity({ tracker, name: 'step' }, () => tracker.logScalars({ loss: 1 }))
    })
    runActivity({ tracker, name: 'no run' }, () => tracker.logScalars({ loss: 2 }))
    tracker.flushNow()
    expect(entries.map(({ run }) => run)).toEqual(['experiment-7', 'trainer'])
  })

  test('takes step, run, time and backend as they are given', () => {
    const at = new Date('2026-01-02T03:04:05.678Z')
    const { entries } = logged({ loss: 1 }, { step: 7, run: 'mine', at, backend: 'jsonl' })
    expect(entries).toEqual([{ run: 'mine', step: 7, at: at.getTime(), values: { loss: 1 }, backend: 'jsonl' }])
  })

  test('flattens objects, and keeps NaN and the infinities', () => {
    const { entries } = logged({ train: { loss: Number.NaN, grad: { norm: Infinity } }, 'val/loss': -Infinity })
    expect(entries[0]?.values).toEqual({
      'train/loss': Number.NaN,
      'train/grad/norm': Infinity,
      'val/loss': -Infinity,
    })
  })

  test.each([
    ['a text', '0.5'],
    ['null', null],
    ['nothing', undefined],
    ['a bigint', 1n],
    ['a list', [1, 2]],
    ['a date', new Date(0)],
    ['a map', new Map([['loss', 1]])],
    ['a typed array', new Float32Array(2)],
    ['an object of a class', new (class Tensor {})()],
  ])('leaves out what is not a number, counts it, and warns once by its key: %s', (_what, value) => {
    const messages: string[] = []
    const { tracker, entries } = listening(newTracker({ onWarning: (message) => messages.push(message) }))
    tracker.step = 0
    for (let time = 0; time < 3; time += 1) tracker.logScalars({ good: time, 'val/bad': value } as never)
    tracker.logScalars({ other: value } as never)
    tracker.flushNow()
    expect(entries.map(({ values }) => values)).toEqual([{ good: 0 }, { good: 1 }, { good: 2 }])
    expect(tracker.snapshot().faults).toEqual({ 'scalar.invalid': 4, ...repeated(2) })
    expect(messages.map((message) => message.split(':')[0])).toEqual(['val/bad', 'other'])
  })

  test('says nothing where nothing is left to say', () => {
    const { tracker, entries } = listening()
    tracker.logScalars({})
    tracker.logScalars({ nested: {} })
    tracker.flushNow()
    expect(entries).toEqual([])
  })

  test.each([[undefined], [null], [5], ['loss'], [[1]], [() => 1]])(
    'counts values that are no object: %s',
    (values) => {
      const { tracker, entries } = listening()
      tracker.logScalars(values as never)
      tracker.flushNow()
      expect(entries).toEqual([])
      expect(tracker.snapshot().faults).toEqual({ 'option.invalid': 1 })
    },
  )

  test('takes the default for an option that cannot be used, and counts it', () => {
    const { tracker, entries, clock } = listening()
    tracker.step = 5
    tracker.logScalars({ loss: 1 }, { step: Number.NaN, run: {}, at: 'today', backend: [] } as never)
    tracker.logScalars({ lr: 1 }, { at: new Date(Number.NaN), run: '' })
    tracker.flushNow()
    const at = clock.wallMillis()
    expect(entries).toEqual([
      { run: 'trainer', step: 5, at, values: { loss: 1 } },
      { run: 'trainer', step: 5, at, values: { lr: 1 } },
    ])
    expect(tracker.snapshot().faults).toEqual({ 'option.invalid': 5 })
  })

  test('keeps a thousand values of a call, objects eight deep and 256 characters of a name, and counts what is over', () => {
    const { tracker, entries } = listening()
    tracker.logScalars(Object.fromEntries(Array.from({ length: 1_001 }, (_, at) => [`s${at}`, at])))
    let deep: object = { loss: 1 }
    for (let depth = 0; depth < 8; depth += 1) deep = { d: deep }
    tracker.logScalars({ flat: 1, deep } as never)
    tracker.logScalars({ ['n'.repeat(300)]: 1 })
    tracker.flushNow()
    expect(entries.map(({ values }) => Object.keys(values).length)).toEqual([1_000, 1, 1])
    expect(Object.keys(entries[2]?.values ?? {})).toEqual(['n'.repeat(256)])
    expect(tracker.snapshot().faults).toEqual({ 'scalar.overflow': 2, 'value.clamped': 1 })
  })

  test('reads a cycle as far as the bound', () => {
    const cycle: Record<string, unknown> = { loss: 1 }
    cycle['self'] = cycle
    const { entries } = logged(cycle)
    expect(Object.keys(entries[0]?.values ?? {})).toHaveLength(8)
  })

  test('keeps a name that objects have by themselves as data', () => {
    const { entries } = logged(JSON.parse('{"__proto__": 1, "constructor": 2}'))
    expect(Object.entries(entries[0]?.values ?? {})).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
    ])
  })

  test('takes steps in any order, and counts one that comes again for the same scalar and run', () => {
    const { tracker, entries } = listening()
    for (const step of [7, 3, 100_000, 3, 7, -1, -1]) tracker.logScalars({ loss: step }, { step })
    tracker.logScalars({ lr: 1 }, { step: 3 })
    tracker.logScalars({ loss: 1 }, { step: 3, run: 'other' })
    tracker.flushNow()
    expect(entries).toHaveLength(9)
    expect(tracker.snapshot().faults).toEqual(repeated(3))
  })

  test('says once that no step was ever given, where one repeats for that reason', () => {
    const messages: string[] = []
    const { tracker } = listening(newTracker({ onWarning: (message) => messages.push(message) }))
    tracker.logScalars({ lr: 1 })
    for (let time = 0; time < 3; time += 1) tracker.logScalars({ loss: time })
    tracker.logScalars({ lr: 1 }, {})
    expect(tracker.snapshot().faults).toEqual(repeated(3))
    expect(messages).toEqual([
      expect.stringContaining(
        "'loss' is logged for step 0 again and again, as no step was ever given; set tracker.step, or give { step }",
      ),
    ])
  })

  test('says nothing of a step that was given and repeats', () => {
    const messages: string[] = []
    const { tracker } = listening(newTracker({ onWarning: (message) => messages.push(message) }))
    for (let time = 0; time < 2; time += 1) tracker.logScalars({ loss: time }, { step: 0 })
    tracker.step = 0
    tracker.logScalars({ loss: 2 })
    expect(tracker.snapshot().faults).toEqual(repeated(2))
    expect(messages).toEqual([])
  })

  test('keeps the last of what has one name in a call, and counts it', () => {
    const long = 'x'.repeat(256)
    for (const values of [
      { 'train/loss': 1, train: { loss: 2 } },
      { train: { loss: 1 }, 'train/loss': 2 },
    ]) {
      const { tracker, entries } = listening()
      tracker.logScalars(values)
      tracker.flushNow()
      expect(entries.map((entry) => entry.values)).toEqual([{ 'train/loss': 2 }])
      expect(tracker.snapshot().faults).toEqual(repeated(1))
    }
    const { tracker, entries } = listening()
    tracker.logScalars({ [`${long}a`]: 1, [`${long}b`]: 2 })
    tracker.flushNow()
    expect(entries.map((entry) => entry.values)).toEqual([{ [long]: 2 }])
    expect(tracker.snapshot().faults).toEqual({ ...repeated(1), 'value.clamped': 2 })
  })

  test('counts what comes again for one backend, and not what is meant for one and then for another', () => {
    const { tracker } = listening()
    for (const backend of ['otlp', 'history', 'otlp', undefined]) tracker.logScalars({ loss: 1 }, { step: 1, backend })
    tracker.flushNow()
    expect(tracker.snapshot().faults).toEqual(repeated(1))
  })

  test('does nothing in a tracker that is disabled', () => {
    const { tracker, entries } = listening(newTracker({ disabled: true }))
    tracker.logScalars({ loss: 1 })
    tracker.scalarAggregator().add({ loss: 1 })
    tracker.notify({ title: 'a', content: 'b' })
    tracker.flushNow()
    expect(entries).toEqual([])
    expect(tracker.snapshot().changes).toBe(0)
  })
})

function repeated(count: number): Record<string, number> {
  return { 'scalar.repeated': count }
}

describe('the channel of scalars', () => {
  test('delivers after the caller has gone back to the event loop', async () => {
    const { tracker, clock, entries } = listening()
    tracker.logScalars({ loss: 1 })
    expect(entries).toEqual([])
    await clock.settle()
    expect(entries).toHaveLength(1)
  })

  test('takes nothing from the feed: a hundred thousand scalars displace no change', async () => {
    const { tracker, clock, entries } = listening()
    const changes: string[] = []
    tracker.subscribe((items) => void changes.push(...items.map(({ kind }) => kind)), { maxBatch: 4, whenFull: 'gap' })
    tracker.step = 1
    for (let step = 0; step < 100_000; step += 1) tracker.logScalars({ loss: step }, { step })
    tracker.step = 2
    await clock.settle()
    expect(entries).toHaveLength(100_000)
    expect(changes).toEqual(['step', 'step'])
    expect(tracker.snapshot().changes).toBe(2)
  })

  test.each([
    ['drop', 4, []],
    ['gap', 4, [{ kind: 'gap', from: 5, to: 10 }]],
    ['inline', 10, []],
  ] as const)('holds each subscriber to its bound, and counts what it misses: %s', async (whenFull, got, gaps) => {
    const { tracker, clock } = newTracker()
    const items: (ScalarEntry | Gap)[] = []
    tracker.subscribeScalars((batch) => void items.push(...batch), { name: 'slow', maxBatch: 4, whenFull })
    for (let step = 1; step <= 10; step += 1) tracker.logScalars({ loss: 1 }, { step })
    await clock.settle()
    expect(items.filter((item) => !isGap(item))).toHaveLength(got)
    expect(items.filter(isGap)).toEqual(gaps)
    const { subscribers } = tracker.snapshot()
    expect(subscribers).toEqual([expect.objectContaining({ name: 'slow', dropped: 10 - got })])
  })

  test('goes on where one subscriber throws, and ends for one that leaves', async () => {
    const { tracker, clock, entries } = listening()
    tracker.subscribeScalars(() => {
      throw new Error('mine')
    })
    const left: unknown[] = []
    const leave = tracker.subscribeScalars((items) => void left.push(...items))
    tracker.logScalars({ loss: 1 }, { step: 1 })
    leave()
    tracker.logScalars({ loss: 1 }, { step: 2 })
    await clock.settle()
    expect([entries.length, left.length]).toEqual([2, 1])
    expect(tracker.snapshot().faults).toEqual({ 'subscriber.threw': 1 })
  })
})

describe('notify', () => {
  test('is a change of the feed, with what it was given', () => {
    const { tracker, clock } = newTracker()
    const messages: unknown[] = []
    tracker.on('message', ({ message }) => messages.push(message))
    tracker.notify({ title: 'Epoch 3', content: 'loss 0.5' })
    tracker.notify({ title: 'x'.repeat(300), content: '' }, { backend: 'slack' })
    tracker.flushNow()
    const at = clock.wallMillis()
    expect(messages).toEqual([
      { title: 'Epoch 3', content: 'loss 0.5', at },
      { title: `${'x'.repeat(255)}…`, content: '', at, backend: 'slack' },
    ])
  })

  test('passes the texts through redact', () => {
    const { tracker } = newTracker({ redact: (key, value) => (key === 'content' ? 'hidden' : value) })
    const messages: unknown[] = []
    tracker.on('message', ({ message }) => messages.push([message.title, message.content]))
    tracker.notify({ title: 'a', content: 'secret' })
    tracker.flushNow()
    expect(messages).toEqual([['a', 'hidden']])
  })

  test.each([[undefined], [null], ['text'], [{}], [{ title: '', content: null }]])('counts %s as none', (message) => {
    const { tracker } = newTracker()
    tracker.notify(message as never)
    expect(tracker.snapshot().faults['option.invalid']).toBeGreaterThan(0)
    expect(tracker.snapshot().changes).toBe(0)
  })
})

describe('an aggregator', () => {
  const stats = (name: string, mean: number, min: number, max: number, count: number): object => ({
    [`${name}/mean`]: mean,
    [`${name}/min`]: min,
    [`${name}/max`]: max,
    [`${name}/count`]: count,
  })

  test('logs mean, min, max and count of a step once nothing was added to it for a while', async () => {
    const { tracker, clock, entries } = listening()
    tracker.step = 3
    const aggregator = tracker.scalarAggregator()
    for (const reward of [1, 2, 6]) aggregator.add({ reward, env: { length: 10 } })
    const at = clock.wallMillis()
    await clock.advance(999)
    expect(entries).toEqual([])
    await clock.advance(1)
    const values = { ...stats('reward', 3, 1, 6, 3), ...stats('env/length', 10, 10, 10, 3) }
    expect(entries).toEqual([{ run: 'trainer', step: 3, at, values }])
    expect(clock.timers).toBe(0)
  })

  test('keeps steps and runs apart, and logs the one that is longest without news when there are too many', () => {
    const { tracker, entries } = listening()
    const aggregator = tracker.scalarAggregator({ maxSteps: 2 })
    aggregator.add({ r: 1 }, { step: 1 })
    runActivity({ tracker, name: 'other', type: 'run' }, () => aggregator.add({ r: 2 }, { step: 1 }))
    aggregator.add({ r: 3 }, { step: 1 })
    aggregator.add({ r: 4 }, { step: 2 })
    tracker.flushNow()
    expect(entries.map(({ run, step, values }) => [run, step, values['r/mean'], values['r/count']])).toEqual([
      ['other', 1, 2, 1],
      ['trainer', 1, 2, 2],
      ['trainer', 2, 4, 1],
    ])
  })

  test('logs what it holds when it is flushed, left, or the tracker is flushed', () => {
    const { tracker, entries } = listening()
    {
      using aggregator = tracker.scalarAggregator({ run: 'mine', backend: 'otlp' })
      aggregator.add({ r: 1 }, { step: 1 })
      aggregator.flush()
      aggregator.add({ r: 1 }, { step: 2 })
    }
    const last = tracker.scalarAggregator()
    last.add({ r: 1 }, { step: 3 })
    tracker.flushNow()
    expect(entries.map(({ run, step, backend }) => [run, step, backend])).toEqual([
      ['mine', 1, 'otlp'],
      ['mine', 2, 'otlp'],
      ['trainer', 3, undefined],
    ])
  })

  test('shows in its mean that a number was not finite', () => {
    const { tracker, entries } = listening()
    const aggregator = tracker.scalarAggregator()
    for (const loss of [1, Number.NaN, 2]) aggregator.add({ loss })
    tracker.flushNow()
    expect(entries[0]?.values).toEqual(stats('loss', Number.NaN, Number.NaN, Number.NaN, 3))
  })

  test('keeps a thousand names of a step, and counts what is over', () => {
    const { tracker, entries } = listening()
    const aggregator = tracker.scalarAggregator()
    aggregator.add(Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`s${at}`, at])))
    aggregator.add({ more: 1 })
    tracker.flushNow()
    expect(Object.keys(entries[0]?.values ?? {})).toHaveLength(4_000)
    expect(tracker.snapshot().faults).toEqual({ 'scalar.overflow': 1 })
  })
})
