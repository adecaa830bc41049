import { describe, expect, test } from 'vitest'
import { currentActivity, trackActivity } from '../../../src/index.js'
import { deferred, observe, rejectionOf, thrownBy } from './observe.js'

describe('a wrapped function cannot be told from the original', () => {
  const { tracker } = observe()

  test('it keeps its name, length and own properties', () => {
    const original = Object.assign(
      function add(a: number, b: number) {
        return a + b
      },
      { help: 'adds', [Symbol.for('tag')]: 1 },
    )
    Object.defineProperty(original, 'hidden', { value: 7, enumerable: false })
    const wrapped = trackActivity({ tracker }, original)
    expect(wrapped.name).toBe('add')
    expect(wrapped.length).toBe(2)
    expect(wrapped.help).toBe('adds')
    expect(wrapped[Symbol.for('tag') as never]).toBe(1)
    expect(Reflect.getOwnPropertyDescriptor(wrapped, 'hidden')).toMatchObject({ value: 7, enumerable: false })
  })

  test('it is of the same kind of function', () => {
    const kinds = [() => {}, async () => {}, function* () {}, async function* () {}]
    for (const fn of kinds) {
      const wrapped = trackActivity({ tracker }, fn as () => unknown)
      expect(Object.prototype.toString.call(wrapped)).toBe(Object.prototype.toString.call(fn))
      expect(Object.getPrototypeOf(wrapped)).toBe(Object.getPrototypeOf(fn))
    }
  })

  test('a constructor function of the old kind still constructs', () => {
    type Point = { x: number }
    function Point(this: Point, x: number): void {
      this.x = x
    }
    const Wrapped = trackActivity({ tracker }, Point) as unknown as new (x: number) => Point
    const made = new Wrapped(3)
    expect(made.x).toBe(3)
    expect(made).toBeInstanceOf(Point)
  })

  test('the options are not changed, also if they are frozen', () => {
    const options = Object.freeze({ tracker, module: 'Frozen' })
    expect(trackActivity(options, () => 1)()).toBe(1)
  })
})

describe('this and the arguments arrive as they were given', () => {
  const { tracker } = observe()

  function received(this: unknown, ...args: unknown[]): { self: unknown; args: unknown[] } {
    return { self: this, args }
  }
  const wrapped = trackActivity({ tracker }, received)

  test.each([undefined, null, 0, '', Symbol.iterator, { a: 1 }, 5n])('this = %s', (self) => {
    expect(Reflect.apply(wrapped, self, [1, undefined]).self).toBe(self)
  })

  test('trailing undefined counts as an argument', () => {
    expect(Reflect.apply(wrapped, undefined, [1, undefined, undefined]).args).toEqual([1, undefined, undefined])
    expect(Reflect.apply(wrapped, undefined, []).args).toEqual([])
  })

  test('a thousand arguments arrive', () => {
    const many = Array.from({ length: 1_000 }, (_, index) => index)
    expect(Reflect.apply(wrapped, undefined, many).args).toEqual(many)
  })
})

