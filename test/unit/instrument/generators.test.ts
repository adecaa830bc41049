import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { currentActivity, trackActivity } from '../../../src/index.js'
import { collectGarbage, deferred, observe, rejectionOf, thrownBy } from './observe.js'

function* counting(): Generator<number> {
  yield 1
  yield 2
}

describe('a generator', () => {
  test('starts its activity at the first next, not at the call', () => {
    const { tracker, started } = observe()
    const numbers = trackActivity({ tracker, name: 'numbers' }, function* () {
      yield 1
    })
    const iterator = numbers()
    expect(started()).toHaveLength(0)
    iterator.next()
    expect(started()).toHaveLength(1)
  })

  test('is current inside every step and nowhere between', () => {
    const { tracker } = observe()
    const seen: (string | undefined)[] = []
    const numbers = trackActivity({ tracker, name: 'numbers' }, function* () {
      for (let step = 0; step < 3; step += 1) {
        seen.push(currentActivity()?.name)
        yield step
      }
    })
    for (const _ of numbers()) seen.push(currentActivity()?.name ?? 'outside')
    expect(seen).toEqual(['numbers', 'outside', 'numbers', 'outside', 'numbers', 'outside'])
  })

  test('stays current inside when another activity asks for the next step, and leaves that one current', () => {
    const { tracker, ended } = observe()
    const leaf = trackActivity({ tracker, name: 'leaf' }, () => {})
    const numbers = trackActivity({ tracker, name: 'numbers' }, function* () {
      yield leaf()
      yield leaf()
    })
    const iterator = numbers()
    const pull = trackActivity({ tracker, name: 'pull' }, () => {
      iterator.next()
      leaf()
    })
    pull()
    pull()
    iterator.return?.()
    const byId = new Map(ended().map((activity) => [activity.id, activity.name]))
    expect(
      ended().map(({ name, parentId }) => `${name} < ${parentId === undefined ? '-' : byId.get(parentId)}`),
    ).toEqual([
      'leaf < numbers',
      'leaf < pull',
      'pull < -',
      'leaf < numbers',
      'leaf < pull',
      'pull < -',
      'numbers < pull',
    ])
  })

  test('passes values in and out and completes when it is drained', () => {
    const { tracker, only } = observe()
    const options = { tracker, result: (value: unknown) => value }
    const talk = trackActivity(options, function* (first: string): Generator<string, string, string> {
      const second = yield `${first}?`
      return `${second}!`
    })
    const iterator = talk('a')
    expect(iterator.next('ignored')).toEqual({ value: 'a?', done: false })
    expect(iterator.next('b')).toEqual({ value: 'b!', done: true })
    expect(only()).toMatchObject({ state: 'completed', result: 'b!' })
    expect(iterator.next('c')).toEqual({ value: undefined, done: true })
    expect(only().state).toBe('completed')
  })

  test('completes when the loop over it is left early, after its finally ran', () => {
    const { tracker, only } = observe()
    const log: string[] = []
    const numbers = trackActivity({ tracker }, function* () {
      try {
        yield 1
        yield 2
      } finally {
        log.push(currentActivity() === undefined ? 'outside' : 'inside')
      }
    })
    for (const _ of numbers()) break
    expect(log).toEqual(['inside'])
    expect(only().state).toBe('completed')
  })

  test('that throws fails, with the same error', () => {
    const { tracker, only } = observe()
    const error = new Error('boom')
    const numbers = trackActivity({ tracker }, function* () {
      yield 1
      throw error
    })
    const iterator = numbers()
    iterator.next()
    expect(thrownBy(() => iterator.next())).toBe(error)
    expect(only()).toMatchObject({ state: 'failed', error: { message: 'boom' } })
  })

  test('that catches what is thrown into it goes on', () => {
    const { tracker, ended } = observe()
    const numbers = trackActivity({ tracker }, function* () {
      try {
        yield 1
      } catch {
        yield 2
      }
    })
    const iterator = numbers()
    iterator.next()
    expect(iterator.throw(new Error('in'))).toEqual({ value: 2, done: false })
    expect(ended()).toHaveLength(0)
    iterator.next()
    expect(ended().map(({ state }) => state)).toEqual(['completed'])
  })

  test('that is returned before it began makes no activity', () => {
    const { tracker, changes } = observe()
    const numbers = trackActivity({ tracker }, function* () {
      yield 1
    })
    expect(numbers().return(undefined as never)).toEqual({ value: undefined, done: true })
    const unbegun = numbers()
    expect(thrownBy(() => unbegun.throw(new Error('early')))).toMatchObject({ message: 'early' })
    expect(changes()).toHaveLength(0)
  })

  test.each(['return', 'throw'] as const)('that never began and is over by `%s` makes none later either', (step) => {
    const { tracker, changes } = observe()
    const iterator: Generator<number> = trackActivity({ tracker }, counting)()
    const early = new Error('early')
    if (step === 'return') iterator.return(undefined)
    else expect(thrownBy(() => iterator.throw(early))).toBe(early)
    expect(iterator.next()).toEqual({ value: undefined, done: true })
    expect(changes()).toHaveLength(0)
  })

  test.each(['next', 'return', 'throw'] as const)(
    'asked for `%s` from inside goes on, as the original does',
    (step) => {
      const { tracker, only } = observe()
      const busy: unknown[] = []
      const numbers = trackActivity({ tracker }, function* (): Generator<number> {
        busy.push(thrownBy(() => iterator[step](undefined)))
        yield 1
        busy.push(thrownBy(() => iterator[step](undefined)))
        yield 2
      })
      const iterator: Generator<number> = numbers()
      expect(iterator.next().value).toBe(1)
      expect(tracker.isQuiescent()).toBe(false)
      expect([...iterator]).toEqual([2])
      expect(busy.map(String)).toEqual(Array(2).fill('TypeError: Generator is already running'))
      expect(only().state).toBe('completed')
    },
  )

  test('that lets out what it was told for asking itself fails with that', () => {
    const { tracker, only } = observe()
    const numbers = trackActivity({ tracker }, function* (): Generator<number> {
      yield iterator.next().value as number
    })
    const iterator: Generator<number> = numbers()
    expect(thrownBy(() => iterator.next())).toBeInstanceOf(TypeError)
    expect(only()).toMatchObject({ state: 'failed', error: { message: 'Generator is already running' } })
  })

  test('that hands on the results of another reads no value that is not its last', () => {
    const { tracker, only } = observe()
    let asked = 0
    const results = [
      {
        done: false,
        get value() {
          asked += 1
          return asked
        },
      },
      { done: true, value: undefined },
    ]
    const lazy = { [Symbol.iterator]: () => ({ next: () => results.shift() as IteratorResult<number> }) }
    const numbers = trackActivity({ tracker }, function* () {
      yield* lazy
    })
    for (const value of numbers()) expect(value).toBe(1)
    expect(only().state).toBe('completed')
  })

  test('can be told from the original neither by its prototype nor by what iterates over it', () => {
    const { tracker } = observe()
    function* original(): Generator<number> {
      yield* [1, 2, 3]
    }
    const numbers = trackActivity({ tracker }, original)
    expect(numbers()).toBeInstanceOf(original)
    expect(Object.prototype.toString.call(numbers())).toBe('[object Generator]')
    expect([...numbers()]).toEqual([1, 2, 3])
    expect([...numbers().map((value) => value * 2)]).toEqual([2, 4, 6])
    const iterator = numbers()
    expect(iterator[Symbol.iterator]()).toBe(iterator)
    expect(tracker.snapshot().totals).toMatchObject({ created: 2, completed: 2 })
  })

  test('that delegates to another makes two activities, one inside the other', () => {
    const { tracker, ended } = observe()
    const inner = trackActivity({ tracker, name: 'inner' }, function* () {
      yield 1
      yield 2
    })
    const outer = trackActivity({ tracker, name: 'outer' }, function* () {
      yield* inner()
    })
    expect([...outer()]).toEqual([1, 2])
    expect(ended().map(({ name }) => name)).toEqual(['inner', 'outer'])
    expect(ended()[0]?.parentId).toBe(ended()[1]?.id)
  })

  test('that is dropped half-way is cancelled as abandoned once it was collected', async () => {
    const { tracker, clock, only } = observe()
    const numbers = trackActivity({ tracker }, function* () {
      yield 1
      yield 2
    })
    numbers().next()
    await collectGarbage()
    await clock.advance(5_000)
    expect(only()).toMatchObject({ state: 'cancelled', reason: 'abandoned' })
  })

  test('that read its own id and wrote a carrier is abandoned like any other', async () => {
    const { tracker, clock, only } = observe()
    const ids: (string | undefined)[] = []
    const numbers = trackActivity({ tracker }, function* () {
      ids.push(currentActivity()?.id)
      currentActivity()?.inject({})
      yield 1
      yield 2
    })
    numbers().next()
    await collectGarbage()
    await clock.advance(5_000)
    expect(only()).toMatchObject({ id: ids[0], state: 'cancelled', reason: 'abandoned' })
  })

  test('that somebody still holds is not abandoned', async () => {
    const { tracker, clock, ended } = observe()
    const numbers = trackActivity({ tracker }, function* () {
      yield 1
    })
    const held = numbers()
    held.next()
    await collectGarbage()
    await clock.advance(5_000)
    expect(ended()).toHaveLength(0)
    held.next()
    expect(ended().map(({ state }) => state)).toEqual(['completed'])
  })

  test('with a verdict ends with it when it is drained', () => {
    const { tracker, only } = observe()
    const numbers = trackActivity({ tracker, result: () => 'not asked' }, function* () {
      currentActivity()?.fail(new Error('bad batch'))
      yield 1
    })
    expect([...numbers()]).toEqual([1])
    expect(only()).toMatchObject({ state: 'failed', error: { message: 'bad batch' } })
    expect(only().result).toBeUndefined()
  })
})

