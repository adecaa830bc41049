import { describe, expect, test } from 'vitest'
import {
  type ActivityTracker,
  runActivity,
  startActivity,
  type TrackerOptions,
  trackActivity,
} from '../../../src/index.js'
import { balanceAfterEach, newTracker, turn } from '../../support/tracked.js'

balanceAfterEach()

function thrower(): never {
  throw new Error('hostile')
}

/** Throws whatever it is asked. */
function hostile(): object {
  return new Proxy({}, { get: thrower, has: thrower, getPrototypeOf: thrower })
}

/** An error of which these properties cannot be read. */
function broken(...keys: string[]): Error {
  const error = new AggregateError([hostile()], 'broken', { cause: hostile() })
  for (const key of keys) Object.defineProperty(error, key, { get: thrower })
  return error
}

function throwing(error: unknown) {
  return () => {
    throw error
  }
}

const unreadable = {
  get broken(): never {
    return thrower()
  },
}

/** Where what was thrown comes in. */
const failing: readonly [door: string, act: (tracker: ActivityTracker, error: unknown) => unknown][] = [
  ['fail()', (tracker, error) => startActivity({ tracker }).fail(error)],
  ['reportError()', (tracker, error) => tracker.reportError(error)],
  ['a function that throws', (tracker, error) => caught(trackActivity({ tracker }, throwing(error)))],
  [
    'functions in each other',
    (tracker, error) => caught(trackActivity({ tracker }, trackActivity({ tracker }, throwing(error)))),
  ],
  [
    'a promise that rejects',
    (tracker, error) => trackActivity({ tracker }, () => Promise.reject(error))().catch(() => undefined),
  ],
  [
    'a generator that throws',
    (tracker, error) =>
      caught(() =>
        trackActivity({ tracker }, function* () {
          yield throwing(error)()
        })().next(),
      ),
  ],
]

function caught(work: () => unknown): void {
  try {
    work()
  } catch {
    // It is what the tracker is told.
  }
}

const thrown: readonly [what: string, faults: number, make: () => unknown][] = [
  ['an object that throws whatever it is asked', 1, hostile],
  ['a function that does', 1, () => new Proxy(() => {}, { get: thrower })],
  ['an error with a message that throws', 1, () => broken('message')],
  ['an error of which nothing can be read', 1, () => broken('message', 'stack', 'name', 'code', 'constructor')],
  [
    'an error whose class has no name that can be read',
    1,
    () => {
      class Nameless extends Error {}
      Object.defineProperty(Nameless, 'name', { get: thrower })
      return new Nameless('nameless')
    },
  ],
  ['an error with a cause and parts that throw, which nobody asks', 0, () => broken('cause', 'errors')],
]

type Case = [what: string, fault: string, act: (tracker: ActivityTracker) => unknown, options?: TrackerOptions]

const cases: Case[] = [
  ['a plan that is no text', 'option.invalid', (tracker) => startActivity({ tracker, plan: Symbol('p') as never })],
  ['metadata that throws', 'value.unreadable', (tracker) => startActivity({ tracker, metadata: unreadable as never })],
  [
    'an attribute that is none',
    'attribute.dropped',
    (tracker) => startActivity({ tracker, attributes: { a: {} as never } }),
  ],
  [
    'a result that throws',
    'value.unreadable',
    (tracker) => startActivity({ tracker }).complete('', { result: { toJSON: thrower } as never }),
  ],
  [
    'a scope field of the wrong type',
    'scope.invalid',
    (tracker) => tracker.isQuiescent({ module: 1 as never, type: 'a' }),
  ],
  ['a test that throws', 'scope.invalid', (tracker) => tracker.isQuiescent({ where: thrower })],
  ['a listener that throws', 'subscriber.threw', (tracker) => tracker.on('error', thrower) && tracker.reportError('x')],
  ['a redact that throws', 'redact.threw', (tracker) => startActivity({ tracker, plan: 'p' }), { redact: thrower }],
  ['an event that does not exist', 'event.unknown', (tracker) => tracker.on('nothing' as never, () => undefined)],
  [
    'a second end',
    'end.ignored',
    (tracker) =>
      runActivity({ tracker }, (activity) => {
        activity.complete()
        activity.complete()
      }),
  ],
]

describe('one bad value is one fault', () => {
  describe.each(failing)('through %s', (_, act) => {
    test.each(thrown)('%s', async (...[, count, make]) => {
      const { tracker, warnings } = newTracker()
      await act(tracker, make())
      expect(tracker.snapshot().faults).toEqual(count === 0 ? {} : { 'value.unreadable': count })
      expect(warnings).toHaveLength(count)
      expect(tracker.errors()).toHaveLength(1)
    })
  })

  test('two bad values are two', () => {
    const { tracker } = newTracker()
    for (const error of [hostile(), hostile()]) startActivity({ tracker }).fail(error)
    expect(tracker.snapshot().faults).toEqual({ 'value.unreadable': 2 })
  })

  test.each(cases)('%s', async (...[, fault, act, options]: Case) => {
    const { tracker, warnings } = newTracker(options)
    startActivity({ tracker, id: 'open', name: '' }).heartbeat()
    const before = tracker.snapshot().faults
    act(tracker)
    tracker.flushNow()
    await turn()
    const { faults } = tracker.snapshot()
    const more = Object.entries(faults).map(([kind, count]) => [kind, count - (before[kind as never] ?? 0)])
    expect(more.filter(([, count]) => count !== 0)).toEqual([[fault, 1]])
    expect(new Set(warnings).size).toBe(warnings.length)
  })
})
