import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type ActivityHandle,
  ActivityTracker,
  currentActivity,
  extract,
  type FeedItem,
  getTracker,
  isUnderwayError,
  planActivity,
  runActivity,
  type StartOptions,
  startActivity,
  trackActivity,
  trackDecision,
} from '../../src/index.js'
import type { ManualClock } from '../../src/testing/index.js'
import { scopeKeys, startKeys, updateKeys } from '../support/hostile-keys.js'
import { hostile, hostileMakers, hostileOptions, type Maker } from '../support/hostile-values.js'
import { balanceAfterEach, expectBalanced, newTracker, turn } from '../support/tracked.js'
import { collectWarnings } from '../support/warnings.js'

balanceAfterEach()
const warnings = collectWarnings()

const unhandled: unknown[] = []
const note = (error: unknown): void => void unhandled.push(error)

beforeEach(() => {
  unhandled.length = 0
  process.on('unhandledRejection', note)
})

afterEach(async () => {
  await turn()
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})

const waitKeys = [...scopeKeys, 'timeoutMillis', 'settleMillis', 'signal']

interface Scene {
  readonly tracker: ActivityTracker
  readonly clock: ManualClock
}

/** A tracker with something in it, observed, so that every value reaches a change. */
function scene(): Scene & { readonly changes: FeedItem[] } {
  const { tracker, clock } = newTracker()
  const changes: FeedItem[] = []
  tracker.subscribe((items) => void changes.push(...items))
  startActivity({ tracker, module: 'Trainer', name: 'open', attributes: { a: 1 } })
  return { tracker, clock, changes }
}

/** What one activity may hold when every text is as long as it may be; far below what was thrown at it. */
const maxChange = 400_000

function expectSound(at: Scene & { readonly changes: readonly FeedItem[] }): void {
  at.tracker.flushNow()
  for (const change of at.changes) {
    expectPlainJson(change)
    expect(JSON.stringify(change).length).toBeLessThan(maxChange)
  }
  for (const activity of at.tracker.openActivities()) {
    expectPlainJson(activity)
    expect(activity.name.length).toBeLessThanOrEqual(256)
    expect(activity.module.length).toBeLessThanOrEqual(256)
    expect(activity.id.length).toBeLessThanOrEqual(256)
    expect((activity.plan ?? '').length).toBeLessThanOrEqual(4_096)
    expect(JSON.stringify(activity.metadata ?? {}).length).toBeLessThanOrEqual(16_384)
    expect(JSON.stringify(activity.result ?? null).length).toBeLessThanOrEqual(16_384)
    expect(Object.keys(activity.attributes ?? {}).length).toBeLessThanOrEqual(128)
  }
  for (const error of at.tracker.errors()) {
    expectPlainJson(error)
    expect(error.message.length).toBeLessThanOrEqual(4_096)
    expect((error.stack ?? '').length).toBeLessThanOrEqual(8_192)
  }
  const snapshot = at.tracker.snapshot()
  expectPlainJson(snapshot)
  expectBalanced(at.tracker)
}

const outcomes = fc.record({ how: fc.constantFrom('returns' as const, 'throws' as const), what: hostile })

function plainValue(value: unknown): Maker {
  return { make: () => value }
}

function plain(value: unknown): fc.Arbitrary<Maker> {
  return fc.constant(plainValue(value))
}

/** A function that answers with a hostile value, or throws. */
function answerWith(answer: Maker | null | undefined): () => unknown {
  const value = answer?.make()
  return () => {
    if (answer === null || answer === undefined) throw new Error('no answer')
    return value
  }
}

/** Nothing in it that JSON would lose or change. */
function expectPlainJson(value: unknown, path = '$'): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return
  if (typeof value === 'number')
    return expect(Number.isFinite(value) && !Object.is(value, -0), `${path}: ${value}`).toBe(true)
  expect(typeof value, path).toBe('object')
  const plain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype
  expect(plain, path).toBe(true)
  for (const key of Object.keys(value as object))
    expectPlainJson((value as Record<string, unknown>)[key], `${path}.${key.slice(0, 40)}`)
}

function withTracker(options: unknown, tracker: ActivityTracker): StartOptions {
  try {
    if (typeof options !== 'object' || options === null) return options as StartOptions
    return Object.create(options, { tracker: { value: tracker, enumerable: true } }) as StartOptions
  } catch {
    return options as StartOptions
  }
}

