import { EventEmitter } from 'node:events'
import { expectEqual, expectSame, turns } from './expectations.js'
import { wrappingCase } from './wrapping-case.js'

/** Calls back from where it was made, and not from where it was asked, as a pool of connections does. */
class Pool {
  #waiting: (() => void)[] = []

  constructor() {
    const serve = (): void => {
      for (const callback of this.#waiting.splice(0)) callback()
    }
    const timer = setInterval(serve, 1)
    this.close = () => clearInterval(timer)
  }

  readonly close: () => void

  ask(callback: () => void): void {
    this.#waiting.push(callback)
  }
}

export const callbackCases = [
  wrappingCase(
    'callback.bound',
    'a bound callback runs inside the span in which it was bound',
    ({ wrap, bind, current }) => {
      const callback = wrap('work', () => bind(() => current()))()
      expectSame(current(), undefined, 'current span outside')
      expectSame(callback(), 'work', 'current span')
    },
    ['bind', 'current'],
  ),
  wrappingCase(
    'callback.face',
    'a bound callback keeps its `this`, arguments and value',
    ({ wrap, bind }) => {
      const self = {}
      const callback = wrap('work', () =>
        bind(function (this: unknown, a: number, b: number) {
          return [this === self, a + b]
        }),
      )()
      expectEqual(Reflect.apply(callback, self, [1, 2]), [true, 3], 'value')
    },
    ['bind'],
  ),
  wrappingCase(
    'callback.pooled',
    'a pool calls back inside the span that asked, and not in the one that made the pool',
    async ({ wrap, bind, current }) => {
      const pool = wrap('made', () => new Pool())()
      try {
        const seen = await wrap(
          'asked',
          () => new Promise<string | undefined>((resolve) => pool.ask(bind(() => resolve(current())))),
        )()
        expectSame(seen, 'asked', 'current span')
      } finally {
        pool.close()
      }
    },
    ['bind', 'current'],
  ),
  wrappingCase(
    'callback.emitter',
    'a bound listener runs inside its span, whoever emits',
    async ({ wrap, bind, current }) => {
      const emitter = new EventEmitter()
      const seen: (string | undefined)[] = []
      wrap('listening', () =>
        emitter.on(
          'tick',
          bind(() => void seen.push(current())),
        ),
      )()
      wrap('emitting', () => emitter.emit('tick'))()
      await turns()
      expectEqual(seen, ['listening'], 'current span')
    },
    ['bind', 'current'],
  ),
  wrappingCase('callback.argument', 'a function that is an argument is the very same one inside', ({ wrap }) => {
    const callback = (): number => 1
    expectSame(wrap('work', (given: () => number) => given)(callback), callback, 'callback')
  }),
  wrappingCase('callback.throws', 'what a callback throws through a call comes out, the same', ({ wrap }) => {
    const error = new Error('boom')
    const work = wrap('work', (callback: () => void) => {
      try {
        callback()
        return undefined
      } catch (caught) {
        return caught
      }
    })
    expectSame(
      work(() => {
        throw error
      }),
      error,
      'error',
    )
  }),
]
