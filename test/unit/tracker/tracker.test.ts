import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  ActivityTracker,
  currentActivity,
  getTracker,
  isUnderwayError,
  planActivity,
  runActivity,
  startActivity,
  trackActivity,
} from '../../../src/index.js'
import { balanceAfterEach, expectBalanced, newTracker } from '../../support/tracked.js'

balanceAfterEach()

describe('the step', () => {
  test('is what it was set to last, and a change only when it changes', () => {
    const { tracker } = newTracker()
    expect(tracker.step).toBe(0)
    tracker.step = 100
    tracker.step = 100
    expect(tracker.step).toBe(100)
    expect(tracker.snapshot().changes).toBe(1)
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY, '5', null, {}])('stays as it was when set to %o', (value) => {
    const { tracker } = newTracker()
    tracker.step = 7
    tracker.step = value as number
    expect(tracker.step).toBe(7)
  })
})

describe('a snapshot', () => {
  test('is plain JSON of one moment, with a version', () => {
    const { tracker, clock } = newTracker({ serviceName: 'trainer' })
    tracker.subscribe(() => undefined, { name: 'mine' })
    startActivity({ tracker, module: 'A', group: 'g', type: 'run', name: 'one' })
    startActivity({ tracker, module: 'A', group: 'g', type: 'run', name: 'two' }).fail('x')
    planActivity({ tracker, name: 'three' }).complete()
    planActivity({ tracker, name: 'four' }).cancel()
    planActivity({ tracker, name: 'five' })
    const snapshot = tracker.snapshot()
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot)
    expect(snapshot).toEqual({
      version: 1,
      process: tracker.process,
      time: clock.wallMillis(),
      changes: 9,
      open: 2,
      planned: 1,
      totals: {
        created: 5,
        started: 3,
        withdrawn: 1,
        completed: 1,
        failed: 1,
        cancelled: 1,
        skipped: 0,
        interrupted: 0,
      },
      rows: [
        {
          module: 'A',
          group: 'g',
          type: 'run',
          created: 2,
          started: 2,
          withdrawn: 0,
          completed: 0,
          failed: 1,
          cancelled: 0,
          skipped: 0,
          interrupted: 0,
        },
        {
          module: 'trainer',
          type: 'task',
          created: 3,
          started: 1,
          withdrawn: 1,
          completed: 1,
          failed: 0,
          cancelled: 1,
          skipped: 0,
          interrupted: 0,
        },
      ],
      errors: { info: 0, warning: 0, error: 1, critical: 0 },
      droppedErrorGroups: 0,
      droppedErrors: 0,
      faults: {},
      subscribers: [{ name: 'mine', delivered: 0, dropped: 0, faults: 0, spentMillis: 0, waiting: 9 }],
    })
  })

  test('is not changed by what happens later', () => {
    const { tracker } = newTracker()
    startActivity({ tracker, name: 'one' })
    const before = tracker.snapshot()
    const copy = structuredClone(before)
    startActivity({ tracker, name: 'two' }).fail('x')
    expect(before).toEqual(copy)
  })
})

