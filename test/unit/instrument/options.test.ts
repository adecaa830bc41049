import { describe, expect, test } from 'vitest'
import {
  getTracker,
  isUnderwayError,
  planActivity,
  runActivity,
  startActivity,
  trackActivity,
  trackAsyncTask,
  trackDecision,
  trackThread,
} from '../../../src/index.js'
import { observe, thrownBy } from './observe.js'

describe('options that are functions of the call', () => {
  test('are asked with its this and its arguments, once per call', () => {
    const { tracker, only } = observe()
    const calls: [string, unknown, unknown[]][] = []
    function note<T>(option: string, value: T) {
      return function (this: Worker, ...args: unknown[]): T {
        calls.push([option, this, args])
        return value
      }
    }
    interface Worker {
      label: string
    }
    const rollout = trackActivity(
      {
        tracker,
        module: note('module', 'M'),
        group: note('group', 'G'),
        plan: note('plan', 'P'),
        attributes: note('attributes', { a: 1 }),
        parent: note('parent', 'root-1'),
      },
      function rollout(this: Worker, a: number, b: string) {
        return `${this.label}${a}${b}`
      },
    )
    const worker = { label: 'w' }
    expect(rollout.call(worker, 1, 'x')).toBe('w1x')
    expect(only()).toMatchObject({ module: 'M', group: 'G', plan: 'P', attributes: { a: 1 }, parentId: 'root-1' })
    expect(calls).toEqual(
      ['module', 'group', 'plan', 'attributes', 'parent'].map((option) => [option, worker, [1, 'x']]),
    )
  })

  test('that throw fall back to the default and are counted; the function runs', () => {
    const { tracker, only, faults, warnings } = observe({ serviceName: 'svc' })
    const fail = (): never => {
      throw new Error('in an option')
    }
    const options = {
      tracker,
      name: 'work',
      module: fail,
      group: fail,
      plan: fail,
      attributes: fail,
      parent: fail,
      did: fail,
      result: fail,
    }
    expect(trackActivity(options, () => 7)()).toBe(7)
    expect(only()).toMatchObject({ name: 'work', module: 'svc', state: 'completed' })
    for (const key of ['group', 'plan', 'attributes', 'parentId', 'did', 'result'])
      expect(only()).not.toHaveProperty(key)
    expect(faults('option.threw')).toBe(7)
    expect(warnings.filter((warning) => warning.includes('in an option'))).toHaveLength(7)
  })

  test('that answer with something else are left out and counted', () => {
    const { tracker, only, faults } = observe({ serviceName: 'svc' })
    const options = {
      tracker,
      module: () => ({}) as string,
      plan: () => [] as never,
      attributes: () => 5 as never,
      parent: () => 5 as never,
    }
    trackActivity(options, () => {})()
    expect(only()).toMatchObject({ module: 'svc' })
    expect(only()).not.toHaveProperty('plan')
    expect(faults('option.invalid')).toBe(4)
  })

  test('that answer with undefined are as if not given', () => {
    const { tracker, only, faults } = observe({ serviceName: 'svc' })
    const options = { tracker, module: () => undefined as never, parent: () => undefined as never }
    runActivity({ tracker, name: 'outer', module: 'Outer' }, (outer) => {
      trackActivity({ ...options, name: 'inner' }, () => {
        expect(tracker.openActivities().at(-1)).toMatchObject({ name: 'inner', module: 'Outer', parentId: outer.id })
      })()
    })
    expect(() => only()).toThrow()
    expect(faults('option.invalid') + faults('option.threw')).toBe(0)
  })

  test('are asked outside of the activity that they describe', () => {
    const { tracker } = observe()
    const open: number[] = []
    const plan = (): string => {
      open.push(tracker.openActivities().length)
      return 'p'
    }
    trackActivity({ tracker, plan }, () => {})()
    expect(open).toEqual([0])
  })
})

