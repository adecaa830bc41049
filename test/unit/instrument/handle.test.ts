import { describe, expect, test } from 'vitest'
import { currentActivity, planActivity, runActivity, startActivity } from '../../../src/index.js'
import { collectGarbage, observe, turn } from './observe.js'

describe('runActivity', () => {
  test('takes a name or options, and returns what the block returns', async () => {
    const { tracker, ended } = observe()
    await runActivity({ tracker, name: 'outer' }, async () => {
      expect(runActivity('inner', () => 5)).toBe(5)
    })
    expect(ended().map(({ name }) => name)).toEqual(['inner', 'outer'])
  })

  test('is named after the function, else "activity"', () => {
    const { tracker, ended } = observe()
    runActivity({ tracker }, function validate() {})
    runActivity({ tracker }, () => {})
    expect(ended().map(({ name }) => name)).toEqual(['validate', 'activity'])
  })

  test.each([
    ['a number', 5],
    ['null', null],
    ['a symbol', Symbol('options')],
    ['a module that is no text', { module: {} }],
    ['a tracker that is none', { tracker: {} }],
    ['a parent that is none', { parent: 5 }],
    ['attributes that are none', { attributes: 5 }],
    ['links that are none', { links: [null, { relation: 'x', activity: 'y' }, { relation: 'depends_on' }] }],
    ['durations below zero', { timeoutMillis: -1, silenceBudgetMillis: Number.NaN }],
    ['a time that is none', { startTime: new Date(Number.NaN) }],
    ['a kind that is none', { kind: 'sever', severity: 'bad', attempt: 'first', errors: 5, from: 5 }],
  ])('always calls its function, whatever the options are: %s', (_, options) => {
    const { tracker, only } = observe()
    const start = (): unknown => runActivity(options as never, () => 'called')
    // Inside an activity of this tracker, which the inner one then takes too.
    expect(runActivity({ tracker, name: 'outer' }, start)).toBe('called')
    expect(tracker.snapshot().totals).toMatchObject({ created: 2, completed: 2 })
    expect(() => only()).toThrow()
  })

  test('a parent that throws when it is read is left out and counted', () => {
    const { tracker, only, faults } = observe()
    const parent = new Proxy(
      {},
      {
        get() {
          throw new Error('unreadable')
        },
      },
    )
    expect(runActivity({ tracker, name: 'work', parent }, () => 1)).toBe(1)
    expect(only().state).toBe('completed')
    expect(faults('value.unreadable')).toBeGreaterThan(0)
  })

  test('an option of the wrong type is counted and warned about once', () => {
    const { tracker, faults, warnings } = observe()
    runActivity({ tracker, kind: 'sever' as never }, () => {})
    runActivity({ tracker, kind: 'sever' as never }, () => {})
    expect(faults('option.invalid')).toBe(2)
    expect(warnings.filter((warning) => warning.includes('wrong type'))).toHaveLength(1)
  })
})

