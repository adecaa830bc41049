import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { currentActivity, runActivity, startActivity, trackActivity } from '../../../src/index.js'
import { observe, rejectionOf, turn } from './observe.js'

/** What was reported as unhandled while `work` ran and the event loop turned. */
async function unhandledDuring(work: () => unknown): Promise<readonly unknown[]> {
  const reported: unknown[] = []
  const listen = (error: unknown): unknown => reported.push(error)
  const others = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', listen)
  try {
    await work()
    await turn()
    await turn()
  } finally {
    process.off('unhandledRejection', listen)
    for (const other of others) process.on('unhandledRejection', other)
  }
  return reported
}

/** A promise with a state that only it has. */
class Job extends Promise<number> {
  #cancel = (): void => {}

  static start(): Job {
    const { promise, resolve, reject } = Job.withResolvers<number>()
    const job = promise as Job
    const timer = setTimeout(() => resolve(1), 60_000)
    job.#cancel = () => {
      clearTimeout(timer)
      reject(new Error('cancelled'))
    }
    return job
  }

  cancel(): void {
    this.#cancel()
  }
}

describe('what was put on a promise', () => {
  test('stays on what is returned, under symbols and out of sight too', async () => {
    const { tracker } = observe()
    const pages = trackActivity({ tracker }, () =>
      Object.defineProperty(
        Object.assign(Promise.resolve(1), {
          async *[Symbol.asyncIterator]() {
            yield 'a page'
          },
        }),
        'hidden',
        { value: 7 },
      ),
    )()
    const seen: string[] = []
    for await (const page of pages) seen.push(page)
    expect(seen).toEqual(['a page'])
    expect(Reflect.get(pages, 'hidden')).toBe(7)
    expect(await pages).toBe(1)
  })

  test.each(['then', 'catch', 'finally'] as const)(
    'and asks the promise itself, such as a bound %s, handles its rejection',
    async (method) => {
      const { tracker, only } = observe()
      const fetched = trackActivity({ tracker }, () => {
        const promise = Promise.reject<never>(new Error('offline'))
        return Object.assign(promise, { [method]: promise[method].bind(promise as never) })
      })
      const reported = await unhandledDuring(() => {
        const handling: Promise<unknown> = fetched()
        void (method === 'finally'
          ? handling.finally(() => {}).catch(() => {})
          : method === 'catch'
            ? handling.catch(() => {})
            : handling.then(undefined, () => {}))
      })
      expect(reported).toEqual([])
      expect(only()).toMatchObject({ state: 'failed', error: { message: 'offline' } })
    },
  )

  test('and asks the promise itself leaves a rejection that nobody handles unhandled', async () => {
    const { tracker } = observe()
    const error = new Error('offline')
    const reported = await unhandledDuring(() => {
      void trackActivity({ tracker }, () => {
        const promise = Promise.reject<never>(error)
        return Object.assign(promise, { catch: promise.catch.bind(promise) })
      })()
    })
    expect(reported).toEqual([error])
  })

  test('as a then of its own is seen to settle by an await, which does not ask it', async () => {
    const { tracker, only } = observe()
    const returned = trackActivity({ tracker }, () => {
      const promise = Promise.resolve(1)
      // biome-ignore lint/suspicious/noThenProperty: it is what this test is about
      promise.then = function (this: Promise<number>, ...callbacks: never) {
        return Reflect.apply(Promise.prototype.then, this, callbacks) as never
      }
      return promise
    })()
    expect(await returned).toBe(1)
    expect(only().state).toBe('completed')
  })

  test('as a then that starts the work is not called by tracking it, whatever it looks like', async () => {
    const { tracker, only } = observe()
    let runs = 0
    const lazy = trackActivity({ tracker }, () => {
      const promise = new Promise<string>(() => {})
      const run = function (this: unknown, ...callbacks: never): never {
        runs += 1
        return Promise.resolve('row').then(...(callbacks as unknown as [])) as never
      }
      // biome-ignore lint/suspicious/noThenProperty: it is what this test is about
      promise.then = run.bind(promise) as never
      return promise
    })()
    await turn()
    expect(runs).toBe(0)
    expect(await lazy.then((row) => `a ${row}`)).toBe('a row')
    expect(runs).toBe(1)
    expect(only().state).toBe('completed')
  })
})

