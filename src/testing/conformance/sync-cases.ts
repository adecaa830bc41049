import { expectFailed, expectSame, expectSucceeded, expectThat, thrownBy } from './expectations.js'
import { wrappingCase } from './wrapping-case.js'

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

export const syncCases = [
  wrappingCase('sync.value', 'sync stays sync: the very value comes back', ({ wrap }) => {
    const value = { deep: true }
    expectSame(wrap('work', () => value)(), value, 'value')
  }),
  wrappingCase('sync.ended', 'the span has ended when the call returns, without an error', (trial) => {
    trial.wrap('work', () => 1)()
    expectSucceeded(trial, 'work')
  }),
  wrappingCase('sync.nothing', '`undefined`, `null` and `NaN` come back', ({ wrap }) => {
    for (const value of [undefined, null, Number.NaN]) expectSame(wrap('work', () => value)(), value, 'value')
  }),
  wrappingCase('sync.frozen', 'a frozen object, and one without a prototype, come back', ({ wrap }) => {
    for (const value of [Object.freeze({ a: 1 }), Object.create(null) as object])
      expectSame(wrap('work', () => value)(), value, 'value')
  }),
  wrappingCase('sync.unreadable', 'a value that throws whatever is asked of it comes back', (trial) => {
    const value = revokedProxy()
    expectThat(trial.wrap('work', () => value)() === value, 'it is another value')
    expectSucceeded(trial, 'work')
  }),
  wrappingCase('sync.getter-not-read', 'getters of the value are not read, but for `then`', ({ wrap }) => {
    let reads = 0
    const value = {
      get secret(): number {
        reads += 1
        return reads
      },
    }
    wrap('work', () => value)()
    expectSame(reads, 0, 'reads')
  }),
  wrappingCase('sync.throw', 'what is thrown comes out, the same and synchronously', ({ wrap }) => {
    const error = new RangeError('boom')
    const failing = wrap('work', () => {
      throw error
    })
    expectSame(thrownBy(failing).error, error, 'error')
  }),
  wrappingCase('sync.throw-status', 'a throw is an error status and one exception', (trial) => {
    thrownBy(
      trial.wrap('work', () => {
        throw new RangeError('boom')
      }),
    )
    expectFailed(trial, 'work', 'boom')
  }),
  wrappingCase('sync.throw-undefined', 'a thrown `undefined` comes out, and is a failure', (trial) => {
    const failing = trial.wrap('work', () => {
      throw undefined
    })
    expectSame(thrownBy(failing).error, undefined, 'error')
    expectThat(trial.ended()[0]?.failed === true, 'there is no error status')
  }),
  wrappingCase('sync.throw-frozen', 'a frozen error comes out, not written to', ({ wrap }) => {
    const error = Object.freeze(new Error('boom'))
    const failing = wrap('work', () => {
      throw error
    })
    expectSame(thrownBy(failing).error, error, 'error')
  }),
  wrappingCase('sync.throw-hostile', 'a thrown value that cannot be read comes out', ({ wrap }) => {
    const error = revokedProxy()
    const failing = wrap('work', () => {
      throw error
    })
    expectThat(thrownBy(failing).error === error, 'it is another error')
  }),
  wrappingCase('sync.throw-promise', 'a function that would return a promise but throws, throws', ({ wrap }) => {
    const failing = wrap('work', (): Promise<void> => {
      throw new Error('early')
    })
    expectThat(thrownBy(failing).error instanceof Error, 'it is another error')
  }),
]