describe('result and did', () => {
  test('say what became of the call, and of a promise what it settled to', async () => {
    const { tracker, ended } = observe()
    const options = {
      tracker,
      result: (rows: number[]) => ({ rows: rows.length }),
      did: (rows: number[]) => `${rows.length} rows`,
    }
    trackActivity(options, () => [1])()
    await trackActivity(options, async () => [1, 2])()
    expect(ended().map(({ result, did }) => [result, did])).toEqual([
      [{ rows: 1 }, '1 rows'],
      [{ rows: 2 }, '2 rows'],
    ])
  })

  test('nothing of a returned value is kept unless asked for', () => {
    const { tracker, only } = observe()
    trackActivity({ tracker }, () => ({ secret: 1 }))()
    expect(JSON.stringify(only())).not.toContain('secret')
  })

  test('are not asked when the function throws or has given a verdict itself', () => {
    const { tracker, ended } = observe()
    let asked = 0
    const result = (): number => (asked += 1)
    thrownBy(
      trackActivity({ tracker, result }, () => {
        throw new Error('x')
      }),
    )
    runActivity({ tracker }, (activity) => activity.complete('itself', { result: 'own' }))
    expect(asked).toBe(0)
    expect(ended().at(-1)).toMatchObject({ did: 'itself', result: 'own' })
  })
})

describe('defaults', () => {
  test('the name is that of the function, "anonymous" where it has none', () => {
    const { tracker, ended } = observe()
    trackActivity({ tracker }, function load() {})()
    trackActivity({ tracker }, (() => () => {})())()
    trackActivity({ tracker, name: 'given' }, function load() {})()
    trackActivity({ tracker, name: '' }, function load() {})()
    expect(ended().map(({ name }) => name)).toEqual(['load', 'anonymous', 'given', 'load'])
  })

  test('the module is that of the activity outside, else of the service', () => {
    const { tracker, ended } = observe({ serviceName: 'svc' })
    const work = trackActivity({ tracker, name: 'work' }, () => {})
    work()
    runActivity({ tracker, name: 'outer', module: 'Outer' }, work)
    expect(ended().map(({ name, module }) => `${name} ${module}`)).toEqual(['work svc', 'work Outer', 'outer Outer'])
  })

  test('explicit undefined is as good as absent', () => {
    const { tracker, only } = observe({ serviceName: 'svc' })
    const none = {
      module: undefined,
      name: undefined,
      group: undefined,
      type: undefined,
      plan: undefined,
      parent: undefined,
      result: undefined,
      did: undefined,
    }
    trackActivity({ ...none, tracker }, function load() {})()
    expect(only()).toMatchObject({ name: 'load', module: 'svc', type: 'task' })
  })

  test('without any options the default tracker is used', () => {
    const before = getTracker().snapshot().totals.completed
    trackActivity()(() => {})()
    expect(getTracker().snapshot().totals.completed).toBe(before + 1)
  })

  test('a name over its bound is cut, in all forms', () => {
    const { tracker, ended } = observe()
    const long = 'x'.repeat(1_000)
    const named = { [long]: () => {} }[long] as () => void
    trackActivity({ tracker }, named)()
    trackActivity({ tracker, name: long }, () => {})()
    runActivity({ tracker }, named)
    startActivity({ tracker, name: long }).complete()
    for (const { name } of ended()) expect(name.length).toBeLessThanOrEqual(256)
    expect(ended()).toHaveLength(4)
  })
})

