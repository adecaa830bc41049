import { context } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type * as Underway from '../../../src/index.js'
import { turn } from './observe.js'

let first: typeof Underway
let second: typeof Underway
beforeAll(async () => {
  first = await import('../../../src/index.js')
  vi.resetModules()
  second = await import('../../../src/index.js')
})
afterAll(() => context.disable())

describe.each([
  ['without a context manager', () => {}],
  ['with one', () => context.setGlobalContextManager(new AsyncLocalStorageContextManager())],
])('two copies of the package in one thread, %s', (_, register) => {
  beforeAll(() => void register())

  test('really are two', () => {
    expect(second.runActivity).not.toBe(first.runActivity)
  })

  test('share the default tracker', () => {
    expect(second.getTracker()).toBe(first.getTracker())
  })

  test('see the activities of each other as current and as parent', async () => {
    await first.runActivity({ name: 'outer', module: 'M' }, async (outer) => {
      await turn()
      expect(second.currentActivity()?.id).toBe(outer.id)
      await second.runActivity('inner', async (inner) => {
        await turn()
        expect(inner).toMatchObject({ parentId: outer.id, rootId: outer.id, module: 'M', traceId: outer.traceId })
        expect(first.currentActivity()?.id).toBe(inner.id)
        expect(first.startActivity({ name: 'leaf', parent: inner }).parentId).toBe(inner.id)
        expect(
          first
            .getTracker()
            .blockers({ self: true })
            .map(({ name }) => name),
        ).toEqual(['outer', 'inner', 'leaf'])
      })
    })
    for (const { id } of first.getTracker().openActivities()) second.getTracker().activity(id)?.complete()
    expect(second.getTracker().isQuiescent()).toBe(true)
  })

  test('a handle of one serves as parent, link and scope in the other', () => {
    const tracker = new first.ActivityTracker()
    const parent = first.startActivity({ tracker, name: 'parent' })
    const child = second.startActivity({ tracker, parent, links: [{ relation: 'depends_on', activity: parent }] })
    expect(child).toMatchObject({ parentId: parent.id, links: [{ relation: 'depends_on', id: parent.id }] })
    expect(tracker.blockers({ within: parent })).toHaveLength(2)
  })

  test('a handle that one copy looked up in the other goes on guarding its activity', async () => {
    const tracker = new first.ActivityTracker()
    const handle = first.startActivity({ tracker, name: 'held' })
    expect(handle.run(() => second.currentActivity() === handle)).toBe(true)
  })

  test('an activity of one that runs since before there was a context manager is current in the other', async () => {
    context.disable()
    const tracker = new first.ActivityTracker()
    const held = first.startActivity({ tracker, name: 'held' })
    await held.run(async () => {
      await turn()
      context.setGlobalContextManager(new AsyncLocalStorageContextManager())
      second.currentActivity()
      await turn()
      expect(second.currentActivity()?.id).toBe(held.id)
      // A context that other code made over the root knows nothing of the activity.
      const other = context.active().setValue(Symbol.for('test.other'), 1)
      expect(context.with(other, () => second.currentActivity()?.id)).toBe(held.id)
    })
  })
})