describe('startActivity', () => {
  test('does not become current', () => {
    const { tracker } = observe()
    startActivity({ tracker, name: 'work' })
    expect(currentActivity()).toBeUndefined()
  })

  test('without anything said it is "activity" of the module of the service', () => {
    const { tracker, only } = observe({ serviceName: 'trainer' })
    startActivity({ tracker }).complete()
    expect(only()).toMatchObject({ name: 'activity', module: 'trainer', type: 'task' })
    expect(only()).not.toHaveProperty('group')
  })

  test('leaving the scope of a using completes it', () => {
    const { tracker, only } = observe()
    {
      using activity = startActivity({ tracker, name: 'scoped' })
      activity.update('inside')
      expect(tracker.isQuiescent()).toBe(false)
    }
    expect(only()).toMatchObject({ state: 'completed', doing: 'inside' })
  })

  test('with leftAs, leaving without complete() is a failure', () => {
    const { tracker, ended } = observe()
    {
      using activity = startActivity({ tracker, name: 'left', leftAs: 'failed' })
      activity.update('inside')
    }
    {
      using activity = startActivity({ tracker, name: 'done', leftAs: 'failed' })
      activity.complete()
    }
    expect(ended().map(({ name, state }) => `${name} ${state}`)).toEqual(['left failed', 'done completed'])
    expect(ended()[0]?.error?.message).toBe('left was left without complete()')
  })

  test.each(['failing', 1, null])('leftAs of %s, which it cannot be, is counted, and it is completed', (leftAs) => {
    const { tracker, only, warnings } = observe()
    startActivity({ tracker, leftAs: leftAs as never })[Symbol.dispose]()
    expect(only().state).toBe('completed')
    expect(warnings).toEqual([expect.stringContaining("startActivity({ leftAs }): expected 'completed' or 'failed'")])
  })

  test('await using ends it too', async () => {
    const { tracker, only } = observe()
    {
      await using activity = startActivity({ tracker })
      activity.heartbeat()
      await turn()
    }
    expect(only().state).toBe('completed')
  })

  test('leaving the scope while a function of it runs leaves the end to the function', async () => {
    const { tracker, ended } = observe()
    const gate = Promise.withResolvers<void>()
    let running: Promise<void>
    {
      using activity = startActivity({ tracker, leftAs: 'failed' })
      running = activity.run(() => gate.promise)
    }
    expect(ended()).toHaveLength(0)
    gate.resolve()
    await running
    expect(ended().map(({ state }) => state)).toEqual(['completed'])
  })

  test('startTime makes it older', async () => {
    const { tracker, clock, only } = observe()
    const activity = startActivity({ tracker, startTime: new Date(clock.wallMillis() - 60_000) })
    await clock.advance(1_000)
    activity.complete()
    expect(only().durationMillis).toBe(61_000)
    expect(only().createdAt).toBe(clock.wallMillis() - 61_000)
  })

  test('an id of your own is kept; that of an open activity is not given away', () => {
    const { tracker, faults } = observe()
    const first = startActivity({ tracker, id: 'job-1' })
    const second = startActivity({ tracker, id: 'job-1' })
    expect(first.id).toBe('job-1')
    expect(second.id).not.toBe('job-1')
    expect(faults('id.duplicate')).toBe(1)
    first.complete()
    expect(startActivity({ tracker, id: 'job-1' }).id).toBe('job-1')
  })
})

describe('planActivity', () => {
  test('is open but not running until it is started', async () => {
    const { tracker, clock, only, changes } = observe()
    const job = planActivity({ tracker, name: 'resize', plan: 'three sizes' })
    expect(job.state).toBe('planned')
    expect(job.startedAt).toBeUndefined()
    expect(tracker.isQuiescent()).toBe(false)
    expect(tracker.isQuiescent({ planned: false })).toBe(true)
    await clock.advance(5_000)
    job.start('reading')
    expect(job.state).toBe('running')
    expect(tracker.isQuiescent({ planned: false })).toBe(false)
    await clock.advance(2_000)
    job.complete('3 sizes written', { result: { files: 3 } })
    expect(only()).toMatchObject({
      did: '3 sizes written',
      result: { files: 3 },
      doing: 'reading',
      durationMillis: 2_000,
    })
    expect(changes().map(({ kind }) => kind)).toEqual(['planned', 'started', 'ended'])
  })

  test('a second start is ignored and counted', () => {
    const { tracker, faults, started } = observe()
    const job = planActivity({ tracker }).start('once').start('twice')
    expect(job.doing).toBe('once')
    expect(faults('start.ignored')).toBe(1)
    expect(started()).toHaveLength(1)
  })

  test('run starts it, makes it current and ends it', () => {
    const { tracker, only } = observe()
    const job = planActivity({ tracker, name: 'resize' })
    expect(job.run((given) => [given === job, currentActivity() === job])).toEqual([true, true])
    expect(only()).toMatchObject({ name: 'resize', state: 'completed' })
  })

  test.each([
    ['complete', 'completed', { started: 1, withdrawn: 0 }],
    ['skip', 'skipped', { started: 0, withdrawn: 1 }],
    ['cancel', 'cancelled', { started: 0, withdrawn: 1 }],
  ] as const)('may go straight to its end: %s', (end, state, counted) => {
    const { tracker, only } = observe()
    const job = planActivity({ tracker })
    job[end]()
    expect(only().state).toBe(state)
    expect(tracker.snapshot().totals).toMatchObject({ created: 1, ...counted })
    expect(tracker.isQuiescent()).toBe(true)
  })

  test('completed without a start it counts as started when it was planned', async () => {
    const { tracker, clock, only } = observe()
    const job = planActivity({ tracker })
    await clock.advance(3_000)
    job.complete()
    expect(only()).toMatchObject({ durationMillis: 3_000, startedAt: only().createdAt })
  })

  test('children of planned work hang below it', () => {
    const { tracker } = observe()
    const job = planActivity({ tracker, name: 'job' })
    const part = planActivity({ tracker, name: 'part', parent: job })
    expect(part.parentId).toBe(job.id)
    expect(tracker.blockers({ within: job }).map(({ path }) => path.join(' > '))).toEqual(['job', 'job > part'])
  })
})