describe('counters', () => {
  test('lie in the buffer that was given, where another thread can read them', () => {
    const counterBuffer = new SharedArrayBuffer(64 * 4)
    const { tracker } = newTracker({ counterBuffer })
    const cells = new Float64Array(counterBuffer)
    startActivity({ tracker, module: 'A', name: 'one' })
    startActivity({ tracker, module: 'A', name: 'two' }).complete()
    startActivity({ tracker, module: 'B', name: 'three' }).fail('x')
    expect([...cells.slice(0, 16)]).toEqual([2, 2, 0, 1, 0, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0])
  })

  test('go on in one row called "(other)" when the buffer is full, and quiescence still tells the truth', async () => {
    const { tracker, clock, warnings } = newTracker({ counterBuffer: new ArrayBuffer(64 * 3) })
    const opened = ['A', 'B', 'C', 'D'].map((module) =>
      startActivity({ tracker, module, group: `of ${module}`, type: `type ${module}`, name: 'work' }),
    )
    expect(tracker.snapshot().rows.map((row) => [row.module, row.created])).toEqual([
      ['A', 1],
      ['B', 1],
      ['(other)', 2],
    ])
    expect(tracker.snapshot().faults['rows.overflow']).toBe(2)
    expect(warnings).toEqual(['UNDERWAY_ROWS_OVERFLOW'])
    for (const module of ['A', 'B', 'C', 'D']) {
      expect([module, tracker.isQuiescent({ module })]).toEqual([module, false])
      expect(tracker.isQuiescent({ group: `of ${module}` })).toBe(false)
      expect(tracker.isQuiescent({ type: `type ${module}` })).toBe(false)
      expect(tracker.openActivities({ module })).toHaveLength(1)
    }
    let answer: boolean | undefined
    void tracker.waitQuiescent({ module: 'D' }).then((value) => {
      answer = value
    })
    await clock.settle()
    expect(answer).toBe(undefined)
    opened[3]?.complete()
    await clock.settle()
    expect(answer).toBe(true)
    expect(tracker.isQuiescent({ module: 'C' })).toBe(false)
  })

  test('count a module of the user that is called "(other)" within the bound too', () => {
    const { tracker } = newTracker({ counterBuffer: new ArrayBuffer(64 * 2) })
    for (let index = 0; index < 5; index += 1)
      startActivity({ tracker, module: '(other)', type: `t${index}`, name: 'work' })
    expect(tracker.snapshot().totals.created).toBe(5)
    expect(tracker.snapshot().rows.length).toBeLessThanOrEqual(2)
  })

  test('grow without a buffer, up to ten thousand rows', () => {
    const { tracker } = newTracker()
    for (let index = 0; index < 10_050; index += 1)
      startActivity({ tracker, module: `m${index}`, name: 'work' }).complete()
    expect(tracker.snapshot().rows).toHaveLength(10_000)
    expect(tracker.snapshot().totals).toMatchObject({ created: 10_050, completed: 10_050 })
  })
})

describe('trackers', () => {
  test('that are made are isolated from each other and from the default', () => {
    const [one, two] = [newTracker().tracker, newTracker().tracker]
    runActivity({ tracker: one, name: 'outer' }, (outer) => {
      const inner = startActivity({ tracker: two, name: 'inner' })
      expect([inner.parentId, inner.rootId]).toEqual([outer.id, outer.id])
      expect(two.isQuiescent()).toBe(false)
      expect(one.isQuiescent()).toBe(true)
      expect(two.blockers().map((blocker) => blocker.name)).toEqual(['inner'])
      expect(one.activity(inner.id)).toBe(undefined)
      inner.complete()
    })
    expect(getTracker().snapshot().totals.created).toBe(0)
    expect(one.process.instance).not.toBe(two.process.instance)
  })

  test('pass on: what is started inside belongs to the tracker of the activity around it', () => {
    const { tracker } = newTracker()
    runActivity({ tracker, name: 'outer' }, () => {
      startActivity('inner')
      expect(tracker.openActivities().map((activity) => activity.name)).toEqual(['outer', 'inner'])
    })
  })

  test('there is one by default for all copies of the package', () => {
    expect(getTracker()).toBe(getTracker())
    expect((globalThis as Record<symbol, unknown>)[Symbol.for('underway.tracker/1')]).toEqual({ tracker: getTracker() })
  })

  test('find an open activity by its id, and only while it is open', () => {
    const { tracker } = newTracker()
    const activity = startActivity({ tracker, name: 'work', id: 'mine' })
    expect(tracker.activity('mine')).toBe(activity)
    tracker.activity('mine')?.complete('from outside')
    expect(activity.state).toBe('completed')
    expect(tracker.activity('mine')).toBe(undefined)
    const listed = startActivity({ tracker, name: 'listed' })
    expect(tracker.activity(tracker.openActivities()[0]?.id ?? '')).toBe(listed)
  })

  test('give a fresh id where one of an open activity is asked for again', () => {
    const { tracker } = newTracker()
    const first = startActivity({ tracker, name: 'work', id: 'same' })
    const second = startActivity({ tracker, name: 'work', id: 'same' })
    expect(second.id).not.toBe('same')
    expect(tracker.activity('same')).toBe(first)
    first.complete()
    expect(startActivity({ tracker, name: 'work', id: 'same' }).id).toBe('same')
    expect(tracker.snapshot().faults).toEqual({ 'id.duplicate': 1 })
  })

  test.each<[string, object | null]>([
    ['null', null],
    ['serviceName', { serviceName: 5 }],
    ['maxErrors', { maxErrors: 0 }],
    ['maxModules', { maxModules: '3' }],
    ['errorWindowMillis', { errorWindowMillis: 1e15 }],
    ['errorThresholds', { errorThresholds: { errors: 'x' } }],
    ['redact', { redact: 'all' }],
    ['disabled', { disabled: 'yes' }],
    ['clock', { clock: { wallMillis: () => 0 } }],
    ['counterBuffer', { counterBuffer: new ArrayBuffer(7) }],
    ['counterBuffer', { counterBuffer: new ArrayBuffer(0) }],
    ['counterBuffer', { counterBuffer: new Float64Array(64) }],
    ['onWarning', { onWarning: 'console' }],
  ])('refuse a bad %s with a code and the name of the option', (name, options) => {
    const make = (): unknown => new ActivityTracker(options as never)
    expect(make).toThrow(name === 'null' ? 'options' : name)
    try {
      make()
    } catch (error) {
      expect(isUnderwayError(error) && error.code).toBe('OPTIONS_INVALID')
    }
  })

  test('take undefined for every option as its default', () => {
    const tracker = new ActivityTracker({
      serviceName: undefined,
      maxErrors: undefined,
      clock: undefined,
      disabled: undefined,
      redact: undefined,
      counterBuffer: undefined,
    })
    expect([tracker.serviceName, tracker.disabled]).toEqual(['unknown_service', false])
  })
})

