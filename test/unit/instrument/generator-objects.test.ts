import { describe, expect, test } from 'vitest'
import { currentActivity, trackActivity } from '../../../src/index.js'
import { collectGarbage, observe, turn } from './observe.js'

function* counting(): Generator<number, string> {
  yield 1
  yield 2
  return 'done'
}

describe('a generator that a plain function returns', () => {
  test('keeps the tracker from being quiescent until it is drained, left or thrown into', () => {
    const { tracker, ended } = observe()
    const rows = trackActivity({ tracker, name: 'rows' }, () => counting())
    const [drained, left, failed] = [rows(), rows(), rows()]
    expect([...drained]).toEqual([1, 2])
    for (const _ of left) break
    expect(tracker.isQuiescent()).toBe(false)
    expect(() => failed.throw(new Error('no more'))).toThrow('no more')
    expect(tracker.isQuiescent()).toBe(true)
    expect(ended().map(({ state }) => state)).toEqual(['completed', 'completed', 'failed'])
  })

  test('comes to what it returns, as its type says', () => {
    const { tracker, only } = observe()
    const rows = trackActivity({ tracker, did: (value) => `came to ${value}` }, () => counting())
    expect([...rows()]).toEqual([1, 2])
    expect(only().did).toBe('came to done')
  })

  test.each(['next', 'return', 'throw'] as const)(
    'asked for `%s` from inside goes on, and so does its activity',
    (step) => {
      const { tracker, only } = observe()
      function* busy(): Generator<number> {
        expect(() => iterator[step](undefined)).toThrow('already running')
        yield 1
      }
      const iterator: Generator<number> = trackActivity({ tracker }, () => busy())()
      expect(iterator.next().value).toBe(1)
      expect(tracker.isQuiescent()).toBe(false)
      expect([...iterator]).toEqual([])
      expect(only().state).toBe('completed')
    },
  )

  test('whose steps are asked of something else goes on', () => {
    const { tracker, only } = observe()
    const iterator = trackActivity({ tracker }, () => counting())()
    for (const step of ['next', 'return', 'throw'] as const)
      expect(() => Reflect.apply(iterator[step], {}, [])).toThrow(TypeError)
    expect([...iterator]).toEqual([1, 2])
    expect(only().state).toBe('completed')
  })

  test('has its own steps back when it is over, and keeps those that somebody else has given it', () => {
    const { tracker } = observe()
    const rows = trackActivity({ tracker }, () => counting())
    const [plain, dressed] = [rows(), rows()]
    const { next } = dressed
    dressed.next = () => next.call(dressed)
    for (const one of [plain, dressed]) expect([...one]).toEqual([1, 2])
    expect(Reflect.ownKeys(plain)).toEqual([])
    expect(Reflect.ownKeys(dressed)).toEqual(['next'])
  })

  test('that was drained before cannot be told from a fresh one, and counts until it is asked again or lost', async () => {
    const { tracker, clock, ended } = observe()
    const spent = (): Generator<number> => {
      const iterator = counting()
      expect([...iterator]).toEqual([1, 2])
      return iterator
    }
    const rows = trackActivity({ tracker }, spent)
    expect([...rows()]).toEqual([])
    const lose = (): void => void rows()
    lose()
    await collectGarbage()
    await clock.advance(5_000)
    expect(ended().map(({ state }) => state)).toEqual(['completed', 'cancelled'])
  })

  test('is the child of what returns it on, and current inside it', () => {
    const { tracker, ended } = observe()
    const seen: (string | undefined)[] = []
    function* looking(): Generator<undefined> {
      seen.push(currentActivity()?.name)
      yield
    }
    const inner = trackActivity({ tracker, name: 'inner' }, () => looking())
    const outer = trackActivity({ tracker, name: 'outer' }, () => inner())
    for (const _ of outer()) seen.push(currentActivity()?.name)
    expect(seen).toEqual(['inner', undefined])
    const [first, second] = ended()
    expect([first?.name, second?.name]).toEqual(['inner', 'outer'])
    expect(first?.parentId).toBe(second?.id)
  })

  test('may be one of a tracked generator function, which is then its child', () => {
    const { tracker, ended } = observe()
    const steps = trackActivity({ tracker, name: 'steps' }, counting)
    const rows = trackActivity({ tracker, name: 'rows' }, () => steps())
    expect([...rows()]).toEqual([1, 2])
    const [first, second] = ended()
    expect([first?.name, second?.name]).toEqual(['steps', 'rows'])
    expect(first?.parentId).toBe(second?.id)
  })

  test('that many calls return is shadowed once, and ends them all', () => {
    const { tracker, ended } = observe()
    const shared = counting()
    const share = trackActivity({ tracker }, () => shared)
    for (let call = 0; call < 10_000; call += 1) share()
    expect([...shared]).toEqual([1, 2])
    expect(ended()).toHaveLength(10_000)
    // It is over: there is nothing to wait for.
    share()
    expect(tracker.isQuiescent()).toBe(true)
  })

  test('that is frozen is returned as it is, and its activity ends with the call', () => {
    const { tracker, only } = observe()
    const frozen = Object.freeze(counting())
    expect(trackActivity({ tracker }, () => frozen)()).toBe(frozen)
    expect(only().state).toBe('completed')
    expect([...frozen]).toEqual([1, 2])
  })

  test('that is lost is cancelled as abandoned, one that is held is not', async () => {
    const { tracker, clock, ended } = observe()
    const rows = trackActivity({ tracker }, () => counting())
    const held = rows()
    const lose = (): void => void rows().next()
    lose()
    await collectGarbage()
    await clock.advance(5_000)
    expect(ended().map(({ state, reason }) => `${state} ${reason}`)).toEqual(['cancelled abandoned'])
    expect([...held]).toEqual([1, 2])
  })

  test('that only looks like one is a value like any other', async () => {
    const { tracker, only } = observe()
    const fake = { [Symbol.toStringTag]: 'Generator', next: () => 1 }
    Object.setPrototypeOf(fake, null)
    trackActivity({ tracker }, () => fake)()
    await turn()
    expect(only().state).toBe('completed')
    expect(fake.next()).toBe(1)
  })
})