describe('run', () => {
  test.each([5, null, undefined, 'work', {}])('of %s, which is no function, is counted and changes nothing', (fn) => {
    const { tracker, ended, faults, warnings } = observe()
    const job = planActivity({ tracker, name: 'resize' })
    expect(job.run(fn as never)).toBeUndefined()
    expect(job.state).toBe('planned')
    job.complete()
    expect(job.run(fn as never)).toBeUndefined()
    expect(ended().map(({ state }) => state)).toEqual(['completed'])
    expect(faults('run.missing')).toBe(2)
    expect(warnings.join()).toContain('run(fn): fn must be a function')
  })
})

describe('what a handle says of its activity', () => {
  test('is read at the moment of asking', async () => {
    const { tracker, clock } = observe({ serviceName: 's' })
    const activity = startActivity({
      tracker,
      name: 'work',
      module: 'M',
      group: 'G',
      type: 'run',
      plan: 'p',
      thread: 't',
      severity: 'critical',
      attempt: { number: 1, of: 3 },
      attributes: { a: 1 },
      metadata: { m: { deep: [1] } },
      considered: ['x', 'y'],
      reason: 'because',
    })
    expect(activity).toMatchObject({ name: 'work', module: 'M', group: 'G', type: 'run', plan: 'p', thread: 't' })
    expect(activity).toMatchObject({ severity: 'critical', attempt: { number: 1, of: 3 }, attributes: { a: 1 } })
    expect(activity).toMatchObject({ metadata: { m: { deep: [1] } }, considered: ['x', 'y'], reason: 'because' })
    expect(activity).toMatchObject({ rootId: activity.id, process: { service: 's' }, state: 'running', isOpen: true })
    await clock.advance(100)
    activity.update('doing', { done: 1, total: 4, step: 7, metadata: { n: 2 }, attributes: { b: true } })
    expect(activity).toMatchObject({ doing: 'doing', progress: { done: 1, total: 4, percent: 25 }, step: 7 })
    expect(activity).toMatchObject({ metadata: { m: { deep: [1] }, n: 2 }, attributes: { a: 1, b: true } })
    expect(activity.lastProgressAt).toBe(clock.wallMillis())
    await clock.advance(100)
    activity.complete('did')
    expect(activity).toMatchObject({ did: 'did', durationMillis: 200, endedAt: clock.wallMillis(), state: 'completed' })
  })

  test('as JSON is plain, and the same as what the feed says', () => {
    const { tracker, only } = observe()
    const activity = startActivity({ tracker, name: 'work', metadata: { when: new Date(0) } })
    activity.log('hello', { percent: 50 })
    activity.complete()
    const { log, ...snapshot } = activity.toJSON()
    expect(snapshot).toEqual(only())
    expect(JSON.parse(JSON.stringify(activity))).toEqual({ ...snapshot, log })
    expect(log).toEqual([{ time: expect.any(Number), message: 'hello', state: 'running', percent: 50 }])
  })

  test('metadata of many updates together keeps the bound of one, and counts what it leaves out', () => {
    const { tracker } = observe()
    const activity = startActivity({
      tracker,
      name: 'work',
      metadata: { kept: 'a'.repeat(8_000), replaced: 'b'.repeat(8_000) },
    })
    activity.update('more', { metadata: { over: 'c'.repeat(1_000), small: 1 } })
    expect(Object.keys(activity.metadata ?? {})).toEqual(['kept', 'replaced', 'small'])
    expect(tracker.snapshot().faults).toEqual({ 'value.clamped': 1 })

    activity.update('less', { metadata: { replaced: 'd', after: 'e'.repeat(7_000) } })
    expect(activity.metadata).toMatchObject({ replaced: 'd', small: 1, after: 'e'.repeat(7_000) })
    expect(tracker.snapshot().faults).toEqual({ 'value.clamped': 1 })
  })

  test('the identifiers have the form of the W3C and do not change', () => {
    const { tracker } = observe()
    const activity = startActivity({ tracker })
    const { traceId, spanId } = activity
    expect(traceId).toMatch(/^(?!0+$)[\da-f]{32}$/)
    expect(spanId).toMatch(/^(?!0+$)[\da-f]{16}$/)
    expect(activity.spanContext()).toEqual({ traceId, spanId, traceFlags: 0 })
    expect(activity.id).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
  })
})

