import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type ActivityHandle,
  type ActivityTracker,
  type FeedItem,
  planActivity,
  type Scope,
  startActivity,
  type WaitOptions,
} from '../../src/index.js'
import type { ManualClock } from '../../src/testing/index.js'
import { deferred, newTracker } from '../support/tracked.js'
import { isOpen, type ModelActivity, type ModelScope, TrackerModel } from '../support/tracker-model.js'

const modules = ['Trainer', 'Rollout', 'Queue'] as const
const groups = ['workers', 'control'] as const
const types = ['task', 'run'] as const

interface Wait {
  readonly scope: ModelScope
  readonly asker: ModelActivity | undefined
  readonly dueAt: number | undefined
  answer: boolean | undefined
}

interface Running {
  readonly activity: ModelActivity
  readonly tracked: boolean
  readonly finish: PromiseWithResolvers<'returned' | 'threw' | 'aborted'>
  readonly outcome: Promise<unknown>
}

interface Real {
  readonly tracker: ActivityTracker
  readonly clock: ManualClock
  /** Ask everything after every command, or leave ids unread for as long as possible. */
  readonly nosy: boolean
  readonly handles: ActivityHandle[]
  readonly signals: (AbortSignal | undefined)[]
  readonly running: Running[]
  readonly waits: Wait[]
  readonly seen: FeedItem[]
}

interface ScopeChoice {
  readonly module: number
  readonly group: number
  readonly type: number
  readonly within: number
  readonly planned: boolean | undefined
  readonly self: boolean | undefined
  readonly even: boolean
}

const scopeArbitrary = fc.record({
  module: fc.oneof({ weight: 3, arbitrary: fc.constant(-1) }, { weight: 1, arbitrary: fc.nat(3) }),
  group: fc.oneof({ weight: 3, arbitrary: fc.constant(-1) }, { weight: 1, arbitrary: fc.nat(1) }),
  type: fc.oneof({ weight: 3, arbitrary: fc.constant(-1) }, { weight: 1, arbitrary: fc.nat(1) }),
  within: fc.oneof({ weight: 1, arbitrary: fc.constant(-1) }, { weight: 1, arbitrary: fc.nat(30) }),
  planned: fc.constantFrom(undefined, false),
  self: fc.constantFrom(undefined, undefined, true),
  even: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
})

function pick<T>(values: readonly T[], number: number): T | undefined {
  return number < 0 || values.length === 0 ? undefined : values[number % values.length]
}

function scopesOf(model: TrackerModel, real: Real, choice: ScopeChoice): { modelled: ModelScope; asked: Scope } {
  const within = pick(model.activities, choice.within)
  const named = {
    module: pick([...modules, 'Nobody'], choice.module),
    group: pick(groups, choice.group),
    type: pick(types, choice.type),
    planned: choice.planned,
    self: choice.self,
  }
  const modelled: ModelScope = { ...named, within, even: choice.even }
  const asked: Scope = {
    ...named,
    within: within === undefined ? undefined : real.handles[within.index],
    where: choice.even ? (activity) => Number(activity.name.slice(1)) % 2 === 0 : undefined,
  }
  return { modelled, asked }
}

/** Where the top has ended, ancestors between may be forgotten: then the answer lies between the two readings. */
function expectAnswer(model: TrackerModel, scope: ModelScope, asker: ModelActivity | undefined, answer: boolean): void {
  const strictly = model.inScope(scope, asker, 'parent').length === 0
  const loosely = model.inScope(scope, asker, 'origin').length === 0
  if (strictly === loosely) expect(answer).toBe(strictly)
  else expect(isOpen(scope.within as ModelActivity)).toBe(false)
}

function ask(model: TrackerModel, real: Real, choice: ScopeChoice, asker: ModelActivity | undefined): void {
  const { modelled, asked } = scopesOf(model, real, choice)
  expectAnswer(model, modelled, asker, real.tracker.isQuiescent(asked))
  const blocking = real.tracker.blockers(asked).map((blocker) => blocker.name)
  const expected = model.inScope(modelled, asker).map((one) => `n${one.index}`)
  if (model.inScope(modelled, asker, 'origin').length === expected.length)
    expect(blocking.toSorted()).toEqual(expected.toSorted())
}

