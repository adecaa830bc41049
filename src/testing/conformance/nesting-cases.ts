import { AsyncLocalStorage } from 'node:async_hooks'
import { endedSpan, expectEqual, expectSame, expectSucceeded, rejectionOf, thrownBy, turns } from './expectations.js'
import { wrappingCase } from './wrapping-case.js'

export const nestingCases = [
  wrappingCase('nesting.child', 'a call inside another is its child', (trial) => {
    const child = trial.wrap('child', () => 1)
    trial.wrap('parent', () => child())()
    expectSame(endedSpan(trial, 'child').parent, 'parent', 'parent')
  }),
  wrappingCase('nesting.await', 'also after an `await`', async (trial) => {
    const child = trial.wrap('child', () => 1)
    await trial.wrap('parent', async () => {
      await turns()
      return child()
    })()
    expectSame(endedSpan(trial, 'child').parent, 'parent', 'parent')
  }),
  wrappingCase('nesting.timer', 'also in a timer that was set inside', async (trial) => {
    const child = trial.wrap('child', () => 1)
    await trial.wrap('parent', () => new Promise<void>((resolve) => setTimeout(() => resolve(void child()), 0)))()
    expectSame(endedSpan(trial, 'child').parent, 'parent', 'parent')
  }),
  wrappingCase('nesting.siblings', 'calls after each other are no relatives', (trial) => {
    trial.wrap('first', () => 1)()
    trial.wrap('second', () => 1)()
    expectSame(endedSpan(trial, 'second').parent, undefined, 'parent')
  }),
  wrappingCase('nesting.after-throw', 'nothing is left current after a throw', async (trial) => {
    thrownBy(
      trial.wrap('first', () => {
        throw new Error('boom')
      }),
    )
    await rejectionOf(trial.wrap('second', () => Promise.reject(new Error('boom')))())
    trial.wrap('third', () => 1)()
    expectSame(endedSpan(trial, 'third').parent, undefined, 'parent')
  }),
  wrappingCase('nesting.recursion', 'recursion makes a span of every call, each inside the last', (trial) => {
    const count = trial.wrap('count', (depth: number): number => (depth === 0 ? 0 : 1 + count(depth - 1)))
    expectSame(count(20), 20, 'value')
    const parents = trial.ended().map(({ parent }) => parent)
    expectSame(parents.length, 21, 'ended spans')
    expectSame(parents.filter((parent) => parent === 'count').length, 20, 'children')
  }),
  wrappingCase('nesting.re-entry', 'a function that is called back from inside itself is its own child', (trial) => {
    const order: string[] = []
    const work = trial.wrap('work', (again: (() => void) | undefined) => {
      order.push('in')
      again?.()
      order.push('out')
    })
    work(() => work(undefined))
    expectEqual(order, ['in', 'in', 'out', 'out'], 'order')
    expectEqual(
      trial.ended().map(({ parent }) => parent ?? null),
      ['work', null],
      'parents',
    )
  }),
  wrappingCase(
    'nesting.parallel',
    'children at the same time have the same parent, in whatever order they end',
    async (trial) => {
      const gates = Array.from({ length: 10 }, () => Promise.withResolvers<void>())
      const child = trial.wrap('child', async (index: number) => gates[index]?.promise)
      const pending = trial.wrap('parent', () => Promise.all(gates.map((_, index) => child(index))))()
      for (const gate of gates.toReversed()) gate.resolve()
      await pending
      await turns()
      const children = trial.ended().filter(({ name }) => name === 'child')
      expectSame(children.filter(({ parent }) => parent === 'parent').length, 10, 'children')
    },
  ),
  wrappingCase('nesting.interleaved', 'two at the same time do not mix their children', async (trial) => {
    const child = trial.wrap('child', (of: string) => of)
    const parents = ['left', 'right'].map((name) =>
      trial.wrap(name, async () => {
        await turns()
        trial.wrap(`${name} child`, () => child(name))()
      }),
    )
    await Promise.all(parents.map((parent) => parent()))
    for (const name of ['left', 'right']) expectSame(endedSpan(trial, `${name} child`).parent, name, 'parent')
  }),
  wrappingCase('nesting.same-argument', 'calls with the very same argument are calls of their own', async (trial) => {
    const argument = { id: 1 }
    const seen: unknown[] = []
    const work = trial.wrap('work', async (value: object) => void seen.push(value))
    await Promise.all([work(argument), work(argument)])
    await turns()
    expectSame(trial.ended().length, 2, 'ended spans')
    expectEqual(
      seen.map((value) => value === argument),
      [true, true],
      'arguments',
    )
  }),
  wrappingCase('nesting.same-promise', 'calls that share one promise are calls of their own', async (trial) => {
    const shared = Promise.resolve(1)
    const work = trial.wrap('work', () => shared)
    expectEqual(await Promise.all([work(), work()]), [1, 1], 'values')
    await turns()
    expectSame(trial.ended().length, 2, 'ended spans')
  }),
  wrappingCase('nesting.twice-wrapped', 'what is wrapped twice makes two spans, one inside the other', (trial) => {
    expectSame(
      trial.wrap(
        'outer',
        trial.wrap('inner', () => 1),
      )(),
      1,
      'value',
    )
    expectSame(endedSpan(trial, 'inner').parent, 'outer', 'parent')
    expectSucceeded(trial, 'outer')
  }),
  wrappingCase(
    'nesting.storage',
    'a storage of the caller holds its value inside, also after an `await`',
    async (trial) => {
      const storage = new AsyncLocalStorage<string>()
      const work = trial.wrap('work', async () => {
        const before = storage.getStore()
        await turns()
        return [before, storage.getStore()]
      })
      expectEqual(await storage.run('mine', () => work()), ['mine', 'mine'], 'values')
    },
  ),
  wrappingCase(
    'nesting.storage-entered',
    'a storage that it enters for good is entered for its caller too',
    (trial) => {
      const storage = new AsyncLocalStorage<string>()
      const work = trial.wrap('work', () => storage.enterWith('mine'))
      storage.run('outside', () => {
        work()
        expectSame(storage.getStore(), 'mine', 'value')
      })
    },
  ),
]
