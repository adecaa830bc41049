import { expect, test } from 'vitest'
import { type FeedItem, planActivity, runActivity, startActivity } from '../../../src/index.js'
import { balanceAfterEach, newTracker } from '../../support/tracked.js'

balanceAfterEach()

const hide = (_key: string, value: unknown): unknown =>
  typeof value === 'string' ? value.replaceAll('secret', '***') : value

test('redact reaches every text, attribute and JSON property before any sink does', async () => {
  const { tracker } = newTracker({ redact: hide })
  const seen: FeedItem[] = []
  tracker.subscribe((items) => seen.push(...items))
  const stream = tracker.changes()
  const error = new Error('secret message')
  error.stack = 'secret stack'
  const handle = planActivity({
    tracker,
    name: 'secret name',
    module: 'secret module',
    group: 'secret group',
    type: 'secret type',
    plan: 'secret plan',
    id: 'secret id',
    thread: 'secret thread',
    reason: 'secret reason',
    considered: ['secret choice'],
    attributes: { a: 'secret attribute' },
    metadata: { deep: [{ secretless: 'secret metadata' }] },
  })
  handle.start('secret start')
  handle.update('secret doing', {
    attributes: { b: 'secret' },
    metadata: { more: 'secret' },
    considered: ['secret'],
    reason: 'secret',
  })
  handle.log('secret line').set('c', 'secret')
  handle.fail(error, { result: { r: ['secret result'] }, reason: 'secret end' })
  startActivity({ tracker, name: 'work' }).cancel('secret cancel')
  startActivity({ tracker, name: 'work' }).skip('secret skip')
  startActivity({ tracker, name: 'work' }).complete('secret did')
  tracker.reportError(new Error('secret report'), { module: 'secret', work: 'secret', details: { d: 'secret' } })
  tracker.reportError('secret text')
  startActivity({ tracker, name: 'work', plan: 'secret' })
  tracker.flushNow()
  const everything = [
    seen,
    tracker.snapshot(),
    tracker.openActivities(),
    tracker.blockers(),
    handle.toJSON(),
    tracker.errors(),
    tracker.runningSummary(),
    (await stream.next()).value,
  ]
  // A stack that was made here names this file, not the secret.
  expect(JSON.stringify(everything)).not.toContain('secret ')
  expect(JSON.stringify(everything)).not.toMatch(/"secret"/)
  expect(handle.name).toBe('*** name')
  expect(handle.toJSON().log[0]?.message).toBe('*** line')
})

test('redact is told which field it sees', () => {
  const keys: string[] = []
  const { tracker } = newTracker({
    redact(key, value) {
      keys.push(key)
      return value
    },
  })
  startActivity({
    tracker,
    name: 'n',
    module: 'm',
    plan: 'p',
    attributes: { attribute: 1 },
    metadata: { outer: { inner: true } },
  })
  expect(keys).toEqual(expect.arrayContaining(['name', 'module', 'plan', 'attribute', 'metadata', 'outer', 'inner']))
})

test('each value passes redact once', () => {
  const mark = (_: string, value: unknown): unknown => (typeof value === 'string' ? `<${value}>` : value)
  const { tracker } = newTracker({ redact: mark })
  const parent = startActivity({
    tracker,
    name: 'n',
    plan: 'p',
    reason: 'r',
    attributes: { a: 'x' },
    metadata: { m: 'y' },
  })
  expect(parent.toJSON()).toMatchObject({
    name: '<n>',
    plan: '<p>',
    reason: '<r>',
    attributes: { a: '<x>' },
    metadata: { m: '<y>' },
  })
  const cancelled = startActivity({ tracker, name: 'n' })
  cancelled.cancel('why')
  expect(cancelled.reason).toBe('<why>')
  const skipped = startActivity({ tracker, name: 'n' })
  skipped.skip('why')
  expect(skipped.reason).toBe('<why>')
  const failed = startActivity({ tracker, name: 'n' })
  failed.fail(new Error('why'))
  expect(failed.error?.message).toBe('<why>')
  expect(tracker.errors()[0]?.message).toBe('<why>')
})

test('the reason of a cancelled run reaches what it cancelled, redacted once', () => {
  const { tracker } = newTracker({
    redact: (_: string, value: unknown) => (typeof value === 'string' ? `<${value}>` : value),
  })
  runActivity({ tracker, name: 'run' }, (run) => {
    expect(() =>
      runActivity('child', (child) => {
        run.cancel('enough')
        expect(child.signal.reason).toMatchObject({ name: 'AbortError', message: '<enough>' })
        try {
          child.signal.throwIfAborted()
        } finally {
          expect(child.isOpen).toBe(true)
        }
      }),
    ).toThrow('<enough>')
    expect(run.reason).toBe('<enough>')
  })
  expect(tracker.snapshot().totals).toMatchObject({ cancelled: 2, failed: 0 })
})

test('a redact that throws leaves the value out and lets everything else go on', () => {
  const { tracker, warnings } = newTracker({
    redact: () => {
      throw new Error('redact')
    },
  })
  const value = runActivity({ tracker, name: 'n', module: 'm', plan: 'p', attributes: { a: 1 } }, (activity) => {
    expect(activity.toJSON()).toMatchObject({ name: 'activity', module: 'unknown_service' })
    expect(activity.plan).toBe(undefined)
    return 'value'
  })
  expect(value).toBe('value')
  expect(warnings).toEqual(['UNDERWAY_REDACT_THREW'])
})

test('a redact that changes the type of a value is held to what the field may be', () => {
  const { tracker } = newTracker({
    redact: (key, value) => (key === 'plan' ? 12 : key === 'bad' ? { nested: 1 } : value),
  })
  const activity = startActivity({ tracker, name: 'n', plan: 'p', attributes: { bad: 'x', good: 'y' } })
  expect(activity.plan).toBe('12')
  expect(activity.attributes).toEqual({ good: 'y' })
  expect(tracker.snapshot().faults).toEqual({ 'attribute.dropped': 1 })
})