function wait(
  model: TrackerModel,
  real: Real,
  choice: ScopeChoice,
  asker: ModelActivity | undefined,
  timeoutMillis: number | undefined,
): void {
  const { modelled, asked } = scopesOf(model, real, choice)
  const dueAt = timeoutMillis === undefined ? undefined : real.clock.monotonicMillis() + timeoutMillis
  const entry: Wait = { scope: modelled, asker, dueAt, answer: undefined }
  real.waits.push(entry)
  const options: WaitOptions = { ...asked, timeoutMillis }
  void real.tracker.waitQuiescent(options).then((answer) => {
    entry.answer = answer
    if (answer) expect(model.inScope(modelled, asker, 'origin')).toEqual([])
    else expect(dueAt).toBeLessThanOrEqual(real.clock.monotonicMillis())
  })
}

interface StartChoice {
  readonly module: number
  readonly group: number
  readonly type: number
  readonly parent: number
  readonly planned: boolean
  readonly ownId: boolean
  readonly signal: boolean
  readonly timeout: boolean
}

const startArbitrary = fc.record({
  module: fc.integer({ min: -1, max: 2 }),
  group: fc.integer({ min: -1, max: 1 }),
  type: fc.nat(1),
  // -2: whatever is current; -1: none; else another activity.
  parent: fc.integer({ min: -2, max: 12 }),
  planned: fc.boolean(),
  ownId: fc.boolean(),
  signal: fc.boolean(),
  timeout: fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
})

const timeoutMillis = 50

function start(
  model: TrackerModel,
  real: Real,
  choice: StartChoice,
  current: ModelActivity | undefined,
): ModelActivity {
  const parent = choice.parent === -2 ? current : pick(model.activities, choice.parent)
  const what = {
    module: pick(modules, choice.module),
    group: pick(groups, choice.group),
    type: types[choice.type] as string,
  }
  const made = model.create({
    ...what,
    parent,
    planned: choice.planned,
    timeoutMillis: choice.timeout ? timeoutMillis : undefined,
  })
  const given = {
    tracker: real.tracker,
    name: `n${made.index}`,
    ...what,
    ...(choice.parent === -2 ? {} : { parent: parent === undefined ? null : real.handles[parent.index] }),
    ...(choice.ownId ? { id: `own-${made.index}` } : {}),
    ...(choice.timeout ? { timeoutMillis } : {}),
  }
  const handle = choice.planned ? planActivity(given) : startActivity(given)
  real.handles.push(handle)
  real.signals.push(choice.signal ? handle.signal : undefined)
  return made
}

type End = 'complete' | 'fail' | 'cancel' | 'skip'
const ends = { complete: 'completed', fail: 'failed', skip: 'skipped' } as const

function end(model: TrackerModel, real: Real, activity: ModelActivity, how: End): void {
  const handle = real.handles[activity.index] as ActivityHandle
  if (how === 'fail') handle.fail(new Error('it broke'))
  else handle[how]()
  if (how === 'cancel') model.cancel(activity)
  else model.conclude(activity, ends[how])
}

type Inner =
  | { readonly kind: 'start'; readonly choice: StartChoice }
  | { readonly kind: 'ask'; readonly choice: ScopeChoice }
  | { readonly kind: 'wait'; readonly choice: ScopeChoice }
  | { readonly kind: 'verdict'; readonly how: End }
  | { readonly kind: 'end other'; readonly index: number; readonly how: End }
  | { readonly kind: 'nest'; readonly index: number; readonly throws: boolean }

const endArbitrary = fc.constantFrom<End>('complete', 'fail', 'cancel', 'skip')
const innerArbitrary: fc.Arbitrary<Inner> = fc.oneof(
  fc.record({ kind: fc.constant('start' as const), choice: startArbitrary }),
  fc.record({ kind: fc.constant('ask' as const), choice: scopeArbitrary }),
  fc.record({ kind: fc.constant('wait' as const), choice: scopeArbitrary }),
  fc.record({ kind: fc.constant('verdict' as const), how: endArbitrary }),
  fc.record({ kind: fc.constant('end other' as const), index: fc.nat(30), how: endArbitrary }),
  fc.record({ kind: fc.constant('nest' as const), index: fc.nat(30), throws: fc.boolean() }),
)

