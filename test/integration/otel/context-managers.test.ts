import type { AsyncLocalStorage } from 'node:async_hooks'
import { type Context, type ContextManager, context, createContextKey, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { StackContextManager } from '@opentelemetry/sdk-trace'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { currentActivity, extract, runActivity, startActivity, trackActivity } from '../../../src/index.js'
import {
  brokenContextManager,
  DerivingContextManager,
  newTracker,
  registerContextManager,
  registerSdk,
  SecretiveContextManager,
  turn,
  unregisterAll,
  WrappingContextManager,
} from '../../support/otel.js'

afterEach(unregisterAll)

interface Kind {
  readonly name: string
  readonly create: () => ContextManager | null
  /** For how long the manager knows the context. */
  readonly carries: 'never' | 'until an await' | 'always'
  /** What a manager puts around a context cannot be taken off again without losing what it may hold. */
  readonly wraps?: true
}

const managers: readonly Kind[] = [
  { name: 'no context manager', create: () => null, carries: 'never' },
  {
    name: 'an AsyncLocalStorageContextManager',
    create: () => new AsyncLocalStorageContextManager(),
    carries: 'always',
  },
  { name: 'one that shows nothing of itself', create: () => new SecretiveContextManager(), carries: 'always' },
  { name: 'one that loses the context', create: () => new StackContextManager(), carries: 'until an await' },
  { name: 'one that derives every context', create: () => new DerivingContextManager(), carries: 'always' },
  { name: 'one that wraps every context', create: () => new WrappingContextManager(), carries: 'always', wraps: true },
]

describe.each(managers)('with $name', ({ create, carries }) => {
  describe.each(['from the first call on', 'once it is known'])('%s', (when) => {
    beforeEach(async () => {
      registerSdk({ contextManager: create() })
      if (when !== 'once it is known') return
      runActivity({ tracker: newTracker().tracker }, () => {})
      await turn()
    })

    test('activities nest, after an await, a timer and an event too', async () => {
      const { tracker } = newTracker()
      await runActivity({ tracker, name: 'outer' }, async (outer) => {
        const parents = [startActivity('a').parentId]
        await Promise.resolve()
        parents.push(startActivity('b').parentId)
        await turn()
        parents.push(startActivity('c').parentId)
        await runActivity('inner', async (inner) => {
          await turn()
          parents.push(startActivity('d').parentId === inner.id ? outer.id : 'wrong')
          expect(currentActivity()).toBe(inner)
        })
        parents.push(startActivity('e').parentId)
        expect(currentActivity()).toBe(outer)
        expect(parents).toEqual(Array(5).fill(outer.id))
      })
      expect(currentActivity()).toBeUndefined()
    })

    test('activities side by side do not see each other', async () => {
      const { tracker } = newTracker()
      const work = trackActivity({ tracker, name: 'work' }, async () => {
        const own = currentActivity()
        for (let step = 0; step < 5; step += 1) {
          await turn()
          expect(currentActivity()).toBe(own)
          expect(startActivity('part').parentId).toBe(own?.id)
        }
        return own
      })
      const all = await Promise.all([work(), work(), work()])
      expect(new Set(all).size).toBe(3)
    })

    test('this, arguments, results and errors pass through untouched', async () => {
      const { tracker } = newTracker()
      const error = new Error('x')
      const wrapped = trackActivity({ tracker }, function (this: unknown, ...args: unknown[]) {
        if (args[0] === error) throw error
        return { self: this, args }
      })
      for (const self of [undefined, null, 0, '', {}]) {
        const received = Reflect.apply(wrapped, self, [1, undefined])
        expect(received.self).toBe(self)
        expect(received.args).toEqual([1, undefined])
      }
      expect(() => wrapped(error)).toThrow(error)
    })

    test('bind and generators find their activity again from outside', async () => {
      const { tracker } = newTracker()
      const activity = startActivity({ tracker, name: 'bound' })
      const bound = activity.bind(async () => {
        await turn()
        return currentActivity()
      })
      expect(await bound()).toBe(activity)
      const steps = trackActivity({ tracker, name: 'steps' }, async function* () {
        await turn()
        yield currentActivity()?.name
      })
      for await (const seen of steps()) {
        expect(seen).toBe('steps')
        expect(currentActivity()).toBeUndefined()
      }
    })

    test('subscribers of the feed run outside of the activity and its span', async () => {
      const { tracker } = newTracker()
      const seen: unknown[] = []
      const unsubscribe = tracker.subscribe(() => seen.push(currentActivity(), trace.getActiveSpan()))
      await runActivity({ tracker, name: 'work' }, async () => {
        await turn()
        await turn()
        expect(seen).toEqual([undefined, undefined])
        startActivity('more')
        tracker.flushNow()
        expect(seen).toHaveLength(4)
      })
      expect(new Set(seen)).toEqual(new Set([undefined]))
      unsubscribe()
    })

    test('parent: null and a remote parent leave the surroundings', async () => {
      const { tracker } = newTracker()
      await runActivity({ tracker, name: 'outer' }, async (outer) => {
        await runActivity({ name: 'detached', parent: null }, async (detached) => {
          await turn()
          expect(startActivity('below').rootId).toBe(detached.id)
        })
        const remote = extract({ underway: '1;elsewhere' })
        await runActivity({ name: 'continued', parent: remote }, async () => {
          await turn()
          expect(startActivity('below').rootId).toBe('elsewhere')
        })
        expect(startActivity('here').parentId).toBe(outer.id)
      })
    })

    test('our span is active for others as long as the manager knows where it is', async () => {
      const { tracker } = newTracker()
      await runActivity({ tracker, name: 'outer' }, async (activity) => {
        const activeSpanId = (): string | undefined => trace.getActiveSpan()?.spanContext().spanId
        expect(activeSpanId()).toBe(carries === 'never' ? undefined : activity.spanId)
        await turn()
        expect(activeSpanId()).toBe(carries === 'always' ? activity.spanId : undefined)
      })
    })
  })
})

describe.each(managers.filter(({ carries }) => carries === 'always'))('with $name', ({ create }) => {
  describe.each(['from the first call on', 'once it is known'])('%s', (when) => {
    beforeEach(async () => {
      registerSdk({ contextManager: create() })
      if (when !== 'once it is known') return
      runActivity({ tracker: newTracker().tracker }, () => {})
      await turn()
    })

    test('leaving the context detaches: one switch, not two', async () => {
      const { tracker } = newTracker()
      const key = createContextKey('own')
      await turn()
      await runActivity({ tracker, name: 'outer' }, async (outer) => {
        await turn()
        await context.with(ROOT_CONTEXT, async () => {
          expect(currentActivity()).toBeUndefined()
          expect(startActivity({ tracker }).parentId).toBeUndefined()
          await turn()
          expect(currentActivity()).toBeUndefined()
        })
        context.with(context.active().setValue(key, 1), () => {
          expect(currentActivity()).toBe(outer)
          expect(context.active().getValue(key)).toBe(1)
          runActivity('inner', () => expect(context.active().getValue(key)).toBe(1))
        })
        expect(currentActivity()).toBe(outer)
      })
    })
  })
})

describe.each(managers.filter(({ wraps }) => wraps !== true))('with $name', ({ create }) => {
  test('work that reschedules itself grows no chain of contexts', async () => {
    registerSdk({ contextManager: create(), keepSpans: false })
    const { tracker } = newTracker()
    const lookups: number[] = []
    const key = createContextKey('absent')
    const measure = async (count: number): Promise<number> => {
      const { promise, resolve } = Promise.withResolvers<void>()
      const tick = trackActivity({ tracker, name: 'tick' }, async (left: number): Promise<void> => {
        await Promise.resolve()
        if (left === 0) {
          // A chain of a hundred thousand contexts would overflow the stack here.
          lookups.push(context.active().getValue(key) === undefined ? 1 : 0)
          resolve()
        } else queueMicrotask(() => void tick(left - 1))
      })
      void tick(count)
      await promise
      await turn()
      globalThis.gc?.()
      return process.memoryUsage().heapUsed
    }
    const before = await measure(1_000)
    expect((await measure(20_000)) - before).toBeLessThan(2_000_000)
    expect(lookups).toEqual([1, 1])
    expect(tracker.isQuiescent()).toBe(true)
  })
})

test('a manager that is registered while an activity runs takes over without losing it', async () => {
  const sdk = registerSdk({ contextManager: null })
  const { tracker } = newTracker()
  await runActivity({ tracker, name: 'main' }, async (main) => {
    await turn()
    registerContextManager(new AsyncLocalStorageContextManager())
    expect(startActivity('first').parentId).toBe(main.id)
    await turn()
    expect(currentActivity()).toBe(main)
    await runActivity('second', async (second) => {
      await turn()
      expect(second.parentId).toBe(main.id)
      expect(startActivity('third').parentId).toBe(second.id)
      expect(trace.getActiveSpan()?.spanContext().spanId).toBe(second.spanId)
    })
  })
  expect(sdk.span('second').parentSpanContext?.spanId).toBe(sdk.span('main').spanContext().spanId)
})

interface SharedSlot {
  readonly storage: AsyncLocalStorage<unknown>
}

/** Whether the running code is in the storage that the copies of the package share. */
function isInOurs(): boolean {
  const slot = (globalThis as { [key: symbol]: SharedSlot | undefined })[Symbol.for('underway.current/1')]
  return slot?.storage.getStore() !== undefined
}

describe.each([
  { name: 'the usual manager', create: () => new AsyncLocalStorageContextManager(), ours: false },
  { name: 'one that derives every context', create: () => new DerivingContextManager(), ours: false },
  { name: 'one that wraps every context', create: () => new WrappingContextManager(), ours: false },
  { name: 'one that shows nothing of itself', create: () => new SecretiveContextManager(), ours: true },
])('with $name', ({ create, ours }) => {
  // An entry that a storage has once made in the frame of a program is copied at every later switch of any storage.
  test(`the first calls enter ${ours ? 'ours too' : 'its storage only'}, later ones its storage only`, async () => {
    registerSdk({ contextManager: create() })
    const { tracker } = newTracker()
    expect(runActivity({ tracker, name: 'first' }, isInOurs)).toBe(ours)
    await turn()
    expect(runActivity({ tracker, name: 'later' }, isInOurs)).toBe(false)
  })
})

/** As of a profiler, which must know of every switch. */
class CountingContextManager extends AsyncLocalStorageContextManager {
  entered = 0

  override with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    over: Context,
    fn: F,
    thisArg?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    this.entered += 1
    return super.with(over, fn, thisArg, ...args)
  }
}

