import { endedSpan, expectEqual, expectSame, expectThat } from './expectations.js'
import { wrappingCase } from './wrapping-case.js'

export const functionCases = [
  wrappingCase('function.not-called', 'wrapping does not call the function', ({ wrap, ended }) => {
    let calls = 0
    wrap('work', () => {
      calls += 1
    })
    expectSame(calls, 0, 'calls')
    expectSame(ended().length, 0, 'ended spans')
  }),
  wrappingCase('function.called-once', 'a call calls it once, and makes one span', (trial) => {
    let calls = 0
    trial.wrap('work', () => {
      calls += 1
    })()
    expectSame(calls, 1, 'calls')
    endedSpan(trial, 'work')
  }),
  wrappingCase('function.this', '`this` arrives', ({ wrap }) => {
    const self = { label: 'x' }
    const wrapped = wrap('work', function (this: unknown) {
      return this
    })
    expectSame(Reflect.apply(wrapped, self, []), self, '`this`')
  }),
  wrappingCase('function.no-this', 'without `this` there is none', ({ wrap }) => {
    const wrapped = wrap('work', function (this: unknown) {
      return this
    })
    expectSame(wrapped(), undefined, '`this`')
  }),
  wrappingCase('function.arguments', 'the arguments arrive, trailing `undefined` included', ({ wrap }) => {
    const given = [{ a: 1 }, undefined, 5n, undefined]
    const received = wrap('work', (...args: readonly unknown[]) => args)(...given)
    expectSame(received.length, 4, 'number of arguments')
    for (const [index, value] of given.entries()) expectSame(received[index], value, `argument ${index}`)
  }),
  wrappingCase('function.no-argument-added', 'no argument is added', ({ wrap }) => {
    const count = wrap('work', function () {
      // biome-ignore lint/complexity/noArguments: this is what tells how many were passed
      return arguments.length
    })
    expectSame(count(), 0, 'number of arguments')
  }),
  wrappingCase('function.default-parameters', 'default parameters apply', ({ wrap }) => {
    expectSame(wrap('work', (value = 'default') => value)(undefined), 'default', 'value')
  }),
  wrappingCase('function.name', '`name` is kept', ({ wrap }) => {
    expectSame(wrap('work', function original() {}).name, 'original', '`name`')
  }),
  wrappingCase('function.length', '`length` is kept', ({ wrap }) => {
    expectSame(wrap('work', (_a: unknown, _b: unknown) => {}).length, 2, '`length`')
  }),
  wrappingCase('function.own-properties', 'own properties are kept, also symbols and hidden ones', ({ wrap }) => {
    const tag = Symbol('tag')
    const original = Object.assign(() => 1, { help: 'x', [tag]: 2 })
    Object.defineProperty(original, 'hidden', { value: 3, enumerable: false })
    const wrapped = wrap('work', original) as typeof original & { hidden?: number }
    expectSame(wrapped.help, 'x', 'property')
    expectSame(wrapped[tag], 2, 'symbol')
    expectSame(wrapped.hidden, 3, 'hidden property')
  }),
  wrappingCase(
    'function.kind',
    'async and generator functions keep what `Object.prototype.toString` calls them',
    ({ wrap }) => {
      const kinds = [async () => {}, function* () {}, async function* () {}]
      const tags = kinds.map((fn) => Object.prototype.toString.call(wrap('work', fn as () => unknown)))
      expectEqual(
        tags,
        ['[object AsyncFunction]', '[object GeneratorFunction]', '[object AsyncGeneratorFunction]'],
        'kinds',
      )
    },
  ),
  wrappingCase('function.constructs', 'a constructor function of the old kind still constructs', ({ wrap }) => {
    function Point(this: { x: number }, x: number): void {
      this.x = x
    }
    const Wrapped = wrap('work', Point) as unknown as new (x: number) => { x: number }
    const made = new Wrapped(3)
    expectSame(made.x, 3, 'field')
    expectThat(made instanceof Point, 'the object is no instance of its function')
  }),
  wrappingCase('function.class-unchanged', 'a class is returned unchanged', ({ wrap }) => {
    class Trainer {}
    expectSame(wrap('work', Trainer as never), Trainer, 'class')
  }),
  wrappingCase(
    'function.class-warned',
    'a class is warned about, with its name',
    ({ wrap, warnings }) => {
      class Trainer {}
      wrap('work', Trainer as never)
      wrap('work', Trainer as never)
      expectSame(warnings().filter((text) => text.includes('Trainer')).length, 1, 'warnings')
    },
    ['warnings'],
  ),
]
