import {
  endedSpan,
  expectEqual,
  expectFailed,
  expectOpen,
  expectSame,
  expectSucceeded,
  expectThat,
  thrownBy,
} from './expectations.js'
import { wrappingCase } from './wrapping-case.js'

function* counting(): Generator<number, string> {
  yield 1
  yield 2
  return 'done'
}

export const generatorCases = [
  wrappingCase('generator.values', 'values go in and come out', ({ wrap }) => {
    const talk = wrap('work', function* (): Generator<string, string, string> {
      const answer = yield 'question'
      return `${answer}!`
    })
    const iterator = talk()
    expectEqual(iterator.next(''), { value: 'question', done: false }, 'first step')
    expectEqual(iterator.next('yes'), { value: 'yes!', done: true }, 'last step')
  }),
  wrappingCase(
    'generator.lazy',
    'one that is never asked makes no span, and its body does not run',
    ({ wrap, ended }) => {
      let began = false
      const iterator = wrap('work', function* () {
        began = true
        yield 1
      })()
      iterator.return(undefined as never)
      expectThat(!began, 'the body ran')
      expectSame(ended().length, 0, 'ended spans')
    },
  ),
  wrappingCase('generator.open', 'the span is open between the steps', (trial) => {
    const iterator = trial.wrap('work', counting)()
    iterator.next()
    expectOpen(trial, 'work', 'after the first step')
    iterator.next()
    expectOpen(trial, 'work', 'after the second step')
    iterator.next()
    expectSucceeded(trial, 'work')
  }),
  wrappingCase('generator.returned', 'it ends when a loop over it is left', (trial) => {
    for (const _ of trial.wrap('work', counting)()) break
    expectSucceeded(trial, 'work')
  }),
  wrappingCase('generator.thrown-into', 'it ends when it is thrown into, as a failure', (trial) => {
    const error = new Error('boom')
    const iterator = trial.wrap('work', counting)()
    iterator.next()
    expectSame(thrownBy(() => iterator.throw(error)).error, error, 'error')
    expectFailed(trial, 'work', 'boom')
  }),
  wrappingCase('generator.catches', 'one that catches what is thrown into it goes on', (trial) => {
    const iterator = trial.wrap('work', function* () {
      try {
        yield 1
      } catch {
        yield 2
      }
    })()
    iterator.next()
    expectEqual(iterator.throw(new Error('in')), { value: 2, done: false }, 'step')
    expectOpen(trial, 'work', 'although it went on')
    iterator.next()
    expectSucceeded(trial, 'work')
  }),
  wrappingCase('generator.throws', 'what its body throws comes out, as a failure', (trial) => {
    const error = new Error('boom')
    const iterator = trial.wrap('work', function* () {
      yield 1
      throw error
    })()
    iterator.next()
    expectSame(thrownBy(() => iterator.next()).error, error, 'error')
    expectFailed(trial, 'work', 'boom')
  }),
  wrappingCase(
    'generator.current',
    'it is current inside every step and nowhere between',
    ({ wrap, current }) => {
      const seen: (string | undefined)[] = []
      const steps = wrap('work', function* () {
        for (let step = 0; step < 2; step += 1) {
          seen.push(current())
          yield step
        }
      })
      for (const _ of steps()) seen.push(current() ?? 'outside')
      expectEqual(seen, ['work', 'outside', 'work', 'outside'], 'current span')
    },
    ['current'],
  ),
  wrappingCase('generator.elsewhere', 'work inside it is its child, whoever asks for the next step', (trial) => {
    const leaf = trial.wrap('leaf', () => 1)
    const iterator = trial.wrap('work', function* () {
      yield leaf()
      yield leaf()
    })()
    const pull = trial.wrap('pull', () => void iterator.next())
    pull()
    pull()
    iterator.return(undefined as never)
    const parents = trial.ended().filter(({ name }) => name === 'leaf')
    expectEqual(
      parents.map(({ parent }) => parent),
      ['work', 'work'],
      'parents',
    )
  }),
  wrappingCase('generator.delegation', 'one that delegates to another is its parent', (trial) => {
    const inner = trial.wrap('inner', counting)
    const outer = trial.wrap('outer', function* () {
      yield* inner()
    })
    expectEqual([...outer()], [1, 2], 'values')
    expectSame(endedSpan(trial, 'inner').parent, 'outer', 'parent')
  }),
  wrappingCase('generator.face', 'it is still a generator of its function', ({ wrap }) => {
    const wrapped = wrap('work', counting)
    const iterator = wrapped()
    expectSame(Object.prototype.toString.call(iterator), '[object Generator]', 'kind')
    expectThat(iterator instanceof counting, 'it is no instance of its function')
    expectSame(iterator[Symbol.iterator](), iterator, 'its iterator')
    expectEqual([...wrapped().map((value) => value * 2)], [2, 4], 'mapped')
  }),
  wrappingCase(
    'generator.handed-on',
    'of a function that returns a generator of another, the span is open until that is drained',
    (trial) => {
      const iterator = trial.wrap('work', () => counting())()
      expectOpen(trial, 'work', 'before the first step')
      expectEqual([...iterator], [1, 2], 'values')
      expectSucceeded(trial, 'work')
    },
  ),
  wrappingCase('generator.handed-on-itself', 'a generator of another is returned itself, and works', ({ wrap }) => {
    const made = counting()
    expectSame(wrap('work', () => made)(), made, 'generator')
    expectEqual([...made.map((value) => value * 2)], [2, 4], 'mapped')
    expectEqual(Reflect.ownKeys(made), [], 'own properties afterwards')
  }),
  wrappingCase('generator.handed-on-throws', 'what its body throws comes out, as a failure', (trial) => {
    const error = new Error('boom')
    function* failing(): Generator<number> {
      yield 1
      throw error
    }
    const iterator = trial.wrap('work', () => failing())()
    iterator.next()
    expectSame(thrownBy(() => iterator.next()).error, error, 'error')
    expectFailed(trial, 'work', 'boom')
  }),
  wrappingCase(
    'generator.handed-on-current',
    'the span of a function that returns a generator is current inside every step and nowhere between',
    ({ wrap, current }) => {
      const seen: (string | undefined)[] = []
      function* looking(): Generator<number> {
        for (let step = 0; step < 2; step += 1) {
          seen.push(current())
          yield step
        }
      }
      for (const _ of wrap('work', () => looking())()) seen.push(current() ?? 'outside')
      expectEqual(seen, ['work', 'outside', 'work', 'outside'], 'current span')
    },
    ['current'],
  ),
  wrappingCase('generator.two', 'two of one function are independent', (trial) => {
    const counted = trial.wrap('work', counting)
    const [first, second] = [counted(), counted()]
    first.next()
    second.next()
    expectEqual([...first], [2], 'rest of the first')
    expectSame(trial.ended().length, 1, 'ended spans')
    expectEqual([...second], [2], 'rest of the second')
    expectSame(trial.ended().length, 2, 'ended spans')
  }),
  wrappingCase(
    'generator.collected',
    'one that is dropped half-way is found, and its span ended',
    async (trial) => {
      const drop = (): void => void trial.wrap('work', counting)().next()
      drop()
      expectOpen(trial, 'work', 'before it was collected')
      await trial.collect()
      endedSpan(trial, 'work')
    },
    ['collect'],
  ),
]