describe('a manager that does more than to run', () => {
  test('is asked for every call', async () => {
    const manager = new CountingContextManager()
    registerContextManager(manager)
    const { tracker } = newTracker()
    const work = trackActivity({ tracker, name: 'work' }, () => currentActivity()?.name)
    work()
    await turn()
    const { entered } = manager
    expect([work(), work()]).toEqual(['work', 'work'])
    expect(manager.entered).toBe(entered + 2)
  })

  test('is asked from the moment on in which something was put in front of its method', async () => {
    const manager = new AsyncLocalStorageContextManager()
    registerContextManager(manager)
    const { tracker } = newTracker()
    const work = trackActivity({ tracker, name: 'work' }, () => currentActivity()?.name)
    work()
    await turn()
    const enter = vi.spyOn(manager, 'with')
    expect(work()).toBe('work')
    expect(enter).toHaveBeenCalledTimes(1)
  })
})

test('a manager that throws costs nothing but the context', async () => {
  registerSdk({ contextManager: brokenContextManager })
  const { tracker } = newTracker()
  await runActivity({ tracker, name: 'outer' }, async (outer) => {
    await turn()
    expect(startActivity('inner').parentId).toBe(outer.id)
  })
  expect(tracker.snapshot().totals.completed).toBe(1)
})
