import { describe, expect, test } from 'vitest'
import { currentActivity, runActivity, startActivity, trackActivity } from '../../../src/index.js'
import { collectGarbage, deferred, observe, rejectionOf, turn } from './observe.js'

/** A query builder as ORMs have them: lazy, chainable, and run by awaiting it. */
class Query implements PromiseLike<string[]> {
  runs = 0
  readonly #filters: string[] = []
  readonly #fails: Error | undefined
  module: string | undefined

  constructor(fails?: Error) {
    this.#fails = fails
  }

  where(filter: string): this {
    this.#filters.push(filter)
    return this
  }

  // biome-ignore lint/suspicious/noThenProperty: it is what these tests are about
  then<A = string[], B = never>(
    onFulfilled?: ((rows: string[]) => A | PromiseLike<A>) | null,
    onRejected?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.runs += 1
    this.module = currentActivity()?.module
    const rows = this.#fails === undefined ? Promise.resolve([...this.#filters]) : Promise.reject<string[]>(this.#fails)
    return rows.then(onFulfilled, onRejected)
  }
}

describe('a thenable that is no promise', () => {
  test('is returned itself and does not run until it is awaited', async () => {
    const { tracker, ended } = observe()
    const query = new Query()
    const select = trackActivity({ tracker, module: 'Db' }, () => query)
    const selected = select()
    await turn()
    expect(selected).toBe(query)
    expect(query.runs).toBe(0)
    expect(ended()).toHaveLength(0)
    expect(tracker.isQuiescent()).toBe(false)
    expect(await selected.where('a').where('b')).toEqual(['a', 'b'])
    expect(query.runs).toBe(1)
    expect(ended().map(({ state }) => state)).toEqual(['completed'])
  })

  test('runs with its activity current, and reports what it came to', async () => {
    const { tracker, only } = observe()
    const query = new Query()
    const options = { tracker, module: 'Db', result: (rows: string[]) => rows.length, did: () => 'selected' }
    await trackActivity(options, () => query)().where('a')
    expect(query.module).toBe('Db')
    expect(only()).toMatchObject({ result: 1, did: 'selected' })
  })

  test('that rejects fails its activity and rejects with the same error', async () => {
    const { tracker, only } = observe()
    const error = new Error('syntax')
    const query = trackActivity({ tracker }, () => new Query(error))()
    expect((await rejectionOf(query)).error).toBe(error)
    expect(only()).toMatchObject({ state: 'failed', error: { message: 'syntax' } })
  })

  test('keeps its methods and does not show that it is watched', () => {
    const { tracker } = observe()
    const query = trackActivity({ tracker }, () => new Query())()
    expect(query).toBeInstanceOf(Query)
    expect(Object.keys(query)).toEqual(Object.keys(new Query()))
  })

  test('whose then is asked twice makes one activity end once', async () => {
    const { tracker, ended, faults } = observe()
    const query = trackActivity({ tracker }, () => new Query())()
    await Promise.all([query.then((rows) => rows), query.then((rows) => rows)])
    expect(ended()).toHaveLength(1)
    expect(faults('end.ignored')).toBe(0)
  })

  test('whose then is asked twice does not end the activity under another function of it', async () => {
    const { tracker, ended } = observe()
    const activity = startActivity({ tracker })
    const gate = deferred()
    const running = activity.run(() => gate.promise)
    const query = activity.run(() => new Query())
    await Promise.all([query.then((rows) => rows), query.then((rows) => rows)])
    expect(ended()).toHaveLength(0)
    gate.resolve()
    await running
    expect(ended().map(({ state }) => state)).toEqual(['completed'])
  })

  test('that two wrapped functions return ends both activities, the outer one last', async () => {
    const { tracker, ended } = observe()
    const inner = trackActivity({ tracker, name: 'inner' }, () => new Query())
    const outer = trackActivity({ tracker, name: 'outer' }, () => inner())
    await outer()
    expect(ended().map(({ name }) => name)).toEqual(['inner', 'outer'])
  })

  test('that is frozen ends its activity with the call, as nothing can be seen of it later', async () => {
    const { tracker, only } = observe()
    // biome-ignore lint/suspicious/noThenProperty: it is what these tests are about
    const frozen = Object.freeze({ then: (resolve: (value: number) => void) => resolve(7) })
    const returned = trackActivity({ tracker }, () => frozen)()
    expect(only().state).toBe('completed')
    expect(await returned).toBe(7)
  })

  test('behind a proxy that refuses changes is left alone', () => {
    const { tracker, only } = observe()
    const refusing = new Proxy(new Query(), {
      defineProperty() {
        throw new Error('read only')
      },
    })
    expect(trackActivity({ tracker }, () => refusing)()).toBe(refusing)
    expect(only().state).toBe('completed')
  })

  test('is asked for its then once when it is returned', () => {
    const { tracker } = observe()
    let reads = 0
    const remote = new Proxy(() => {}, {
      get(_, key) {
        if (key === 'then') reads += 1
        return () => {}
      },
    })
    trackActivity({ tracker }, () => remote)()
    expect(reads).toBe(1)
  })

  test('that nobody awaits is cancelled as abandoned once it was collected', async () => {
    const { tracker, clock, only, faults } = observe()
    const select = trackActivity({ tracker }, () => new Query())
    select()
    await collectGarbage()
    await clock.advance(5_000)
    expect(only()).toMatchObject({ state: 'cancelled', reason: 'abandoned' })
    expect(faults('abandoned')).toBe(1)
  })

  test('that somebody still holds is not abandoned', async () => {
    const { tracker, clock, ended } = observe()
    const held = trackActivity({ tracker }, () => new Query())()
    await collectGarbage()
    await clock.advance(5_000)
    expect(ended()).toHaveLength(0)
    await held
    expect(ended()).toHaveLength(1)
  })
})