describe('what trackActivity refuses when it is applied', () => {
  test.each<[unknown, string]>([
    ['Trainer', "write trackActivity({ name: 'Trainer' }, fn)"],
    [null, 'got null'],
    [() => {}, 'write @trackActivity()'],
    [{ module: 5 }, 'trackActivity({ module }): expected string or function, got number'],
    [{ module: null }, 'expected string or function, got null'],
    [{ name: () => 'x' }, 'trackActivity({ name }): expected string, got function'],
    [{ type: 5 }, 'trackActivity({ type }): expected string'],
    [{ plan: {} }, 'trackActivity({ plan }): expected string or function, got object'],
    [{ attributes: 'a' }, 'trackActivity({ attributes }): expected object or function'],
    [{ timeoutMillis: '5s' }, 'trackActivity({ timeoutMillis }): expected number, got string'],
    [{ result: 'x' }, 'trackActivity({ result }): expected function, got string'],
    [{ did: true }, 'trackActivity({ did }): expected function, got boolean'],
    [{ modul: 'Trainer' }, 'trackActivity({ modul }): unknown option; known are name, module, '],
  ])('options %j', (options, message) => {
    const error = thrownBy(() => trackActivity(options as never))
    expect(isUnderwayError(error) && error.code).toBe('OPTIONS_INVALID')
    expect(error).toMatchObject({ message: expect.stringContaining(message) })
  })

  test.each([undefined, null, 5, {}, 'fn'])('a function that is none: %j', (fn) => {
    for (const apply of [
      () => trackActivity({}, fn as never),
      () => (trackActivity({}) as (value: unknown) => void)(fn),
    ]) {
      expect(thrownBy(apply)).toMatchObject({
        code: 'OPTIONS_INVALID',
        message: expect.stringContaining('fn must be a function'),
      })
    }
  })

  test('a preset is as strict, and takes neither a function nor a number for its plan', () => {
    for (const given of [5, null, () => {}, true, { module: 5 }]) {
      expect(thrownBy(() => trackDecision(given as never))).toMatchObject({ code: 'OPTIONS_INVALID' })
    }
    expect(thrownBy(() => trackDecision('plan', 5 as never))).toMatchObject({ code: 'OPTIONS_INVALID' })
  })
})

describe('presets', () => {
  test.each([
    ['trackDecision', trackDecision, 'decision'],
    ['trackThread', trackThread, 'thread'],
    ['trackAsyncTask', trackAsyncTask, 'async_task'],
  ] as const)('%s wraps and decorates with its type', (_, preset, type) => {
    const { tracker, ended } = observe()
    runActivity({ tracker, name: 'outer' }, () => {
      expect(preset('Choose one', (a: number) => a + 1)(1)).toBe(2)
      expect(preset({ module: 'M' }, () => 3)()).toBe(3)
      expect(preset('Choose one')(() => 4)()).toBe(4)
      expect(preset()(() => 5)()).toBe(5)
    })
    const [first, second, third, fourth] = ended()
    expect(new Set([first, second, third, fourth].map((activity) => activity?.type))).toEqual(new Set([type]))
    expect([first?.plan, second?.plan, third?.plan, fourth?.plan]).toEqual([
      'Choose one',
      undefined,
      'Choose one',
      undefined,
    ])
    expect(second?.module).toBe('M')
  })

  test('keep their type when the type is given as undefined', () => {
    const { tracker, only } = observe()
    trackDecision({ tracker, type: undefined }, () => {})()
    expect(only().type).toBe('decision')
  })

  test('take all other options too, a type of your own among them', () => {
    const { tracker, only } = observe()
    trackDecision({ tracker, type: 'verdict', did: (value: string) => value }, () => 'left')()
    expect(only()).toMatchObject({ type: 'verdict', did: 'left' })
  })

  test('a decision says what was considered and why', () => {
    const { tracker, only } = observe()
    runActivity({ tracker, type: 'decision', considered: ['a', 'b'] }, (activity) => {
      activity.update({ considered: ['a', 'b', 'c'], reason: 'c is cheaper' })
    })
    expect(only()).toMatchObject({ considered: ['a', 'b', 'c'], reason: 'c is cheaper' })
  })

  test('where their work starts is where they were applied', () => {
    const { tracker, only } = observe()
    trackThread({ tracker }, () => {})()
    expect(only().startedFrom?.file).toMatch(/options\.test\.ts$/)
  })
})

