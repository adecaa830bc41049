import {
  endedSpan,
  expectEqual,
  expectFailed,
  expectOpen,
  expectSame,
  expectSucceeded,
  rejectionOf,
  turns,
} from './expectations.js'
import { wrappingCase } from './wrapping-case.js'

async function* counting(): AsyncGenerator<number, string> {
  yield 1
  await Promise.resolve()
  yield 2
  return 'done'
}

export const asyncGeneratorCases = [
  wrappingCase('async-generator.values', 'it gives its values and what it returns', async ({ wrap }) => {
    const iterator = wrap('work', counting)()
    const steps = [await iterator.next(), await iterator.next(), await iterator.next()]
    expectEqual(
      steps.map(({ value }) => value),
      [1, 2, 'done'],
      'values',
    )
  }),
  wrappingCase('async-generator.open', 'the span is open until it is drained', async (trial) => {
    for await (const _ of trial.wrap('work', counting)()) {
      await turns()
      expectOpen(trial, 'work', 'while its consumer was busy')
    }
    await turns()
    expectSucceeded(trial, 'work')
  }),
  wrappingCase('async-generator.lazy', 'one that is never asked makes no span', async ({ wrap, ended }) => {
    await wrap('work', counting)().return('')
    await turns()
    expectSame(ended().length, 0, 'ended spans')
  }),
  wrappingCase('async-generator.returned', 'it ends when a loop over it is left', async (trial) => {
    for await (const _ of trial.wrap('work', counting)()) break
    await turns()
    expectSucceeded(trial, 'work')
  }),
  wrappingCase(
    'async-generator.handed-on',
    'of a function that returns one of another, the span is open until that is drained',
    async (trial) => {
      for await (const _ of trial.wrap('work', () => counting())()) {
        await turns()
        expectOpen(trial, 'work', 'while its consumer was busy')
      }
      await turns()
      expectSucceeded(trial, 'work')
    },
  ),
  wrappingCase('async-generator.promised', 'one that a promise brings is followed too', async (trial) => {
    const iterator = await trial.wrap('work', async () => counting())()
    await turns()
    expectOpen(trial, 'work', 'before the first step')
    const seen: number[] = []
    for await (const value of iterator) seen.push(value)
    expectEqual(seen, [1, 2], 'values')
    await turns()
    expectSucceeded(trial, 'work')
  }),
  wrappingCase('async-generator.cleaning-up', 'it is open until its `finally` is over', async (trial) => {
    const gate = Promise.withResolvers<void>()
    const iterator = trial.wrap('work', async function* () {
      try {
        yield 1
      } finally {
        await gate.promise
      }
    })()
    await iterator.next()
    const left = iterator.return(undefined)
    await turns()
    expectOpen(trial, 'work', 'while it cleaned up')
    gate.resolve()
    await left
    await turns()
    expectSucceeded(trial, 'work')
  }),
  wrappingCase('async-generator.thrown-into', 'it ends when it is thrown into, as a failure', async (trial) => {
    const error = new Error('boom')
    const iterator = trial.wrap('work', counting)()
    await iterator.next()
    expectSame((await rejectionOf(iterator.throw(error))).error, error, 'error')
    await turns()
    expectFailed(trial, 'work', 'boom')
  }),
  wrappingCase('async-generator.rejects', 'what its body throws comes out, as a failure', async (trial) => {
    const error = new Error('boom')
    const iterator = trial.wrap('work', async function* () {
      yield 1
      throw error
    })()
    await iterator.next()
    expectSame((await rejectionOf(iterator.next())).error, error, 'error')
    await turns()
    expectFailed(trial, 'work', 'boom')
  }),
  wrappingCase('async-generator.parallel', 'asked for several steps at once it ends once', async (trial) => {
    const iterator = trial.wrap('work', counting)()
    const steps = await Promise.all([iterator.next(), iterator.next(), iterator.next(), iterator.next()])
    expectEqual(
      steps.map(({ value }) => value ?? null),
      [1, 2, 'done', null],
      'values',
    )
    await turns()
    expectSucceeded(trial, 'work')
  }),
  wrappingCase(
    'async-generator.current',
    'it is current inside every step, also after an `await`, and nowhere between',
    async ({ wrap, current }) => {
      const seen: (string | undefined)[] = []
      const steps = wrap('work', async function* () {
        for (let step = 0; step < 2; step += 1) {
          await Promise.resolve()
          seen.push(current())
          yield step
        }
      })
      for await (const _ of steps()) seen.push(current() ?? 'outside')
      expectEqual(seen, ['work', 'outside', 'work', 'outside'], 'current span')
    },
    ['current'],
  ),
  wrappingCase('async-generator.elsewhere', 'work inside it is its child, whoever asks', async (trial) => {
    const leaf = trial.wrap('leaf', async () => 1)
    const iterator = trial.wrap('work', async function* () {
      yield await leaf()
      yield await leaf()
    })()
    const pull = trial.wrap('pull', async () => void (await iterator.next()))
    await pull()
    await pull()
    await iterator.return(undefined)
    await turns()
    const leaves = trial.ended().filter(({ name }) => name === 'leaf')
    expectEqual(
      leaves.map(({ parent }) => parent),
      ['work', 'work'],
      'parents',
    )
  }),
  wrappingCase(
    'async-generator.collected',
    'one that is dropped half-way is found, and its span ended',
    async (trial) => {
      const drop = async (): Promise<void> => void (await trial.wrap('work', counting)().next())
      await drop()
      expectOpen(trial, 'work', 'before it was collected')
      await trial.collect()
      endedSpan(trial, 'work')
    },
    ['collect'],
  ),
]
