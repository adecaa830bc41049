import { describe, expect, test } from 'vitest'
import { type ActivityTracker, runActivity, startActivity, type TrackerOptions } from '../../../src/index.js'
import { balanceAfterEach, newTracker, turn } from '../../support/tracked.js'

balanceAfterEach()

function thrower(): never {
  throw new Error('hostile')
}

const unreadable = {
  get broken(): never {
    return thrower()
  },
}

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