describe('a tracker that is disabled', () => {
  const { tracker, warnings } = observe({ disabled: true })

  test('calls functions directly, with one notice', () => {
    const self = {}
    const wrapped = trackActivity({ tracker }, function (this: unknown, a: number) {
      return [this, a]
    })
    expect(Reflect.apply(wrapped, self, [1])).toEqual([self, 1])
    expect(runActivity({ tracker }, () => 5)).toBe(5)
    function* numbers(): Generator<number> {
      yield 1
    }
    expect([...trackActivity({ tracker }, numbers)()]).toEqual([1])
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain('switched off')
  })

  test('passes errors through', () => {
    const error = new Error('x')
    expect(
      thrownBy(
        trackActivity({ tracker }, () => {
          throw error
        }),
      ),
    ).toBe(error)
  })

  test('hands out handles that do nothing and never throw', () => {
    for (const handle of [startActivity({ tracker }), planActivity({ tracker })]) {
      handle.start().update('x', { done: 1 }).heartbeat().log('x').set('a', 1)
      handle.complete()
      handle.fail(new Error('x'))
      handle.skip()
      handle.cancel()
      expect(handle.isOpen).toBe(false)
      expect(handle.run((given) => given === handle)).toBe(true)
      expect(handle.bind(() => 3)()).toBe(3)
      expect(handle.toJSON().log).toEqual([])
      handle[Symbol.dispose]()
    }
    expect(tracker.isQuiescent()).toBe(true)
    expect(tracker.snapshot()).toMatchObject({ open: 0, totals: { created: 0 } })
  })

  test('writes no headers: made-up ids would cut the trace that the carrier belongs to', () => {
    expect(startActivity({ tracker }).inject({})).toEqual({})
    expect(runActivity({ tracker }, (activity) => activity.inject({ accept: '*/*' }))).toEqual({ accept: '*/*' })
  })
})

test('an option that answers with a promise is counted, and its rejection is kept from becoming unhandled', async () => {
  const { tracker, faults } = observe()
  const asynchronous = async (): Promise<never> => {
    throw new Error('nobody waits for this')
  }
  const work = trackActivity({ tracker, plan: asynchronous as never, did: asynchronous as never }, () => 7)
  expect(work()).toBe(7)
  await tracker.waitQuiescent()
  expect(faults('option.threw')).toBe(2)
})

test('attempt may be told from the call, so that only the last failure is an error', () => {
  const { tracker } = observe()
  const fetchPage = trackActivity(
    { tracker, attempt: (job: { readonly tries: number }) => ({ number: job.tries, of: 2 }) },
    (job: { readonly tries: number }) => {
      throw new Error(`no answer to try ${job.tries}`)
    },
  )
  expect(() => fetchPage({ tries: 1 })).toThrow('try 1')
  expect(tracker.errorHealth().status).toBe('warning')
  expect(() => fetchPage({ tries: 2 })).toThrow('try 2')
  expect(tracker.errorHealth().status).toBe('error')
})

test('runActivity without a function is counted, and says what is missing', () => {
  const { tracker, faults, warnings } = observe()
  expect(runActivity({ tracker }, undefined as never)).toBeUndefined()
  expect(faults('run.missing')).toBe(1)
  expect(warnings.join()).toContain('write runActivity({ name, module }, fn)')
  expect(tracker.snapshot().totals.created).toBe(0)
})

test.each([
  ['trackActivity', trackActivity],
  ['trackDecision', trackDecision],
])('@%s that was not called says how to write it', (name, decorator) => {
  const method = (): void => undefined
  const uncalled = decorator as (...args: unknown[]) => unknown
  for (const args of [[method, { kind: 'method', name: 'm' }], [{}, 'm', { value: method }], [method]]) {
    expect(() => uncalled(...args)).toThrow(`write @${name}()`)
  }
})