function perform(
  model: TrackerModel,
  real: Real,
  steps: readonly Inner[],
  self: ModelActivity,
  current: ModelActivity | undefined,
): void {
  for (const step of steps) {
    if (step.kind === 'start') start(model, real, step.choice, current)
    else if (step.kind === 'ask') ask(model, real, step.choice, current)
    else if (step.kind === 'wait') wait(model, real, step.choice, current, undefined)
    else if (step.kind === 'verdict') end(model, real, self, step.how)
    else if (step.kind === 'end other') end(model, real, pick(model.activities, step.index) as ModelActivity, step.how)
    else nest(model, real, pick(model.activities, step.index) as ModelActivity, step.throws, current)
  }
}

/** Prepares the model for `run`: planned work starts, ended work runs untracked, and inside itself it is just called. */
function enter(model: TrackerModel, activity: ModelActivity, current?: ModelActivity): boolean {
  if (activity.state === 'planned') model.start(activity)
  if (activity.functions > 0 && current === activity) return false
  if (activity.state !== 'running') {
    model.ignored.runs += 1
    return false
  }
  model.enter(activity)
  return true
}

function nest(
  model: TrackerModel,
  real: Real,
  activity: ModelActivity,
  throws: boolean,
  current: ModelActivity | undefined,
): void {
  const tracked = enter(model, activity, current)
  const thrown = new Error('nested')
  const call = (): unknown =>
    (real.handles[activity.index] as ActivityHandle).run(() => {
      expect(real.tracker.isQuiescent()).toBe(model.inScope({}, tracked ? activity : current).length === 0)
      if (throws) throw thrown
      return 'value'
    })
  if (throws) expect(call).toThrow(thrown)
  else expect(call()).toBe('value')
  if (tracked) model.settle(activity, throws ? 'threw' : 'returned')
}

function checkHandles(model: TrackerModel, real: Real): void {
  for (const activity of model.activities) {
    const handle = real.handles[activity.index] as ActivityHandle
    expect(handle.state).toBe(activity.state)
    const signal = real.signals[activity.index]
    if (isOpen(activity) && signal !== undefined) expect(signal.aborted).toBe(model.isAborted(activity))
  }
}

function checkCounters(model: TrackerModel, real: Real): void {
  const snapshot = real.tracker.snapshot()
  const { totals, faults } = snapshot
  expect(totals.created).toBe(model.activities.length)
  expect(snapshot.open).toBe(model.open.length)
  expect(totals.created).toBe(snapshot.open + model.ended)
  expect(snapshot.planned).toBe(model.count('planned'))
  expect(totals.withdrawn).toBe(model.withdrawn)
  expect(totals.started).toBe(model.activities.length - model.withdrawn - snapshot.planned)
  for (const state of ['completed', 'failed', 'cancelled', 'skipped'] as const)
    expect(totals[state]).toBe(model.count(state))
  expect(faults['end.ignored'] ?? 0).toBe(model.ignored.ends)
  expect(faults['update.ignored'] ?? 0).toBe(model.ignored.updates)
  expect(faults['start.ignored'] ?? 0).toBe(model.ignored.starts)
  expect(faults['run.ended'] ?? 0).toBe(model.ignored.runs)
}

function checkQuestions(model: TrackerModel, real: Real): void {
  expect(real.tracker.runningSummary()).toBe(model.summary())
  const scopes: ModelScope[] = [
    {},
    { planned: false },
    ...modules.map((module) => ({ module })),
    ...groups.map((group) => ({ group })),
    ...types.map((type) => ({ type, planned: false })),
    { module: modules[0], group: groups[0] },
  ]
  for (const scope of scopes)
    expect(real.tracker.isQuiescent(scope as Scope)).toBe(model.inScope(scope, undefined).length === 0)
  if (!real.nosy) return
  const open = real.tracker.openActivities()
  expect(open.map((one) => one.name)).toEqual(model.open.map((one) => `n${one.index}`))
  expect(open.map((one) => one.id)).toEqual(model.open.map((one) => real.handles[one.index]?.id))
  for (const within of model.activities.slice(-4)) {
    expectAnswer(model, { within }, undefined, real.tracker.isQuiescent({ within: real.handles[within.index] }))
  }
}

