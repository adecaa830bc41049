import { describe, expect, test } from 'vitest'
import {
  currentActivity,
  type FeedItem,
  isUnderwayError,
  planActivity,
  runActivity,
  startActivity,
} from '../../../src/index.js'
import { balanceAfterEach, deferred, newTracker, turn } from '../../support/tracked.js'

balanceAfterEach()

function thrower(): never {
  throw new Error('do not look')
}

function codeOf(work: () => unknown): string | undefined {
  try {
    work()
  } catch (error) {
    return isUnderwayError(error) ? error.code : String(error)
  }
  return undefined
}

describe('registering', () => {
  test('a module shows up with what is open in it', () => {
    const { tracker, clock } = newTracker()
    tracker.registerModule('Trainer', { group: 'trainers' })
    tracker.registerModule('Queue')
    startActivity({ tracker, module: 'Trainer', name: 'work' })
    planActivity({ tracker, module: 'Trainer', name: 'later' })
    const since = clock.wallMillis()
    expect(tracker.modules()).toEqual([
      {
        name: 'Trainer',
        group: 'trainers',
        state: 'up',
        since,
        open: 2,
        planned: 1,
        instances: [tracker.process.instance],
      },
      { name: 'Queue', state: 'up', since, open: 0, planned: 0, instances: [tracker.process.instance] },
    ])
  })

  test('a module that only activities named is listed after them, and no check asks it', async () => {
    const { tracker } = newTracker()
    startActivity({ tracker, module: 'Seen', name: 'work' })
    tracker.registerModule('Registered')
    expect(tracker.modules().map(({ name, state, open }) => [name, state, open])).toEqual([
      ['Registered', 'up', 0],
      ['Seen', 'up', 1],
    ])
    expect(await tracker.checkModuleLiveness()).toBe(true)
    tracker.registerModule('Seen', { group: 'late' })
    expect(tracker.modules().map(({ name, open }) => [name, open])).toEqual([
      ['Registered', 0],
      ['Seen', 1],
    ])
  })

  test('says since when it is as it is', async () => {
    const { tracker, clock } = newTracker()
    let well = true
    tracker.registerModule('Worker', { healthCheck: () => well })
    const [registered] = tracker.modules()
    await clock.advance(1_000)
    await tracker.checkModuleLiveness()
    expect(tracker.modules()[0]?.since).toBe(registered?.since)
    well = false
    await tracker.checkModuleLiveness()
    expect(tracker.modules()[0]).toMatchObject({ state: 'down', since: clock.wallMillis() })
    await clock.advance(1_000)
    await tracker.checkModuleLiveness()
    expect(tracker.modules()[0]?.since).toBe(clock.wallMillis() - 1_000)
    well = true
    await tracker.checkModuleLiveness()
    expect(tracker.modules()[0]).toMatchObject({ state: 'up', since: clock.wallMillis() })
  })

  test('a health check is told when its answer would come too late', async () => {
    const { tracker, clock } = newTracker()
    let given: AbortSignal | undefined
    tracker.registerModule('Worker', {
      healthCheck: ({ signal }) => {
        given = signal
        return new Promise(() => {})
      },
    })
    const answer = tracker.checkModuleLiveness({ timeoutMillis: 100 })
    await clock.advance(99)
    expect(given?.aborted).toBe(false)
    await clock.advance(1)
    expect(await answer).toBe(false)
    expect(given?.reason).toMatchObject({ name: 'TimeoutError' })
  })

  test('a module gives its group to its activities', () => {
    const { tracker } = newTracker()
    tracker.registerModule('Trainer', { group: 'trainers' })
    expect(startActivity({ tracker, module: 'Trainer', name: 'work' }).group).toBe('trainers')
    expect(startActivity({ tracker, module: 'Trainer', group: 'own', name: 'work' }).group).toBe('own')
    expect(tracker.isQuiescent({ group: 'trainers' })).toBe(false)
  })

  test.each(['', 5, null, undefined, {}, Symbol('s'), 'n'.repeat(257)])('a name of %o is refused', (name) => {
    const { tracker } = newTracker()
    expect(codeOf(() => tracker.registerModule(name as string))).toBe('OPTIONS_INVALID')
    expect(tracker.modules()).toEqual([])
  })

  test.each([null, 5, { healthCheck: 5 }, { healthCheck: {} }, { healthCheck: { healthCheck: 1 } }, { group: 5 }])(
    'options of %o are refused',
    (options) => {
      const { tracker } = newTracker()
      expect(codeOf(() => tracker.registerModule('Trainer', options as never))).toBe('OPTIONS_INVALID')
      expect(tracker.modules()).toEqual([])
    },
  )

  test('a name cannot be registered twice until it is unregistered', () => {
    const { tracker } = newTracker()
    const first = tracker.registerModule('Trainer')
    expect(codeOf(() => tracker.registerModule('Trainer'))).toBe('MODULE_DUPLICATE')
    expect(() => tracker.registerModule('Trainer')).toThrow(
      "module 'Trainer' is registered already; call unregister() on the first registration, or choose another name",
    )
    first.unregister()
    const second = tracker.registerModule('Trainer')
    first.unregister()
    expect(tracker.modules()).toHaveLength(1)
    second[Symbol.dispose]()
    expect(tracker.modules()).toEqual([])
  })

  test('more modules than allowed are refused', () => {
    const { tracker } = newTracker({ maxModules: 2 })
    tracker.registerModule('a')
    tracker.registerModule('b')
    expect(codeOf(() => tracker.registerModule('c'))).toBe('OPTIONS_INVALID')
  })
})

