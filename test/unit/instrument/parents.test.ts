import { describe, expect, test } from 'vitest'
import {
  type ActivityHandle,
  currentActivity,
  extract,
  planActivity,
  runActivity,
  startActivity,
  trackActivity,
} from '../../../src/index.js'
import { deferred, observe } from './observe.js'

describe('the parent of an activity', () => {
  test('is the current one, also after an await, in a timer and in a microtask', async () => {
    const { tracker } = observe()
    await runActivity({ tracker, name: 'outer' }, async (outer) => {
      const parents: (string | undefined)[] = [startActivity().parentId]
      await Promise.resolve()
      parents.push(startActivity().parentId)
      await new Promise<void>((resolve) => {
        setImmediate(() => {
          parents.push(startActivity().parentId)
          queueMicrotask(() => {
            parents.push(startActivity().parentId)
            resolve()
          })
        })
      })
      expect(parents).toEqual([outer.id, outer.id, outer.id, outer.id])
    })
  })

  test('is none outside of any activity', () => {
    const { tracker } = observe()
    const activity = startActivity({ tracker })
    expect(activity.parentId).toBeUndefined()
    expect(activity.rootId).toBe(activity.id)
  })

  test('is none with parent: null', () => {
    const { tracker } = observe()
    runActivity({ tracker }, (outer) => {
      const detached = startActivity({ parent: null })
      expect(detached.parentId).toBeUndefined()
      expect(detached.rootId).toBe(detached.id)
      expect(detached.traceId).not.toBe(outer.traceId)
      expect(tracker.isQuiescent({ within: outer })).toBe(true)
    })
  })

  test.each([
    ['its handle', (parent: ActivityHandle) => parent],
    ['its id', (parent: ActivityHandle) => parent.id],
    ['an object with its id', (parent: ActivityHandle) => ({ id: parent.id })],
  ])('can be given as %s', (_, reference) => {
    const { tracker } = observe()
    const parent = startActivity({ tracker, module: 'M' })
    const child = startActivity({ tracker, parent: reference(parent) })
    expect(child).toMatchObject({ parentId: parent.id, rootId: parent.id, traceId: parent.traceId, module: 'M' })
    expect(tracker.isQuiescent({ within: parent })).toBe(false)
    expect(tracker.blockers({ within: parent })).toHaveLength(2)
  })

  test('that was given wins over the current one', () => {
    const { tracker } = observe()
    const other = startActivity({ tracker })
    runActivity({ tracker }, () => {
      expect(startActivity({ parent: other }).parentId).toBe(other.id)
    })
  })

  test('may have ended; its handle still names it', () => {
    const { tracker } = observe()
    const root = startActivity({ tracker, name: 'root' })
    const parent = startActivity({ tracker, parent: root })
    parent.complete()
    const child = startActivity({ tracker, parent })
    expect(child).toMatchObject({ parentId: parent.id, rootId: root.id, traceId: root.traceId })
    expect(tracker.isQuiescent({ within: root })).toBe(false)
  })

  test('that has ended while its child runs on stays the parent', async () => {
    const { tracker, ended } = observe()
    const gate = deferred()
    const child = trackActivity({ tracker, name: 'child' }, () => gate.promise)
    let running = Promise.resolve()
    runActivity({ tracker, name: 'parent' }, () => {
      running = child()
    })
    gate.resolve()
    await running
    expect(ended().map(({ name }) => name)).toEqual(['parent', 'child'])
    expect(ended()[1]?.parentId).toBe(ended()[0]?.id)
  })

  test('that is known by its id only is still named', () => {
    const { tracker } = observe()
    const child = startActivity({ tracker, parent: 'elsewhere-1' })
    expect(child).toMatchObject({ parentId: 'elsewhere-1', rootId: 'elsewhere-1' })
  })

  test('of another tracker is named by its ids, and counts there only', () => {
    const here = observe()
    const there = observe()
    runActivity({ tracker: here.tracker, name: 'outer', module: 'Here' }, (outer) => {
      const inner = startActivity({ tracker: there.tracker, name: 'inner' })
      expect(inner).toMatchObject({ parentId: outer.id, rootId: outer.id, traceId: outer.traceId })
      expect(inner.module).toBe(there.tracker.serviceName)
      expect(here.tracker.openActivities()).toHaveLength(1)
      expect(there.tracker.openActivities()).toHaveLength(1)
      expect(there.tracker.isQuiescent({ within: inner, self: true })).toBe(false)
    })
  })

  test('decides the tracker, unless one is given', () => {
    const { tracker } = observe()
    const other = observe()
    runActivity({ tracker }, () => {
      trackActivity({}, () => {
        expect(tracker.openActivities()).toHaveLength(2)
      })()
      runActivity({ tracker: other.tracker }, () => {
        startActivity('in the other')
        expect(other.tracker.openActivities()).toHaveLength(2)
      })
    })
  })

  test('passes its module on, not its group, type or plan', () => {
    const { tracker } = observe({ serviceName: 'svc' })
    runActivity({ tracker, module: 'M', group: 'G', type: 'run', plan: 'p' }, () => {
      const child = startActivity('child')
      expect(child.module).toBe('M')
      expect([child.group, child.type, child.plan]).toEqual([undefined, 'task', undefined])
    })
  })

  test('the group is that with which the module was registered', () => {
    const { tracker } = observe()
    tracker.registerModule('W1', { group: 'workers' })
    expect(startActivity({ tracker, module: 'W1' }).group).toBe('workers')
    expect(startActivity({ tracker, module: 'W1', group: 'own' }).group).toBe('own')
    expect(startActivity({ tracker, module: 'W2' }).group).toBeUndefined()
  })

  test('of work that was planned is the one in which it was planned', () => {
    const { tracker } = observe()
    const job = runActivity({ tracker, name: 'planner' }, () => planActivity('job'))
    runActivity({ tracker, name: 'worker' }, () => {
      job.run((activity) => {
        expect(currentActivity()).toBe(activity)
        expect(startActivity('part').parentId).toBe(job.id)
      })
    })
    expect(job.toJSON().parentId).toBe(job.parentId)
    expect(job.parentId).toMatch(/^[\da-f-]{36}$/)
  })
})