describe('an async generator', () => {
  test('is current inside every step, also after an await', async () => {
    const { tracker, only } = observe()
    const seen: (string | undefined)[] = []
    const numbers = trackActivity({ tracker, name: 'numbers' }, async function* () {
      for (let step = 0; step < 2; step += 1) {
        await Promise.resolve()
        seen.push(currentActivity()?.name)
        yield step
      }
    })
    for await (const _ of numbers()) seen.push(currentActivity()?.name ?? 'outside')
    expect(seen).toEqual(['numbers', 'outside', 'numbers', 'outside'])
    expect(only().state).toBe('completed')
  })

  test.each(['return', 'throw'] as const)('that never began and is over by `%s` makes no activity', async (step) => {
    const { tracker, changes } = observe()
    const iterator: AsyncGenerator<number> = trackActivity({ tracker }, async function* () {
      yield 1
    })()
    await iterator[step](undefined).catch(() => undefined)
    expect(await iterator.next()).toEqual({ value: undefined, done: true })
    expect(changes()).toHaveLength(0)
  })

  test('asked for its next step from inside ends once, when it is drained', async () => {
    const { tracker, only } = observe()
    const steps: Promise<IteratorResult<number>>[] = []
    const numbers = trackActivity({ tracker }, async function* (): AsyncGenerator<number> {
      steps.push(iterator.next())
      yield 1
    })
    const iterator = numbers()
    expect(await iterator.next()).toEqual({ value: 1, done: false })
    expect(await Promise.all(steps)).toEqual([{ value: undefined, done: true }])
    expect(only().state).toBe('completed')
  })

  test.each(['drained', 'failed'])('of another realm ends when it has %s', async (how) => {
    const { tracker, only } = observe()
    const foreign = runInNewContext(
      `(async function* (how) { yield 1; if (how === 'failed') throw new Error('boom') })`,
    )
    const numbers = trackActivity({ tracker, name: 'numbers' }, foreign as (how: string) => AsyncGenerator<number>)
    const iterator = numbers(how)
    await iterator.next()
    await iterator.next().catch(() => undefined)
    expect(only().state).toBe(how === 'failed' ? 'failed' : 'completed')
  })

  test('is open while its consumer is busy', async () => {
    const { tracker } = observe()
    const numbers = trackActivity({ tracker }, async function* () {
      yield 1
    })
    for await (const _ of numbers()) expect(tracker.isQuiescent()).toBe(false)
    expect(tracker.isQuiescent()).toBe(true)
  })

  test('that rejects fails, with the same error', async () => {
    const { tracker, only } = observe()
    const error = new Error('boom')
    const numbers = trackActivity({ tracker }, async function* () {
      yield 1
      throw error
    })
    const iterator = numbers()
    await iterator.next()
    expect((await rejectionOf(iterator.next())).error).toBe(error)
    expect(only().state).toBe('failed')
  })

  test('asked for several steps at once gives them in order and ends once', async () => {
    const { tracker, ended } = observe()
    const numbers = trackActivity({ tracker }, async function* () {
      yield 1
      yield 2
    })
    const iterator = numbers()
    const steps = await Promise.all([iterator.next(), iterator.next(), iterator.next(), iterator.next()])
    expect(steps.map(({ value }) => value)).toEqual([1, 2, undefined, undefined])
    expect(ended()).toHaveLength(1)
  })

  test('whose loop is left early ends when its cleaning up is over', async () => {
    const { tracker, ended } = observe()
    const gate = deferred()
    const numbers = trackActivity({ tracker }, async function* () {
      try {
        yield 1
      } finally {
        await gate.promise
      }
    })
    const iterator = numbers()
    await iterator.next()
    const left = iterator.return(undefined)
    expect(ended()).toHaveLength(0)
    gate.resolve()
    await left
    expect(ended().map(({ state }) => state)).toEqual(['completed'])
  })

  test('whose step is still running is not abandoned, although nobody holds it', async () => {
    const { tracker, clock, ended } = observe()
    const gate = deferred()
    const numbers = trackActivity({ tracker }, async function* () {
      await gate.promise
      yield 1
    })
    const step = numbers().next()
    await collectGarbage()
    await clock.advance(5_000)
    expect(ended()).toHaveLength(0)
    gate.resolve()
    expect(await step).toEqual({ value: 1, done: false })
  })
})
