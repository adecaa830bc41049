import {
  expectEqual,
  expectFailed,
  expectOpen,
  expectSame,
  expectSucceeded,
  rejectionOf,
  turns,
} from './expectations.js'
import { wrappingCase } from './wrapping-case.js'

/** A query builder as Knex and Mongoose have them: lazy, chainable, run by awaiting it. */
class Query {
  runs = 0
  readonly filters: string[] = []
  readonly #answer: () => string[]

  constructor(answer: () => string[] = () => ['row']) {
    this.#answer = answer
  }

  where(filter: string): this {
    this.filters.push(filter)
    return this
  }

  // biome-ignore lint/suspicious/noThenProperty: it is what is examined
  then<A, B>(onFulfilled?: (rows: string[]) => A, onRejected?: (error: unknown) => B): Promise<A | B> {
    this.runs += 1
    return Promise.resolve().then(this.#answer).then(onFulfilled, onRejected)
  }
}

/** A promise as Prisma has them: of a class whose `then` starts the work. */
class LazyPromise extends Promise<string> {
  runs = 0

  static make(): LazyPromise {
    return new LazyPromise(() => {})
  }

  // Derived promises are plain ones.
  static override get [Symbol.species](): PromiseConstructor {
    return Promise
  }

  // biome-ignore lint/suspicious/noThenProperty: it is what is examined
  override then<A, B>(
    onFulfilled?: ((value: string) => A | PromiseLike<A>) | null,
    onRejected?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.runs += 1
    return Promise.resolve('row').then(onFulfilled, onRejected)
  }
}

export const thenableCases = [
  wrappingCase('thenable.itself', 'the very object is returned', ({ wrap }) => {
    const query = new Query()
    expectSame(wrap('work', () => query)(), query, 'object')
  }),
  wrappingCase('thenable.lazy', 'it does not run until it is awaited', async ({ wrap }) => {
    const query = new Query()
    wrap('work', () => query)()
    await turns()
    expectSame(query.runs, 0, 'runs')
  }),
  wrappingCase('thenable.once', 'awaiting it runs it once', async ({ wrap }) => {
    const query = new Query()
    expectEqual(await wrap('work', () => query)(), ['row'], 'rows')
    expectSame(query.runs, 1, 'runs')
  }),
  wrappingCase('thenable.methods', 'its methods still chain', async ({ wrap }) => {
    const query = new Query()
    const made = wrap('work', () => query)()
    expectSame(typeof (made as Partial<Query>).where, 'function', 'type of the method')
    expectEqual(await made.where('a').where('b'), ['row'], 'rows')
    expectEqual(query.filters, ['a', 'b'], 'filters')
  }),
  wrappingCase('thenable.open', 'the span is open until it was awaited', async (trial) => {
    const query = trial.wrap('work', () => new Query())()
    await turns()
    expectOpen(trial, 'work', 'before anybody awaited it')
    await query
    await turns()
    expectSucceeded(trial, 'work')
  }),
  wrappingCase('thenable.rejection', 'its rejection comes out, the same', async ({ wrap }) => {
    const error = new RangeError('boom')
    const query = wrap(
      'work',
      () =>
        new Query(() => {
          throw error
        }),
    )()
    expectSame((await rejectionOf(query)).error, error, 'error')
  }),
  wrappingCase('thenable.rejection-status', 'its rejection is an error status and one exception', async (trial) => {
    const query = trial.wrap(
      'work',
      () =>
        new Query(() => {
          throw new RangeError('boom')
        }),
    )()
    await rejectionOf(query)
    await turns()
    expectFailed(trial, 'work', 'boom')
  }),
  wrappingCase('thenable.callbacks', 'what the callbacks of `then` return goes on', async ({ wrap }) => {
    const query = wrap('work', () => new Query())()
    expectSame(await query.then((rows) => rows.length), 1, 'value')
  }),
  wrappingCase(
    'thenable.lazy-promise',
    'a lazy promise does not run until it is awaited, then once',
    async ({ wrap }) => {
      const lazy = LazyPromise.make()
      const made = wrap('work', () => lazy)()
      await turns()
      expectSame(lazy.runs, 0, 'runs before')
      expectSame(await made, 'row', 'value')
      expectSame(lazy.runs, 1, 'runs')
    },
  ),
  wrappingCase(
    'thenable.current',
    'the span is current while it runs',
    async ({ wrap, current }) => {
      const seen: (string | undefined)[] = []
      await wrap('work', () => {
        const query = new Query()
        const run = query.then
        // biome-ignore lint/suspicious/noThenProperty: it is what is examined
        query.then = function (this: Query, ...callbacks: never) {
          seen.push(current())
          return Reflect.apply(run, this, callbacks) as never
        }
        return query
      })()
      expectEqual(seen, ['work'], 'current span')
    },
    ['current'],
  ),
]
