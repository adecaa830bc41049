import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { currentActivity, trackActivity } from '../../../src/index.js'
import { compileFixture } from './compile-fixture.js'
import type * as LegacyFixture from './fixtures/legacy-decorators.js'
import type * as StandardFixture from './fixtures/standard-decorators.js'
import { observe, thrownBy } from './observe.js'

const compiled: string[] = []
afterAll(() => {
  for (const address of compiled) rmSync(dirname(fileURLToPath(address)), { recursive: true, force: true })
})

async function load<T>(name: string, experimentalDecorators: boolean): Promise<T> {
  const address = compileFixture(name, { experimentalDecorators })
  compiled.push(address)
  return (await import(/* @vite-ignore */ address)) as T
}

describe('TC39 decorators', () => {
  let fixture: typeof StandardFixture
  beforeAll(async () => {
    fixture = await load<typeof StandardFixture>('standard-decorators.ts', false)
  })

  function defined() {
    const observed = observe()
    return { ...observed, ...fixture.define(trackActivity, currentActivity, observed.tracker) }
  }

  test('a method is called "Class.method" and keeps its name, its length and its place on the prototype', async () => {
    const { Worker, only } = defined()
    const worker = new Worker('w1')
    expect(await worker.rollout(3)).toBe('w1:3')
    expect(only()).toMatchObject({
      name: 'Worker.rollout',
      module: 'w1',
      group: 'rollout_worker',
      plan: 'batch 3 of w1',
    })
    expect([worker.rollout.name, worker.rollout.length]).toEqual(['rollout', 1])
    expect(worker.rollout).not.toHaveProperty('prototype')
    expect(Reflect.getOwnPropertyDescriptor(Worker.prototype, 'rollout')).toMatchObject({ enumerable: false })
    expect(Object.keys(worker)).not.toContain('rollout')
  })

  test('a static method', () => {
    const { Worker, only } = defined()
    expect(Worker.create('w2').label).toBe('w2')
    expect(only().name).toBe('Worker.create')
  })

  test('a #private method, also a static one', () => {
    const { Worker, ended } = defined()
    expect(new Worker('abc').callHidden(4)).toBe(7)
    expect(Worker.callHiddenStatic()).toBe('static')
    expect(ended().map(({ name }) => name)).toEqual(['Worker.#hidden', 'Worker.#hiddenStatic'])
  })

  test('a field that holds a function, per object', () => {
    const { Worker, ended } = defined()
    const [a, b] = [new Worker('a'), new Worker('b')]
    expect([a.field(1), b.field(2)]).toEqual(['a/1', 'b/2'])
    expect(ended().map(({ name }) => name)).toEqual(['Worker.field', 'Worker.field'])
  })

  test('an accessor, at first and whenever it is set', () => {
    const { Worker, ended } = defined()
    const worker = new Worker('w')
    expect(worker.handler(1)).toBe('w-1')
    worker.handler = (a) => `new ${a}`
    expect(worker.handler(2)).toBe('new 2')
    expect(ended().map(({ name }) => name)).toEqual(['Worker.handler', 'Worker.handler'])
  })

  test('an accessor that is set to what was read from it, or from that of another object, is tracked once', () => {
    const { Worker, ended } = defined()
    const [a, b] = [new Worker('a'), new Worker('b')]
    const { handler } = a
    for (let time = 0; time < 3; time += 1) Object.assign(a, { handler: a.handler })
    expect(a.handler).toBe(handler)
    b.handler = a.handler
    expect([a.handler(1), b.handler(2)]).toEqual(['a-1', 'a-2'])
    expect(ended().map(({ name }) => name)).toEqual(['Worker.handler', 'Worker.handler'])
  })

  test('two decorators on one accessor do not add up either', () => {
    const { Worker, ended } = defined()
    const worker = new Worker('w')
    for (let time = 0; time < 3; time += 1) Object.assign(worker, { layered: worker.layered })
    expect(worker.layered(1)).toBe(1)
    expect(
      ended()
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(['inner', 'outer'])
  })

  test('a static field and a static accessor', () => {
    const { Worker, ended } = defined()
    expect([Worker.shared(1), Worker.common(1)]).toEqual([2, 3])
    expect(ended().map(({ name }) => name)).toEqual(['Worker.shared', 'Worker.common'])
  })

  test('a #private field and a #private accessor', () => {
    const { Worker, ended } = defined()
    expect(new Worker('w').callSecrets(1)).toEqual([4, 5])
    expect(ended().map(({ name }) => name)).toEqual(['Worker.#secret', 'Worker.#guarded'])
  })

  test('an overriding static method reaches the one above by super', () => {
    const { Overriding, ended } = defined()
    expect(Overriding.create('o').label).toBe('special o')
    expect(ended()).toHaveLength(2)
    expect(ended()[0]?.parentId).toBe(ended()[1]?.id)
  })

  test('a method named by a symbol', () => {
    const { Worker, only } = defined()
    expect(new Worker('w')[fixture.symbol]()).toBe(7)
    expect(only().name).toBe('Worker.symbolic')
  })

  test('a name that was given wins', () => {
    const { Worker } = defined()
    expect(new Worker('w').given()).toBe('named')
  })

  test('a generator method', () => {
    const { Worker, only } = defined()
    expect([...new Worker('w').steps(3)]).toEqual([0, 1, 2])
    expect(only()).toMatchObject({ name: 'Worker.steps', state: 'completed' })
  })

  test('two decorators on one method nest, the upper one outside', () => {
    const { Worker, ended } = defined()
    expect(new Worker('w').twice()).toBe('w')
    expect(ended().map(({ name, module }) => `${name} ${module}`)).toEqual(['inner Inner', 'outer Outer'])
  })

  test('an inherited method belongs to the class that declares it, whoever calls it first', async () => {
    const { Worker, Special, ended } = defined()
    await new Special('s').rollout(1)
    await new Worker('w').rollout(1)
    expect(ended().map(({ name }) => name)).toEqual(['Worker.rollout', 'Worker.rollout'])
  })

  test('an overriding method and the one that it calls have their own classes', async () => {
    const { Overriding, ended } = defined()
    expect(await new Overriding('o').rollout(1)).toBe('special o:1')
    expect(ended().map(({ name }) => name)).toEqual(['Worker.rollout', 'Overriding.rollout'])
    expect(ended()[0]?.parentId).toBe(ended()[1]?.id)
  })

  test('the name does not depend on who happened to call first', () => {
    const { Worker, Special, ended } = defined()
    new Special('s').callHidden(1)
    new Worker('w').callHidden(1)
    const detached = Worker.create
    Reflect.apply(detached, undefined, ['x'])
    Worker.create('y')
    expect(ended().map(({ name }) => name)).toEqual(['Special.#hidden', 'Worker.#hidden', 'create', 'Worker.create'])
  })

  test('where the work starts is the decorated class, not the helper of the compiler', async () => {
    const { Worker, ended } = defined()
    await new Worker('w').rollout(1)
    Worker.create('w')
    const [rollout, create] = ended().map(({ startedFrom }) => startedFrom)
    expect(rollout?.file).toMatch(/standard-decorators\.mjs$/)
    expect(create?.file).toBe(rollout?.file)
    expect(create?.line).toBeGreaterThan(rollout?.line ?? Number.POSITIVE_INFINITY)
  })

  test('a getter is refused with what to do instead', () => {
    const error = thrownBy(fixture.misuse(trackActivity, observe().tracker).getter)
    expect(error).toMatchObject({ code: 'DECORATOR_TARGET', message: expect.stringContaining("the getter 'value'") })
  })

  test('a class is left unchanged and warned about', () => {
    const { tracker, faults, warnings } = observe()
    expect(fixture.misuse(trackActivity, tracker).class().name).toBe('Unchanged')
    expect(faults('wrap.class')).toBe(1)
    expect(warnings).toEqual([expect.stringContaining('Unchanged: trackActivity was given a class')])
  })

  test('classes that a field and an accessor hold are left unchanged and warned about', () => {
    const { tracker, faults, warnings } = observe()
    const { Held, Holder } = fixture.misuse(trackActivity, tracker).heldClasses()
    const holder = new Holder()
    expect([holder.field, holder.accessor]).toEqual([Held, Held])
    class Next {}
    holder.accessor = Next
    expect(holder.accessor).toBe(Next)
    expect(faults('wrap.class')).toBe(3)
    expect(warnings).toEqual([expect.stringContaining('Held: trackActivity was given a class')])
  })

  test('a field that holds no function is left unchanged', () => {
    expect(fixture.misuse(trackActivity, observe().tracker).plainField()).toBe(5)
  })
})

describe('legacy decorators', () => {
  let fixture: typeof LegacyFixture
  beforeAll(async () => {
    fixture = await load<typeof LegacyFixture>('legacy-decorators.ts', true)
  })

  function defined() {
    const observed = observe()
    return { ...observed, ...fixture.define(trackActivity, observed.tracker) }
  }

  test('a method', async () => {
    const { Worker, only } = defined()
    const worker = new Worker('w1')
    expect(await worker.rollout(3)).toBe('w1:3')
    expect(only()).toMatchObject({ name: 'Worker.rollout', module: 'w1', plan: 'batch 3' })
    expect([worker.rollout.name, worker.rollout.length]).toEqual(['rollout', 1])
    expect(Reflect.getOwnPropertyDescriptor(Worker.prototype, 'rollout')).toMatchObject({
      enumerable: false,
      writable: true,
    })
  })

  test('a static method and one named by a symbol', () => {
    const { Worker, ended } = defined()
    Worker.create('w')[fixture.symbol]()
    expect(ended().map(({ name }) => name)).toEqual(['Worker.create', 'Worker.symbolic'])
  })

  test('an inherited method belongs to the class that declares it', async () => {
    const { Special, only } = defined()
    await new Special('s').rollout(1)
    expect(only().name).toBe('Worker.rollout')
  })

  test('overriding methods, also static ones, reach those above by super', async () => {
    const { Overriding, ended } = defined()
    expect(await new Overriding('o').rollout(1)).toBe('special o:1')
    expect(Overriding.create('o').label).toBe('special o')
    expect(ended().map(({ name }) => name)).toEqual([
      'Worker.rollout',
      'Overriding.rollout',
      'Worker.create',
      'Overriding.create',
    ])
    expect(ended()[0]?.parentId).toBe(ended()[1]?.id)
  })

  test('where the work starts is the decorated class', () => {
    const { Worker, only } = defined()
    Worker.create('w')
    expect(only().startedFrom?.file).toMatch(/legacy-decorators\.mjs$/)
    expect(only().startedFrom?.line).toBeGreaterThan(10)
  })

  test.each(['field', 'getter'] as const)('a %s is refused', (kind) => {
    const error = thrownBy(fixture.misuse(trackActivity, observe().tracker)[kind])
    expect(error).toMatchObject({ code: 'DECORATOR_TARGET', message: expect.stringContaining("'value'") })
  })

  test('what they cannot sit on, and what does not fit, is an error for tsc', () => {
    // Each such place is marked as an error that is expected; one that is none would be reported.
    const address = compileFixture('legacy-refused.ts', { experimentalDecorators: true })
    compiled.push(address)
    expect(address).toMatch(/legacy-refused\.mjs$/)
  })

  test('a class is left unchanged', () => {
    expect(fixture.misuse(trackActivity, observe().tracker).class().name).toBe('Unchanged')
  })
})