describe('a disabled tracker', () => {
  test('calls functions directly, counts nothing and answers that all is quiescent', async () => {
    const { tracker, warnings } = newTracker({ disabled: true })
    const seen: unknown[] = []
    tracker.subscribe((items) => seen.push(...items))
    expect(runActivity({ tracker, name: 'block' }, (activity) => [activity.state, currentActivity()])).toEqual([
      'skipped',
      undefined,
    ])
    expect(trackActivity({ tracker }, (value: number) => value + 1)(1)).toBe(2)
    const handle = startActivity({ tracker, name: 'handle' })
    handle.start('x').update('y', { done: 1 }).log('z').heartbeat().set('a', 1)
    expect(handle.run(() => 7)).toBe(7)
    handle.complete('did')
    handle.fail(new Error('x'))
    handle.cancel()
    planActivity({ tracker, name: 'plan' }).start()
    expect(tracker.isQuiescent()).toBe(true)
    expect(await tracker.waitQuiescent({ timeoutMillis: 10 })).toBe(true)
    expect(tracker.runningSummary()).toBe('Quiescent (no active work)')
    tracker.flushNow()
    expect(seen).toEqual([])
    expect(tracker.snapshot()).toMatchObject({ open: 0, changes: 0, totals: { created: 0 } })
    expect(handle.signal.aborted).toBe(false)
    expect(tracker.errors()).toEqual([])
    expect(warnings).toEqual(['UNDERWAY_DISABLED'])
  })

  test('leaves a carrier alone', () => {
    const { tracker } = newTracker({ disabled: true })
    expect(startActivity({ tracker, name: 'work' }).inject({})).toEqual({})
  })
})

describe('the default tracker', () => {
  const holder = globalThis as Record<symbol, { tracker?: ActivityTracker } | undefined>
  let before: ActivityTracker

  beforeEach(() => {
    before = getTracker()
    const shared = holder[Symbol.for('underway.tracker/1')]
    if (shared !== undefined) shared.tracker = new ActivityTracker()
    expect(getTracker()).not.toBe(before)
  })

  afterEach(() => {
    const shared = holder[Symbol.for('underway.tracker/1')]
    if (shared !== undefined) shared.tracker = before
  })

  test('is what everything uses that names no other', () => {
    const activity = startActivity('work')
    expect(
      getTracker()
        .openActivities()
        .map((one) => one.name),
    ).toEqual(['work'])
    activity.complete()
    expectBalanced(getTracker())
  })
})