describe('what a function returns comes back untouched', () => {
  test('a synchronous function stays synchronous', () => {
    const { tracker, only } = observe()
    const value = { deep: true }
    expect(trackActivity({ tracker }, () => value)()).toBe(value)
    expect(only().state).toBe('completed')
  })

  test('a promise is still open until it settles', async () => {
    const { tracker, only } = observe()
    const gate = deferred<number>()
    const pending = trackActivity({ tracker }, () => gate.promise)()
    expect(tracker.isQuiescent()).toBe(false)
    gate.resolve(4)
    expect(await pending).toBe(4)
    expect(tracker.isQuiescent()).toBe(true)
    expect(only().state).toBe('completed')
  })

  test('the activity has ended when the code after the await runs', async () => {
    const { tracker } = observe()
    const answer = await trackActivity({ tracker }, async () => 'done')().then(() => tracker.isQuiescent())
    expect(answer).toBe(true)
  })

  test('a promise of a subclass stays one', async () => {
    const { tracker } = observe()
    class Job extends Promise<number> {
      kind(): string {
        return 'job'
      }
    }
    const job = trackActivity({ tracker }, () => new Job((resolve) => resolve(1)))()
    expect(job).toBeInstanceOf(Job)
    expect(job.kind()).toBe('job')
    expect(await job).toBe(1)
  })

  test('getters of the value are not read, but for then, whatever they are called', () => {
    const { tracker, only } = observe()
    const read: PropertyKey[] = []
    const value = Object.create({}) as object
    for (const key of [Symbol.toStringTag, '_readableState', 'on', 'next', 'body', 'constructor', 'then'])
      Object.defineProperty(value, key, { get: () => void read.push(key) })
    expect(trackActivity({ tracker }, () => value)()).toBe(value)
    expect(read).toEqual(['then'])
    expect(only().state).toBe('completed')
  })

  test('getters of its class are not read either', () => {
    const { tracker } = observe()
    const read: string[] = []
    class Lamp {
      get [Symbol.toStringTag](): string {
        read.push('tag')
        return 'Response'
      }
      get _readableState(): object {
        read.push('state')
        return {}
      }
      get on(): () => void {
        read.push('on')
        return () => {}
      }
      get body(): undefined {
        read.push('body')
        return undefined
      }
    }
    trackActivity({ tracker }, () => new Lamp())()
    expect(read).toEqual([])
  })

  test('a promise that carries methods of its own keeps them', async () => {
    const { tracker, ended } = observe()
    const request = () => Object.assign(Promise.resolve('{"a":1}'), { json: () => ({ a: 1 }) })
    const pending = trackActivity({ tracker }, request)()
    expect(pending.json()).toEqual({ a: 1 })
    expect(await pending).toBe('{"a":1}')
    expect(ended()).toHaveLength(1)
  })

  test.each([
    ['null', null],
    ['undefined', undefined],
    ['NaN', Number.NaN],
    ['a revoked proxy', revokedProxy()],
    [
      'an object whose then throws',
      Object.defineProperty({}, 'then', {
        get: () => {
          throw new Error('then')
        },
      }),
    ],
    ['an object whose then is no function', Object.defineProperty({}, 'then', { value: 5 })],
    ['an object without a prototype', Object.create(null)],
  ])('%s', (_, value) => {
    const { tracker, only } = observe()
    expect(trackActivity({ tracker }, () => value)()).toBe(value)
    expect(only().state).toBe('completed')
  })
})

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

describe('what a function throws comes out untouched', () => {
  const hostile = new Proxy(
    {},
    {
      get() {
        throw new Error('get')
      },
      getPrototypeOf() {
        throw new Error('getPrototypeOf')
      },
      has() {
        throw new Error('has')
      },
      ownKeys() {
        throw new Error('ownKeys')
      },
    },
  )
  const thrown: readonly (readonly [string, unknown])[] = [
    ['an error', new Error('boom')],
    ['undefined', undefined],
    ['null', null],
    ['zero', 0],
    ['a string', 'boom'],
    ['a symbol', Symbol('boom')],
    ['a bigint', 5n],
    ['a function', () => {}],
    ['a frozen error', Object.freeze(new Error('boom'))],
    ['an object without a prototype', Object.create(null)],
    ['a proxy that throws whatever is asked of it', hostile],
    ['a revoked proxy', revokedProxy()],
    ['a promise', Promise.resolve(1)],
  ]

  test.each(thrown)('%s, synchronously', (_, error) => {
    const { tracker, only } = observe()
    const wrapped = trackActivity({ tracker }, () => {
      throw error
    })
    expect(Object.is(thrownBy(wrapped), error)).toBe(true)
    expect(only().state).toBe('failed')
    expect(typeof only().error?.type).toBe('string')
  })

  test.each(thrown)('%s, as a rejection', async (_, error) => {
    const { tracker, only } = observe()
    const wrapped = trackActivity({ tracker }, () => Promise.reject(error))
    expect(Object.is((await rejectionOf(wrapped())).error, error)).toBe(true)
    expect(only().state).toBe('failed')
  })

  test('the error is described by its class or code, its message and its stack', () => {
    const { tracker, only } = observe()
    const error = Object.assign(new TypeError('no such file'), { code: 'ENOENT' })
    thrownBy(
      trackActivity({ tracker }, () => {
        throw error
      }),
    )
    expect(only().error).toEqual({ type: 'ENOENT', message: 'no such file', stack: error.stack })
  })
})