describe('hostile values are kept away from the code that is tracked', () => {
  test('runActivity calls its function once and passes on the very value or error, whatever the options are', async () => {
    await fc.assert(
      fc.asyncProperty(
        hostileOptions({ name: 'block', module: 'Trainer' }, startKeys),
        outcomes,
        async (options, outcome) => {
          const at = scene()
          const value = outcome.what.make()
          let calls = 0
          let got: unknown
          let threw = false
          try {
            got = runActivity(withTracker(options.make(), at.tracker), () => {
              calls += 1
              if (outcome.how === 'throws') throw value
              return value
            })
          } catch (error) {
            threw = true
            got = error
          }
          expect(calls).toBe(1)
          expect(threw).toBe(outcome.how === 'throws')
          expect(Object.is(got, value)).toBe(true)
          expectSound(at)
        },
      ),
      { numRuns: 1_500 },
    )
  })

  test('an async block resolves and rejects with the very value, whatever it is', async () => {
    await fc.assert(
      fc.asyncProperty(hostileOptions({ name: 'block' }, startKeys), outcomes, async (options, outcome) => {
        const at = scene()
        // In a box: a promise would follow a hostile thenable by itself.
        const box = { value: outcome.what.make() }
        const promise = runActivity(withTracker(options.make(), at.tracker), async () => {
          await turn()
          if (outcome.how === 'throws') throw box.value
          return box
        })
        const got = await promise.then(
          (settled) => ({ same: settled === box, threw: false }),
          (error: unknown) => ({ same: Object.is(error, box.value), threw: true }),
        )
        expect(got.threw).toBe(outcome.how === 'throws')
        expect(got.same).toBe(true)
        expectSound(at)
      }),
      { numRuns: 500 },
    )
  })

  test('startActivity and planActivity give a working handle, whatever the options are', async () => {
    await fc.assert(
      fc.asyncProperty(
        hostileOptions({ name: 'handle', module: 'Trainer' }, startKeys),
        fc.boolean(),
        async (options, planned) => {
          const at = scene()
          const handle = (planned ? planActivity : startActivity)(withTracker(options.make(), at.tracker))
          expect(['planned', 'running']).toContain(handle.state)
          expectPlainJson(handle.toJSON())
          handle.complete()
          expect(handle.state).toBe('completed')
          expectSound(at)
        },
      ),
      { numRuns: 1_000 },
    )
  })

  test('every method of a handle takes every value', async () => {
    const update = hostileOptions({ done: 1 }, updateKeys)
    const calls = fc.oneof(
      fc.tuple(fc.constantFrom('start', 'log', 'complete', 'fail', 'cancel', 'skip'), hostile, update),
      fc.tuple(fc.constant('update'), fc.oneof(hostile, update), update),
      fc.tuple(fc.constant('set'), fc.oneof(hostile, plain('key')), hostile),
      fc.tuple(fc.constantFrom('bind', 'inject'), hostile, hostile),
      // What a function throws is its own.
      fc.tuple(
        fc.constant('run'),
        hostile.filter(({ make }) => typeof make() !== 'function'),
        hostile,
      ),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(calls, { minLength: 1, maxLength: 6 }), fc.boolean(), async (list, planned) => {
        const at = scene()
        const handle = (planned ? planActivity : startActivity)({ tracker: at.tracker, name: 'handle' })
        const methods = handle as unknown as Record<string, (...args: unknown[]) => unknown>
        for (const [method, first, second] of list) methods[method]?.(first.make(), second.make())
        const { log } = handle.toJSON()
        expect(log.length).toBeLessThanOrEqual(100)
        expectPlainJson(handle.toJSON())
        expectSound(at)
      }),
      { numRuns: 1_200 },
    )
  })

  test('every question and report of a tracker takes every value', async () => {
    const scope = hostileOptions({}, scopeKeys)
    const calls = fc.oneof(
      fc.tuple(
        fc.constantFrom(
          'isQuiescent',
          'blockers',
          'openActivities',
          'runningSummary',
          'activity',
          'errors',
          'changes',
          'checkModuleLiveness',
        ),
        fc.oneof(scope, hostileOptions({}, ['limit', 'module', 'severity', 'all', 'since', 'signal', 'timeoutMillis'])),
        hostile,
      ),
      fc.tuple(fc.constant('reportError'), hostile, hostileOptions({}, ['module', 'work', 'severity', 'details'])),
      fc.tuple(
        fc.constant('subscribe'),
        fc.oneof(
          hostile,
          plain(() => undefined),
        ),
        hostileOptions({}, ['name', 'maxBatch', 'whenFull']),
      ),
      fc.tuple(fc.constant('on'), fc.oneof(hostile, plain('error')), hostile),
      fc.tuple(fc.constant('step'), hostile, hostile),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(calls, { minLength: 1, maxLength: 4 }), async (list) => {
        const at = scene()
        for (const [method, first, second] of list) {
          if (method === 'step') at.tracker.step = first.make() as number
          else
            (at.tracker as unknown as Record<string, (...args: unknown[]) => unknown>)[method]?.(
              first.make(),
              second.make(),
            )
        }
        startActivity({ tracker: at.tracker, name: 'another' }).fail('gone')
        at.tracker.flushNow()
        await turn()
        expectSound(at)
      }),
      { numRuns: 2_000 },
    )
  })

  test('waitQuiescent takes every value and never rejects', async () => {
    await fc.assert(
      fc.asyncProperty(hostileOptions({ timeoutMillis: 10 }, waitKeys), async (options) => {
        const at = scene()
        const answer = at.tracker.waitQuiescent(options.make() as never)
        for (const activity of at.tracker.openActivities()) at.tracker.activity(activity.id)?.complete()
        await at.clock.advance(1_000_000)
        expect([true, false, 'pending']).toContain(await Promise.race([answer, turn().then(() => 'pending')]))
        expectSound(at)
      }),
      { numRuns: 1_000 },
    )
  })

  test('extract reads every carrier, and what it gives can be used as a parent or to go on from', async () => {
    const carriers = hostileOptions({ traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` }, [
      'traceparent',
      'tracestate',
      'underway',
    ])
    await fc.assert(
      fc.asyncProperty(carriers, async (carrier) => {
        const at = scene()
        const remote = extract(carrier.make())
        startActivity({ tracker: at.tracker, name: 'child', ...(remote === undefined ? {} : { parent: remote }) })
        startActivity({ tracker: at.tracker, name: 'same', ...(remote === undefined ? {} : { from: remote }) })
        expectSound(at)
      }),
      { numRuns: 500 },
    )
  })

  test('a redact that throws or returns anything changes only what is kept', async () => {
    await fc.assert(
      fc.asyncProperty(fc.option(hostile), async (answer) => {
        const redact = answerWith(answer)
        const { tracker, clock } = newTracker({ redact })
        const changes: FeedItem[] = []
        tracker.subscribe((items) => void changes.push(...items))
        const value = runActivity(
          {
            tracker,
            name: 'n',
            module: 'm',
            plan: 'p',
            attributes: { a: 'x' },
            metadata: { deep: { b: ['y'] } },
            id: 'own',
            links: [{ relation: 'retry_of', activity: 'z' }],
          },
          (activity) => {
            activity.update('doing', { done: 1, reason: 'r' }).log('line').set('k', 'v')
            activity.fail(new Error('e'), { result: { c: 1 } })
            return 7
          },
        )
        expect(value).toBe(7)
        tracker.reportError('message', { details: { d: 1 } })
        expectSound({ tracker, clock, changes })
      }),
      { numRuns: 500 },
    )
  })

  test('options of a wrapped function that are functions may throw or return anything', async () => {
    const answers = fc.record(
      Object.fromEntries(
        ['module', 'group', 'plan', 'attributes', 'parent', 'did', 'result'].map((key) => [key, fc.option(hostile)]),
      ),
      { requiredKeys: [] },
    )
    await fc.assert(
      fc.asyncProperty(answers, outcomes, async (given, outcome) => {
        const at = scene()
        const value = outcome.what.make()
        let calls = 0
        const options = Object.fromEntries(Object.entries(given).map(([key, answer]) => [key, answerWith(answer)]))
        const wrapped = trackActivity({ tracker: at.tracker, ...options } as object, () => {
          calls += 1
          if (outcome.how === 'throws') throw value
          return value
        })
        let got: unknown
        try {
          got = wrapped()
        } catch (error) {
          got = error
        }
        expect(calls).toBe(1)
        expect(Object.is(got, value)).toBe(true)
        expectSound(at)
      }),
      { numRuns: 1_000 },
    )
  })

  test('a function whose name is not a text is called all the same', () => {
    const { tracker } = newTracker()
    for (const [, make] of hostileMakers) {
      const fn = (): string => 'value'
      Object.defineProperty(fn, 'name', { value: make() })
      expect(runActivity({ tracker }, fn)).toBe('value')
    }
    const getter = Object.defineProperty(() => 'value', 'name', {
      get() {
        throw new Error('name')
      },
    })
    expect(runActivity({ tracker }, getter)).toBe('value')
    class Odd {
      static readonly name = Symbol('odd') as never
      work = trackActivity({ tracker }, () => 'value')
    }
    expect(new Odd().work()).toBe('value')
    for (const [, make] of hostileMakers) {
      const wrapped = trackActivity(
        { tracker },
        Object.defineProperty(() => 'value', 'name', { value: make() }),
      )
      expect(wrapped()).toBe('value')
    }
    tracker.flushNow()
  })

  test('a hostile tracker option falls back to another tracker', () => {
    for (const [, make] of hostileMakers) {
      expect(runActivity({ name: 'block', tracker: make() as never }, () => currentActivity()?.name)).toBe('block')
    }
    expect(getTracker().isQuiescent()).toBe(true)
  })

  test('one bad value leaves the other options as they are', () => {
    const { tracker } = newTracker()
    for (const [name, make] of hostileMakers) {
      const handle = startActivity({
        tracker,
        name: 'kept',
        module: 'Trainer',
        links: make(),
        considered: make(),
        parent: make(),
        errors: make(),
        attempt: make(),
        from: make(),
      } as never)
      expect([name, handle.name, handle.module]).toEqual([name, 'kept', 'Trainer'])
    }
    const options = {
      tracker,
      name: 'kept',
      module: 'Trainer',
      get plan(): string {
        throw new Error('plan')
      },
    }
    const handle = startActivity(options)
    expect([handle.name, handle.module]).toEqual(['kept', 'Trainer'])
    expect(tracker.snapshot().faults['value.unreadable']).toBeGreaterThan(0)
  })

  test('a scope with one bad field keeps the others', () => {
    const { tracker } = newTracker()
    startActivity({ tracker, module: 'Trainer', name: 'open' })
    for (const [, make] of hostileMakers) {
      const value = make()
      if (typeof value === 'string') continue
      expect(tracker.isQuiescent({ module: 'Nobody', type: value } as never)).toBe(true)
      expect(tracker.isQuiescent({ module: 'Trainer', group: value } as never)).toBe(false)
    }
    expect(
      tracker.isQuiescent({
        module: 'Nobody',
        get within(): string {
          throw new Error('within')
        },
      }),
    ).toBe(true)
    expect(tracker.snapshot().faults['scope.invalid']).toBeGreaterThan(0)
  })
})

describe('what may throw throws an UnderwayError with a code', () => {
  function expectOurs(work: () => unknown): void {
    try {
      work()
    } catch (error) {
      expect(isUnderwayError(error), String((error as Error).stack)).toBe(true)
    }
  }

  test('trackActivity when decorating', () => {
    const { tracker } = newTracker()
    fc.assert(
      fc.property(hostileOptions({ tracker, name: 'n' }, [...startKeys, 'did', 'result']), hostile, (options, fn) => {
        expectOurs(() => trackActivity(options.make() as object, fn.make() as () => void))
        expectOurs(() => trackActivity(options.make() as object))
        expectOurs(() => trackActivity({ tracker })(fn.make() as () => void))
        expectOurs(() => trackDecision(options.make() as object, fn.make() as () => void))
      }),
      { numRuns: 1_500 },
    )
  })

  test('new ActivityTracker', () => {
    const keys = [
      'serviceName',
      'maxErrors',
      'maxModules',
      'errorWindowMillis',
      'errorThresholds',
      'redact',
      'disabled',
      'clock',
      'counterBuffer',
      'onWarning',
    ]
    fc.assert(
      fc.property(hostileOptions({ onWarning: () => undefined }, keys), (options) => {
        expectOurs(() => {
          const tracker = new ActivityTracker(options.make() as object)
          // Whoever got a tracker can use it.
          runActivity({ tracker, name: 'block' }, () => tracker.errorHealth())
          tracker.reportError('message')
          tracker.flushNow()
          expectBalanced(tracker)
        })
      }),
      { numRuns: 1_500 },
    )
  })

  test('registerModule', async () => {
    const { tracker, clock } = newTracker()
    fc.assert(
      fc.property(
        fc.oneof(hostile, fc.string().map(plainValue)),
        hostileOptions({}, ['healthCheck', 'group']),
        (name, options) => {
          expectOurs(() => tracker.registerModule(name.make() as string, options.make() as object))
        },
      ),
      { numRuns: 1_000 },
    )
    const answer = tracker.checkModuleLiveness({ timeoutMillis: 10 })
    await clock.advance(10)
    expect(typeof (await answer)).toBe('boolean')
    expectPlainJson(tracker.modules())
  })

  test('nothing is left out of the count by a handle in hostile hands', () => {
    const { tracker } = newTracker()
    const handle: ActivityHandle = startActivity({ tracker, name: 'outer' })
    // The getter of an error ends the activity that is just being ended with it.
    const error = Object.defineProperty(new Error('x'), 'message', {
      get() {
        handle.complete()
        return 'read'
      },
    })
    handle.fail(error)
    expect(tracker.snapshot().open).toBe(0)
    expect(tracker.snapshot().totals.created).toBe(1)
  })
})

test('nothing but faults of ours to tell was warned of', () => {
  expect(warnings.filter(({ type }) => type !== 'UnderwayWarning')).toEqual([])
})