describe('links and attempts', () => {
  test('links name other activities by id or handle', () => {
    const { tracker, faults } = observe()
    const first = startActivity({ tracker })
    const links = [
      { relation: 'retry_of', activity: first },
      { relation: 'depends_on', activity: 'job-7' },
      { relation: 'follows_from', activity: extract(first.inject({})) ?? '' },
      { relation: 'caused_by', activity: first },
    ]
    const span = { traceId: first.traceId, spanId: first.spanId }
    expect(startActivity({ tracker, links: links as never }).links).toEqual([
      { relation: 'retry_of', id: first.id, ...span },
      { relation: 'depends_on', id: 'job-7' },
      { relation: 'follows_from', id: first.id, ...span },
    ])
    expect(faults('option.invalid')).toBe(1)
  })

  test('an attempt may be a number alone', () => {
    const { tracker } = observe()
    expect(startActivity({ tracker, attempt: 2 }).attempt).toEqual({ number: 2 })
  })

  test.each([
    [{ number: 1, of: 3 }, undefined, 'warning'],
    [{ number: 3, of: 3 }, undefined, 'error'],
    [undefined, undefined, 'error'],
    [{ number: 1, of: 3 }, { severity: 'critical' as const }, 'critical'],
  ])('a failure of attempt %j with %j counts as %s', (attempt, errors, severity) => {
    const { tracker } = observe()
    startActivity({ tracker, attempt, errors }).fail(new Error('x'))
    expect(tracker.errors().map((error) => error.severity)).toEqual([severity])
  })

  test('errors: { report: false } keeps a failure out of the errors', () => {
    const { tracker, only } = observe()
    startActivity({ tracker, errors: { report: false } }).fail(new Error('x'))
    expect(only().state).toBe('failed')
    expect(tracker.errors()).toEqual([])
  })
})

describe('the current activity', () => {
  test('is the same handle every time, and the one that run and run activity hand out', async () => {
    const { tracker } = observe()
    await runActivity({ tracker }, async (outer) => {
      await runActivity('inner', async (inner) => {
        await Promise.resolve()
        expect(currentActivity()).toBe(inner)
      })
      expect(currentActivity()).toBe(outer)
    })
    expect(currentActivity()).toBeUndefined()
  })

  test('of startActivity().run is the handle that was started', () => {
    const { tracker } = observe()
    const activity = startActivity({ tracker })
    activity.run(() => expect(currentActivity()).toBe(activity))
  })
})