describe('calls are independent of each other', () => {
  test('recursion nests', () => {
    const { tracker, ended } = observe()
    const count = trackActivity({ tracker, name: 'count' }, (depth: number): number =>
      depth === 0 ? 0 : 1 + count(depth - 1),
    )
    expect(count(50)).toBe(50)
    const activities = ended()
    expect(activities).toHaveLength(51)
    // The innermost ends first; each is the child of the next.
    for (const [index, activity] of activities.entries()) expect(activity.parentId).toBe(activities[index + 1]?.id)
    expect(new Set(activities.map(({ rootId }) => rootId))).toEqual(new Set([activities.at(-1)?.id]))
  })

  test('children that run at the same time all have the same parent, whatever the order they end in', async () => {
    const { tracker, ended } = observe()
    const gates = Array.from({ length: 20 }, () => deferred())
    const child = trackActivity({ tracker, name: 'child' }, async (index: number) => {
      const before = currentActivity()
      await gates[index]?.promise
      expect(currentActivity()).toBe(before)
    })
    const parent = trackActivity({ tracker, name: 'parent' }, () => Promise.all(gates.map((_, index) => child(index))))
    const pending = parent()
    for (const gate of gates.toReversed()) gate.resolve()
    await pending
    const [root] = ended().filter(({ name }) => name === 'parent')
    expect(ended().filter(({ parentId }) => parentId === root?.id)).toHaveLength(20)
  })

  test('two wrappers around each other make two activities, the outer one the parent', () => {
    const { tracker, ended } = observe()
    const inner = trackActivity({ tracker, name: 'inner' }, () => 1)
    expect(trackActivity({ tracker, name: 'outer' }, inner)()).toBe(1)
    const [first, second] = ended()
    expect([first?.name, second?.name]).toEqual(['inner', 'outer'])
    expect(first?.parentId).toBe(second?.id)
  })

  test('a subscriber may start and end work of its own', async () => {
    const { tracker, clock } = observe()
    const seen: string[] = []
    const record = trackActivity({ tracker, name: 'record' }, (name: string) => seen.push(name))
    tracker.on('activity.ended', (change) => {
      if (change.kind === 'ended' && change.activity.name === 'work') record(change.activity.name)
    })
    trackActivity({ tracker, name: 'work' }, () => {})()
    await clock.settle()
    expect(seen).toEqual(['work'])
    expect(tracker.isQuiescent()).toBe(true)
  })
})

describe('the forms of trackActivity', () => {
  test('without a function it returns a decorator, which wraps any number of functions', () => {
    const { tracker, ended } = observe()
    const track = trackActivity({ tracker, module: 'Curried' })
    expect(track(() => 1)() + track(async function two() {}).length + track(() => 3)()).toBe(4)
    expect(ended().map(({ module }) => module)).toEqual(['Curried', 'Curried'])
  })

  test('where the work starts is where the function was wrapped', () => {
    const { tracker, only } = observe()
    const line = Number(/:(\d+):\d+\)?$/.exec(new Error('here').stack?.split('\n')[1] ?? '')?.[1])
    trackActivity({ tracker }, () => {})()
    expect(only().startedFrom?.file).toMatch(/wrapping\.test\.ts$/)
    expect(only().startedFrom?.line).toBe(line + 1)
  })

  test('a class is returned as it is, with a warning', () => {
    const { tracker, faults, warnings } = observe()
    class Trainer {}
    const track = trackActivity({ tracker }) as unknown as (value: unknown) => unknown
    expect(track(Trainer)).toBe(Trainer)
    expect(faults('wrap.class')).toBe(1)
    expect(warnings.join()).toContain('wrap its methods instead')
  })
})