describe('progress', () => {
  const updates: readonly (readonly [string, readonly object[], object | undefined])[] = [
    ['percent follows from done and total', [{ done: 1, total: 8 }], { done: 1, total: 8, percent: 12.5 }],
    ['what was said before stays', [{ total: 10 }, { done: 4 }], { done: 4, total: 10, percent: 40 }],
    ['a given percent wins', [{ done: 1, total: 2, percent: 70 }], { done: 1, total: 2, percent: 70 }],
    ['percent alone', [{ percent: 33 }], { percent: 33 }],
    ['percent stays between 0 and 100', [{ percent: 250 }], { percent: 100 }],
    ['more than all is all', [{ done: 12, total: 10 }], { done: 12, total: 10, percent: 100 }],
    ['below zero is zero', [{ done: -1, total: 10 }], { done: -1, total: 10, percent: 0 }],
    ['a total of zero says nothing', [{ done: 0, total: 0 }], { done: 0, total: 0 }],
    ['done without a total has no percent', [{ done: 3 }], { done: 3 }],
    [
      'what is no number is left out',
      [{ done: 'three', total: Number.NaN, percent: Number.POSITIVE_INFINITY }],
      undefined,
    ],
    ['zero is a number', [{ done: 0, total: 5 }], { done: 0, total: 5, percent: 0 }],
    ['a later total moves the percent', [{ done: 5, total: 10 }, { total: 20 }], { done: 5, total: 20, percent: 25 }],
  ]
  test.each(updates)('%s', (_, given, expected) => {
    const { tracker } = observe()
    const activity = startActivity({ tracker })
    for (const update of given) activity.update(update)
    expect(activity.progress).toEqual(expected)
  })
})

describe('the log', () => {
  test('keeps the last hundred entries and counts the others', () => {
    const { tracker, faults } = observe()
    const activity = startActivity({ tracker })
    for (let line = 1; line <= 250; line += 1) activity.log(`line ${line}`)
    const { log } = activity.toJSON()
    expect(log).toHaveLength(100)
    expect([log.at(0)?.message, log.at(-1)?.message]).toEqual(['line 151', 'line 250'])
    expect(faults('log.dropped')).toBe(150)
  })

  test('leaves out a percent that is no number', () => {
    const { tracker } = observe()
    const activity = startActivity({ tracker })
      .log('a', { percent: Number.NaN })
      .log('b', { percent: 'x' as never })
    for (const entry of activity.toJSON().log) expect(entry).not.toHaveProperty('percent')
  })

  test('a message over its bound is cut', () => {
    const { tracker, faults } = observe()
    const activity = startActivity({ tracker }).log('x'.repeat(5_000))
    expect(activity.toJSON().log[0]?.message).toHaveLength(4_096)
    expect(faults('value.clamped')).toBe(1)
  })
})