async function check(model: TrackerModel, real: Real, turn: boolean): Promise<void> {
  checkHandles(model, real)
  checkCounters(model, real)
  checkQuestions(model, real)
  if (!turn) return
  await real.clock.settle()
  for (const one of real.waits) {
    if (model.inScope(one.scope, one.asker, 'parent').length === 0) expect(one.answer).not.toBe(undefined)
    if (one.answer === undefined && one.dueAt !== undefined)
      expect(real.clock.monotonicMillis()).toBeLessThan(one.dueAt)
  }
}

type Command = fc.AsyncCommand<TrackerModel, Real>

function command(
  text: string,
  turn: boolean,
  ready: (model: TrackerModel) => boolean,
  run: (model: TrackerModel, real: Real) => unknown,
): Command {
  return {
    check: ready,
    async run(model, real) {
      await run(model, real)
      await check(model, real, turn)
    },
    toString: () => `${text}${turn ? '' : ' (same turn)'}`,
  }
}

const always = (): boolean => true
const some = (model: TrackerModel): boolean => model.activities.length > 0
const turns = fc.boolean()

const commands: fc.Arbitrary<Command>[] = [
  fc
    .tuple(startArbitrary, turns)
    .map(([choice, turn]) =>
      command(`start ${fc.stringify(choice)}`, turn, always, (model, real) => start(model, real, choice, undefined)),
    ),
  fc
    .tuple(startArbitrary, turns)
    .map(([choice, turn]) =>
      command(`start below ${fc.stringify(choice)}`, turn, some, (model, real) =>
        start(model, real, { ...choice, parent: Math.abs(choice.parent) }, undefined),
      ),
    ),
  fc
    .tuple(fc.nat(30), endArbitrary, turns)
    .map(([index, how, turn]) =>
      command(`${how} ${index}`, turn, some, (model, real) =>
        end(model, real, pick(model.activities, index) as ModelActivity, how),
      ),
    ),
  fc.tuple(fc.nat(30), turns).map(([index, turn]) =>
    command(`start planned ${index}`, turn, some, (model, real) => {
      const activity = pick(model.activities, index) as ModelActivity
      real.handles[activity.index]?.start('begins')
      model.start(activity)
    }),
  ),
  fc.tuple(fc.nat(30), fc.constantFrom('update', 'heartbeat', 'log', 'set')).map(([index, how]) =>
    command(`${how} ${index}`, false, some, (model, real) => {
      const activity = pick(model.activities, index) as ModelActivity
      const handle = real.handles[activity.index] as ActivityHandle
      if (how === 'set') handle.set('key', index)
      else if (how === 'heartbeat') handle.heartbeat()
      else handle[how as 'update' | 'log']('busy')
      model.update(activity)
    }),
  ),
  fc.tuple(fc.nat(30), endArbitrary, startArbitrary).map(([index, how, choice]) =>
    command(`hand off ${index} by ${how} to ${fc.stringify(choice)}`, true, some, (model, real) => {
      end(model, real, pick(model.activities, index) as ModelActivity, how)
      start(model, real, choice, undefined)
    }),
  ),
  fc.tuple(fc.nat(30), fc.array(innerArbitrary, { maxLength: 4 }), turns).map(([index, steps, turn]) =>
    command(`run in ${index} ${fc.stringify(steps)}`, turn, some, (model, real) => {
      const activity = pick(model.activities, index) as ModelActivity
      const tracked = enter(model, activity)
      const finish = deferred<'returned' | 'threw' | 'aborted'>()
      const outcome = (real.handles[activity.index] as ActivityHandle).run(async () => {
        perform(model, real, steps, activity, tracked ? activity : undefined)
        const how = await finish.promise
        expect(real.tracker.isQuiescent()).toBe(model.inScope({}, tracked ? activity : undefined).length === 0)
        if (how === 'aborted') throw new DOMException('stopped', 'AbortError')
        if (how === 'threw') throw new Error('it broke')
      })
      real.running.push({ activity, tracked, finish, outcome })
    }),
  ),
  fc
    .tuple(
      fc.nat(10),
      fc.constantFrom('returned' as const, 'returned' as const, 'threw' as const, 'aborted' as const),
      turns,
    )
    .map(([index, how, turn]) =>
      command(`settle ${index} ${how}`, turn, always, async (model, real) => {
        const [chosen] = real.running.splice(index % Math.max(real.running.length, 1), 1)
        if (chosen === undefined) return
        chosen.finish.resolve(how)
        await chosen.outcome.catch(() => undefined)
        if (chosen.tracked) model.settle(chosen.activity, how)
      }),
    ),
  fc
    .tuple(fc.nat(30), fc.boolean())
    .map(([index, throws]) =>
      command(`call in ${index} ${throws ? 'throwing' : ''}`, true, some, (model, real) =>
        nest(model, real, pick(model.activities, index) as ModelActivity, throws, undefined),
      ),
    ),
  scopeArbitrary.map((choice) =>
    command(`ask ${fc.stringify(choice)}`, false, always, (model, real) => ask(model, real, choice, undefined)),
  ),
  fc
    .tuple(scopeArbitrary, fc.constantFrom(undefined, 20), turns)
    .map(([choice, timeout, turn]) =>
      command(`wait ${fc.stringify(choice)} ${timeout ?? ''}`, turn, always, (model, real) =>
        wait(model, real, choice, undefined, timeout),
      ),
    ),
  fc.nat(40).map((millis) =>
    command(`advance ${millis}`, true, always, async (model, real) => {
      const until = real.clock.monotonicMillis() + millis
      const due = model.open.filter((one) => one.dueAt !== undefined && one.dueAt <= until)
      due.sort((a, b) => (a.dueAt as number) - (b.dueAt as number) || a.timing - b.timing)
      for (const one of due) if (isOpen(one)) model.timeOut(one)
      await real.clock.advance(millis)
    }),
  ),
]