describe('liveness', () => {
  class Worker {
    well = true
    healthCheck(): boolean {
      return this.well
    }
  }

  test('functions and objects are asked; without a check a module is up', async () => {
    const { tracker, clock } = newTracker()
    const worker = new Worker()
    tracker.registerModule('object', { healthCheck: worker })
    tracker.registerModule('function', { healthCheck: () => undefined })
    tracker.registerModule('async', { healthCheck: async () => 'anything' })
    tracker.registerModule('none')
    expect(await tracker.checkModuleLiveness()).toBe(true)
    expect(tracker.modules().map((module) => module.checkedAt)).toEqual([
      clock.wallMillis(),
      clock.wallMillis(),
      clock.wallMillis(),
      undefined,
    ])
    worker.well = false
    expect(await tracker.checkModuleLiveness()).toBe(false)
    expect(tracker.modules()[0]).toMatchObject({ state: 'down', reason: 'health check returned false' })
    expect(clock.timers).toBe(0)
  })

  test.each<[string, () => unknown, string]>([
    [
      'throws',
      () => {
        throw new TypeError('no GPU')
      },
      'health check threw TypeError: no GPU',
    ],
    [
      'throws a text',
      () => {
        throw 'gone'
      },
      'health check threw gone',
    ],
    [
      'throws what has no text',
      () => {
        throw Object.create(null)
      },
      'health check threw',
    ],
    [
      'rejects with a number',
      async () => {
        throw 7
      },
      'health check threw 7',
    ],
    [
      'rejects with what throws when it is looked at',
      () => Promise.reject(new Proxy({}, { has: thrower, get: thrower, getPrototypeOf: thrower })),
      'health check threw',
    ],
    [
      'rejects',
      async () => {
        throw new Error('lost')
      },
      'health check threw Error: lost',
    ],
    ['answers false', () => false, 'health check returned false'],
    ['promises false', async () => false, 'health check returned false'],
    [
      'has a then that throws',
      () => ({
        // biome-ignore lint/suspicious/noThenProperty: that is what is tested
        get then(): never {
          throw new Error('then')
        },
      }),
      'health check threw Error: then',
    ],
  ])('a check that %s takes the module down with the reason', async (_, healthCheck, reason) => {
    const { tracker } = newTracker()
    tracker.registerModule('Trainer', { healthCheck })
    tracker.registerModule('other', { healthCheck: () => true })
    expect(await tracker.checkModuleLiveness()).toBe(false)
    expect(tracker.modules().map((module) => [module.name, module.state, module.reason])).toEqual([
      ['Trainer', 'down', reason],
      ['other', 'up', undefined],
    ])
  })

  test('a check that hangs takes the module down after the time that was given', async () => {
    const { tracker, clock } = newTracker()
    const hang = deferred()
    tracker.registerModule('Trainer', { healthCheck: () => hang.promise })
    const answer = tracker.checkModuleLiveness({ timeoutMillis: 250 })
    await clock.advance(249)
    expect(tracker.modules()[0]?.state).toBe('up')
    await clock.advance(1)
    expect(await answer).toBe(false)
    expect(tracker.modules()[0]).toMatchObject({ state: 'down', reason: 'no answer within 250 ms' })
    hang.reject(new Error('late'))
    await turn()
  })

  test('going down is reported once, coming up again is an event, and so is going down once more', async () => {
    const { tracker } = newTracker()
    const seen: string[] = []
    tracker.on('module.down', (change) =>
      seen.push(change.kind === 'module' ? `down ${change.module.reason}` : change.kind),
    )
    tracker.on('module.up', (change) => seen.push(change.kind === 'module' ? `up ${change.module.name}` : change.kind))
    const worker = new Worker()
    tracker.registerModule('Trainer', { healthCheck: worker })
    tracker.flushNow()
    for (const well of [true, false, false, true, true, false]) {
      worker.well = well
      expect(await tracker.checkModuleLiveness()).toBe(well)
    }
    tracker.flushNow()
    expect(seen.toSorted()).toEqual([
      'down health check returned false',
      'down health check returned false',
      'up Trainer',
      'up Trainer',
    ])
    expect(tracker.errors().map((error) => [error.module, error.work, error.severity, error.message])).toEqual([
      ['Trainer', 'health check', 'error', 'module Trainer is down: health check returned false'],
      ['Trainer', 'health check', 'info', 'module Trainer is up again after 0 ms'],
      ['Trainer', 'health check', 'error', 'module Trainer is down: health check returned false'],
    ])
  })

  test('transitions are kept with their times and reasons, the latest ten of them', async () => {
    const { tracker, clock } = newTracker()
    const worker = new Worker()
    tracker.registerModule('Trainer', { healthCheck: worker })
    expect(tracker.modules()[0]).not.toHaveProperty('transitions')
    const began = clock.wallMillis()
    worker.well = false
    await tracker.checkModuleLiveness()
    await clock.advance(90_000)
    worker.well = true
    await tracker.checkModuleLiveness()
    const { transitions } = tracker.modules()[0] ?? {}
    expect(transitions).toEqual([
      { time: began, state: 'down', reason: 'health check returned false' },
      { time: began + 90_000, state: 'up' },
    ])
    expect(tracker.errors().at(-1)?.message).toBe('module Trainer is up again after 1 min')
    for (let times = 0; times < 20; times += 1) {
      worker.well = !worker.well
      await clock.advance(1_000)
      await tracker.checkModuleLiveness()
    }
    expect(tracker.modules()[0]?.transitions).toHaveLength(10)
    expect(tracker.modules()[0]?.transitions?.at(-1)).toEqual({ time: clock.wallMillis(), state: 'up' })
    // What was handed out before stays as it was.
    expect(transitions).toHaveLength(2)
  })

  test.each([-1, Number.NaN, '5s'])('a timeout of %o is counted, and the default holds', async (timeoutMillis) => {
    const { tracker, clock } = newTracker()
    tracker.registerModule('Trainer', { healthCheck: async () => undefined })
    tracker.registerModule('Hanging', { healthCheck: () => new Promise(() => {}) })
    const answer = tracker.checkModuleLiveness({ timeoutMillis: timeoutMillis as number })
    await clock.advance(4_999)
    expect(tracker.modules().map(({ state }) => state)).toEqual(['up', 'up'])
    await clock.advance(1)
    expect(await answer).toBe(false)
    expect(tracker.modules().map(({ state }) => state)).toEqual(['up', 'down'])
    expect(tracker.snapshot().faults).toEqual({ 'option.invalid': 1 })
  })

  test('a module that was unregistered while it was asked is left alone', async () => {
    const { tracker } = newTracker()
    const gate = deferred<boolean>()
    const registration = tracker.registerModule('Trainer', { healthCheck: () => gate.promise })
    const answer = tracker.checkModuleLiveness()
    registration.unregister()
    gate.resolve(false)
    expect(await answer).toBe(true)
    expect(tracker.errors()).toEqual([])
  })

  test('a check runs outside of the activity in which it was asked for', async () => {
    const { tracker } = newTracker()
    let inside: unknown = 'not asked'
    tracker.registerModule('Trainer', {
      healthCheck: () => {
        inside = currentActivity()
      },
    })
    await runActivity({ tracker, name: 'asker' }, () => tracker.checkModuleLiveness())
    expect(inside).toBe(undefined)
  })

  test('a reason passes the redaction and the bounds', async () => {
    const { tracker } = newTracker({
      redact: (_, value) => (typeof value === 'string' ? value.replaceAll('secret', '***') : value),
    })
    const items: FeedItem[] = []
    tracker.subscribe((batch) => items.push(...batch))
    tracker.registerModule('Trainer', {
      healthCheck: () => {
        throw new Error(`secret ${'x'.repeat(100_000)}`)
      },
    })
    await tracker.checkModuleLiveness()
    tracker.flushNow()
    expect(tracker.modules()[0]?.reason?.length).toBeLessThanOrEqual(4_096)
    expect(
      JSON.stringify([items, tracker.modules(), tracker.errors().map(({ stack: _, ...rest }) => rest)]),
    ).not.toContain('secret')
  })
})