describe('bind', () => {
  test('runs a function inside the activity, whoever calls it, and does not end it', () => {
    const { tracker, ended } = observe()
    const activity = startActivity({ tracker, name: 'bound' })
    const bound = activity.bind(function (this: unknown, a: number) {
      return [currentActivity() === activity, this, a]
    })
    const self = {}
    expect(Reflect.apply(bound, self, [3])).toEqual([true, self, 3])
    expect(ended()).toHaveLength(0)
  })

  test('keeps what the function is called and carries, for others to read', () => {
    const { tracker } = observe()
    const original = Object.assign(function add(_a: number, _b: number) {}, { help: 'adds' })
    const bound = startActivity({ tracker }).bind(original)
    expect([bound.name, bound.length, bound.help]).toEqual(['add', 2, 'adds'])
    expect(Object.getPrototypeOf(startActivity({ tracker }).bind(async () => {}))).not.toBe(Function.prototype)
  })

  test('leaves out of it what cannot be read, and counts that', () => {
    const { tracker, faults } = observe()
    const unreadable = new Proxy(() => currentActivity()?.name, {
      getOwnPropertyDescriptor() {
        throw new Error('unreadable')
      },
    })
    expect(startActivity({ tracker, name: 'bound' }).bind(unreadable)()).toBe('bound')
    expect(faults('value.unreadable')).toBe(1)
  })

  test('outlives the end of the activity', () => {
    const { tracker, ended } = observe()
    const activity = startActivity({ tracker, name: 'bound' })
    const bound = activity.bind(() => startActivity({ name: 'late' }).complete())
    activity.complete()
    bound()
    expect(ended().map(({ name, parentId }) => [name, parentId])).toEqual([
      ['bound', undefined],
      ['late', activity.id],
    ])
  })

  test('keeps its activity from being abandoned: the bound function can still end it', async () => {
    const { tracker, clock, ended } = observe()
    const bind = (): (() => void) =>
      startActivity({ tracker, name: 'bound' }).bind(() => currentActivity()?.complete('by the callback'))
    const callback = bind()
    await collectGarbage()
    await clock.advance(5_000)
    expect(ended()).toHaveLength(0)
    callback()
    expect(ended().map(({ did }) => did)).toEqual(['by the callback'])
  })
})

describe('a handle that is lost', () => {
  const lose = (tracker: ReturnType<typeof observe>['tracker'], use?: (id: string) => void): void => {
    const activity = startActivity({ tracker, name: 'lost' })
    if (use !== undefined) use(activity.id)
  }

  test('is noticed: its activity is cancelled as abandoned, with a warning', async () => {
    const { tracker, clock, only, warnings } = observe()
    lose(tracker)
    await collectGarbage()
    await clock.advance(5_000)
    expect(only()).toMatchObject({ name: 'lost', state: 'cancelled', reason: 'abandoned' })
    expect(warnings.join()).toContain('garbage-collected')
    expect(tracker.isQuiescent()).toBe(true)
  })

  test('does not end an activity whose id somebody read', async () => {
    const { tracker, clock, ended } = observe()
    let known = ''
    lose(tracker, (id) => {
      known = id
    })
    await collectGarbage()
    await clock.advance(5_000)
    expect(ended()).toHaveLength(0)
    tracker.activity(known)?.complete()
    expect(ended().map(({ state }) => state)).toEqual(['completed'])
  })

  test('does not end an activity that somebody else holds through the tracker', async () => {
    const { tracker, clock, ended } = observe()
    lose(tracker)
    const [open] = tracker.openActivities()
    await collectGarbage()
    const held = tracker.activity(open?.id ?? '')
    await clock.advance(5_000)
    expect(ended()).toHaveLength(0)
    held?.complete()
    expect(ended().map(({ state }) => state)).toEqual(['completed'])
  })
})