describe('a thenable that is asked again and again', () => {
  test('is shadowed once, however many calls return it, and is left as it was', async () => {
    const { tracker, ended } = observe()
    // biome-ignore lint/suspicious/noThenProperty: it is what these tests are about
    const connection = { then: (resolve: (value: string) => void) => resolve('connected') }
    const before = Object.getOwnPropertyDescriptors(connection)
    const connect = trackActivity({ tracker }, () => connection)
    for (let call = 0; call < 5_000; call += 1) expect(await connect()).toBe('connected')
    for (let call = 0; call < 5_000; call += 1) connect()
    await connect()
    expect(ended()).toHaveLength(10_001)
    expect(Object.getOwnPropertyDescriptors(connection)).toEqual(before)
  })

  test('may lose its then once it is ready', async () => {
    const { tracker, only } = observe()
    class App {
      loading = true
      // biome-ignore lint/suspicious/noThenProperty: it is what these tests are about
      get then(): ((resolve: (app: App) => void) => void) | undefined {
        if (!this.loading) return undefined
        return (resolve) => {
          this.loading = false
          queueMicrotask(() => resolve(this))
        }
      }
    }
    const made: unknown = trackActivity({ tracker }, () => new App())()
    const app = await Promise.resolve(made)
    expect(app).toBeInstanceOf(App)
    expect(only().state).toBe('completed')
  })

  test('gives its callbacks all that it gives without us', async () => {
    const { tracker } = observe()
    const made = trackActivity({ tracker }, () => ({
      // biome-ignore lint/suspicious/noThenProperty: it is what these tests are about
      then: (resolve: (...all: number[]) => unknown) => resolve(1, 2),
    }))()
    expect(made.then((...all) => all)).toEqual([1, 2])
  })
})

