import fc from 'fast-check'
import { expect, test } from 'vitest'
import { currentActivity, runActivity, trackActivity } from '../../../src/index.js'
import { observe, turn } from './observe.js'

/** How a piece of work is written; each has children that it runs one after the other or all at once. */
interface Work {
  readonly form: 'sync' | 'async' | 'late' | 'generator' | 'async generator' | 'block'
  readonly ends: 'returns' | 'throws' | 'completes' | 'cancels' | 'fails'
  readonly together: boolean
  readonly children: readonly Work[]
}

const { work } = fc.letrec<{ work: Work; children: readonly Work[] }>((tie) => ({
  work: fc.record({
    form: fc.constantFrom('sync', 'async', 'late', 'generator', 'async generator', 'block'),
    ends: fc.constantFrom('returns', 'throws', 'completes', 'cancels', 'fails'),
    together: fc.boolean(),
    children: tie('children'),
  }),
  children: fc.oneof({ maxDepth: 4 }, fc.constant([]), fc.array(tie('work'), { maxLength: 3 })),
}))

const stateOf = {
  returns: 'completed',
  throws: 'failed',
  completes: 'completed',
  cancels: 'cancelled',
  fails: 'failed',
}

test('whatever runs inside whatever, at the same time or not, each has the right parent, end and count', async () => {
  await fc.assert(
    fc.asyncProperty(work, async (root) => {
      const { tracker, ended } = observe()
      const expected: { id: string; parent: string | undefined; state: string }[] = []

      const enter = (what: Work, parent: string | undefined): string => {
        const activity = currentActivity()
        if (activity === undefined) throw new Error('nothing is current')
        expected.push({ id: activity.id, parent, state: stateOf[what.ends] })
        return activity.id
      }
      const leave = (what: Work, id: string): void => {
        const activity = currentActivity()
        expect(activity?.id).toBe(id)
        if (what.ends === 'throws') throw new Error('on purpose')
        if (what.ends === 'completes') activity?.complete()
        if (what.ends === 'cancels') activity?.cancel()
        if (what.ends === 'fails') activity?.fail(new Error('on purpose'))
      }
      const below = async (what: Work, id: string): Promise<void> => {
        if (what.together) await Promise.all(what.children.map((child) => perform(child, id)))
        else for (const child of what.children) await perform(child, id)
      }

      const forms: Record<Work['form'], (what: Work, parent: string | undefined) => unknown> = {
        sync: trackActivity({ tracker }, (what, parent) => leave(what, enter(what, parent))),
        block: (what, parent) => runActivity({ tracker }, () => leave(what, enter(what, parent))),
        async: trackActivity({ tracker }, async (what, parent) => {
          const id = enter(what, parent)
          await below(what, id)
          leave(what, id)
        }),
        late: trackActivity({ tracker }, async (what, parent) => {
          const id = enter(what, parent)
          await turn()
          await below(what, id)
          leave(what, id)
        }),
        generator: (what, parent) => {
          for (const _ of numbers(what, parent)) expect(currentActivity()?.id).toBe(parent)
        },
        'async generator': async (what, parent) => {
          for await (const _ of asyncNumbers(what, parent)) expect(currentActivity()?.id).toBe(parent)
        },
      }
      const numbers = trackActivity({ tracker }, function* (what: Work, parent: string | undefined) {
        const id = enter(what, parent)
        yield 1
        leave(what, id)
      })
      const asyncNumbers = trackActivity({ tracker }, async function* (what: Work, parent: string | undefined) {
        const id = enter(what, parent)
        yield 1
        await below(what, id)
        yield 2
        leave(what, id)
      })
      const perform = async (what: Work, parent: string | undefined): Promise<void> => {
        try {
          await forms[what.form](what, parent)
        } catch (error) {
          expect(error).toMatchObject({ message: 'on purpose' })
        }
        expect(currentActivity()?.id).toBe(parent)
      }

      await perform(root, undefined)
      const byId = new Map(ended().map((activity) => [activity.id, activity]))
      for (const { id, parent, state } of expected) {
        expect(byId.get(id)).toMatchObject(parent === undefined ? { state } : { state, parentId: parent })
        expect(byId.get(id)?.parentId).toBe(parent)
      }
      expect(byId.size).toBe(expected.length)
      expect(tracker.isQuiescent()).toBe(true)
      expect(tracker.snapshot().totals.created).toBe(expected.length)
    }),
    { numRuns: 150 },
  )
})