describe('a promise of a class', () => {
  test('keeps the state that only it has', async () => {
    const { tracker, only } = observe()
    const job = trackActivity({ tracker }, () => Job.start())()
    job.cancel()
    expect((await rejectionOf(job)).error).toMatchObject({ message: 'cancelled' })
    expect(only()).toMatchObject({ state: 'failed', error: { message: 'cancelled' } })
  })

  test.each([
    ['await', async (job: Job) => await job],
    ['catch', (job: Job) => job.catch(() => {})],
    ['finally', (job: Job) => job.finally(() => {})],
    ['Promise.all', (job: Job) => Promise.all([job])],
    ['a promise that it resolves', (job: Job) => new Promise((resolve) => resolve(job))],
  ])('is handled by %s as it would be by itself, also when two functions return it', async (_, use) => {
    const { tracker, ended } = observe()
    const inner = trackActivity({ tracker }, () => Job.start())
    const reported = await unhandledDuring(() => {
      const job = trackActivity({ tracker }, () => inner())()
      use(job).catch(() => {})
      job.cancel()
    })
    expect(reported).toEqual([])
    expect(ended().map(({ state }) => state)).toEqual(['failed', 'failed'])
  })

  test('whose rejection nobody handles stays unhandled, once, also when two functions return it', async () => {
    const { tracker } = observe()
    const inner = trackActivity({ tracker }, () => Job.start())
    const reported = await unhandledDuring(() => {
      trackActivity({ tracker }, () => inner())().cancel()
    })
    expect(reported).toEqual([expect.objectContaining({ message: 'cancelled' })])
  })

  test('that cannot be derived from fails where it is asked, and its activity with it', async () => {
    const { tracker, only } = observe()
    class Named extends Promise<number> {
      constructor(name: string) {
        if (typeof name !== 'string') throw new TypeError('needs a name')
        super((resolve) => resolve(1))
      }
    }
    const returned = trackActivity({ tracker }, () => new Named('one') as Promise<number>)()
    expect(tracker.isQuiescent()).toBe(false)
    expect((await rejectionOf(returned)).error).toMatchObject({ message: 'needs a name' })
    expect(only().state).toBe('failed')
  })

  test('that many calls return is shadowed once', async () => {
    const { tracker, ended } = observe()
    class Cached extends Promise<number> {}
    const cached = Cached.resolve(1)
    const get = trackActivity({ tracker }, () => cached)
    for (let call = 0; call < 10_000; call += 1) void get()
    expect(await get()).toBe(1)
    expect(ended()).toHaveLength(10_001)
  })
})

test('a promise of another realm is followed like one of ours', async () => {
  const { tracker, only } = observe()
  const error = new Error('there')
  const foreign = runInNewContext('(error) => Promise.reject(error)') as (error: Error) => Promise<never>
  const returned = trackActivity({ tracker }, foreign)(error)
  expect((await rejectionOf(returned)).error).toBe(error)
  expect(only().state).toBe('failed')
})

test('a promise with methods inside a run of its own activity leaves the end to the outer function', async () => {
  const { tracker, ended } = observe()
  await runActivity({ tracker, name: 'outer' }, async (activity) => {
    const inner = activity.run(() => Object.assign(Promise.resolve(1), { json: () => 'parsed' }))
    expect(inner.json()).toBe('parsed')
    expect(await inner).toBe(1)
    expect(ended()).toHaveLength(0)
    expect(currentActivity()?.name).toBe('outer')
  })
  expect(ended()).toHaveLength(1)
  expect(startActivity({ tracker }).isOpen).toBe(true)
})