describe('what waits for a thenable', () => {
  test('is no part of its activity, in a callback or when it is awaited again', async () => {
    const { tracker } = observe()
    const seen: (string | undefined)[] = []
    const note = (): unknown => seen.push(currentActivity()?.name)
    const select = trackActivity({ tracker, name: 'query' }, () => {
      const query = new Query()
      const then = query.then.bind(query)
      return Object.assign(query, {
        // biome-ignore lint/suspicious/noThenProperty: it is what these tests are about
        then: (...callbacks: []) => {
          note()
          return then(...callbacks)
        },
      })
    })
    await runActivity({ tracker, name: 'outer' }, async () => {
      const query = select()
      await query.then(note as never)
      await Promise.resolve(query)
    })
    expect(seen).toEqual(['query', 'outer', 'outer'])
  })

  test.each([
    ['catch', (query: Thorough) => query.catch(() => {})],
    ['finally', (query: Thorough) => query.finally(() => {})],
    ['exec', (query: Thorough) => query.exec()],
    ['execute, which returns another thenable', async (query: Thorough) => await query.execute()],
  ])('by its %s ends the activity', async (_, run) => {
    const { tracker, only } = observe()
    const query = trackActivity({ tracker }, () => new Thorough())()
    expect(await run(query)).toEqual(['row'])
    expect(query.runs).toBe(1)
    expect(only().state).toBe('completed')
    expect(Object.getOwnPropertyNames(query)).toEqual(Object.getOwnPropertyNames(new Thorough()))
  })

  test('by its catch fails the activity with what was caught, and goes on with what the handler says', async () => {
    const { tracker, only } = observe()
    const query = trackActivity({ tracker }, () => new Thorough(new Error('syntax')))()
    expect(await query.catch((error: unknown) => (error as Error).message)).toBe('syntax')
    expect(only()).toMatchObject({ state: 'failed', error: { message: 'syntax' } })
  })
})

/** A lazy query whose methods do not run it through its own `then`. */
class Thorough {
  runs = 0
  readonly fails: Error | undefined

  constructor(fails?: Error) {
    this.fails = fails
  }

  async exec(): Promise<string[]> {
    this.runs += 1
    if (this.fails !== undefined) throw this.fails
    return ['row']
  }

  execute(): PromiseLike<string[]> {
    // biome-ignore lint/suspicious/noThenProperty: it is what these tests are about
    return { then: (...callbacks) => this.exec().then(...callbacks) }
  }

  catch<T>(onRejected: (error: unknown) => T): Promise<string[] | T> {
    return this.exec().catch(onRejected)
  }

  finally(onFinally: () => void): Promise<string[]> {
    return this.exec().finally(onFinally)
  }

  // biome-ignore lint/suspicious/noThenProperty: it is what these tests are about
  then<A>(onFulfilled: (rows: string[]) => A): Promise<A> {
    return this.exec().then(onFulfilled)
  }
}

test('a promise whose class starts its work in then is not started by tracking it', async () => {
  const { tracker, ended } = observe()
  let runs = 0
  class Lazy<T> extends Promise<T> {
    static from<V>(work: () => Promise<V>): Lazy<V> {
      const lazy = new Lazy<V>(() => {})
      lazy.#work = work
      return lazy
    }
    static override get [Symbol.species](): PromiseConstructor {
      return Promise
    }
    #work: (() => Promise<T>) | undefined
    // biome-ignore lint/suspicious/noThenProperty: it is what this test is about
    override then<A = T, B = never>(
      onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
      onRejected?: ((error: unknown) => B | PromiseLike<B>) | null,
    ): Promise<A | B> {
      if (this.#work === undefined) return super.then(onFulfilled, onRejected)
      return this.#work().then(onFulfilled, onRejected)
    }
  }
  const lazy = trackActivity({ tracker }, () =>
    Lazy.from(async () => {
      runs += 1
      return 'row'
    }),
  )()
  await turn()
  expect(runs).toBe(0)
  expect(await lazy).toBe('row')
  expect(runs).toBe(1)
  expect(ended()).toHaveLength(1)
})