/** Replays what a subscriber saw; at the end it must know the same open activities as the tracker itself. */
function openByFeed(items: readonly FeedItem[]): string[] {
  const open = new Set<string>()
  for (const item of items) {
    if (item.kind === 'planned' || item.kind === 'started') open.add(item.activity.id)
    else if (item.kind === 'ended') expect(open.delete(item.activity.id)).toBe(true)
  }
  return [...open].toSorted()
}

async function runSequence(given: Iterable<Command>, nosy: boolean): Promise<void> {
  const { tracker, clock } = newTracker({ serviceName: 'service' })
  const model = new TrackerModel(() => clock.monotonicMillis())
  const real: Real = { tracker, clock, nosy, handles: [], signals: [], running: [], waits: [], seen: [] }
  if (nosy) tracker.subscribe((items) => real.seen.push(...items), { whenFull: 'inline' })
  await fc.asyncModelRun(() => ({ model, real }), given as Iterable<fc.AsyncCommand<TrackerModel, Real>>)
  // In the end everything settles and ends, so every wait must come true.
  for (const { finish, outcome, activity, tracked } of real.running.splice(0)) {
    finish.resolve('returned')
    await outcome
    if (tracked) model.settle(activity, 'returned')
  }
  checkQuestions(model, { ...real, nosy: true })
  if (nosy) {
    tracker.flushNow()
    expect(openByFeed(real.seen)).toEqual(
      tracker
        .openActivities()
        .map((one) => one.id)
        .toSorted(),
    )
    const numbers = real.seen.flatMap((item) => ('number' in item ? [item.number] : []))
    expect(numbers).toEqual(numbers.map((_, index) => index + 1))
  }
  for (const one of model.open) end(model, real, one, 'complete')
  await check(model, real, true)
  expect(tracker.isQuiescent()).toBe(true)
  expect(real.waits.filter((one) => one.answer === undefined)).toEqual([])
}

const runs = Number(process.env['UNDERWAY_MODEL_RUNS'] ?? 2_600)
const { seed } = fc.readConfigureGlobal()

describe.each([1, 2, 3, 4])('a naive list of activities and the tracker give the same answers (part %i)', (part) => {
  test('after every step of any sequence of starts, ends, runs and waits', async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 40, size: '+1' }), fc.boolean(), runSequence),
      {
        numRuns: runs,
        ...(seed === undefined ? {} : { seed: seed + part }),
      },
    )
  })
})
