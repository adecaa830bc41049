import { expect, test } from 'vitest'
import { planActivity, runActivity, startActivity } from '../../../src/index.js'
import { balanceAfterEach, newTracker } from '../../support/tracked.js'

balanceAfterEach()

test('blockers tell what is open, where it stands and for how long', async () => {
  const { tracker, clock } = newTracker()
  const began = clock.wallMillis()
  const run = startActivity({ tracker, module: 'Controller', group: 'control', type: 'run', name: 'train' })
  await clock.advance(1_000)
  const task = startActivity({ tracker, name: 'collect', parent: run })
  task.update('rollouts', { done: 3, total: 4 })
  await clock.advance(500)
  const [outer, inner] = tracker.blockers()
  expect(outer).toMatchObject({
    kind: 'activity',
    instance: tracker.process.instance,
    id: run.id,
    name: 'train',
    module: 'Controller',
    group: 'control',
    type: 'run',
    state: 'running',
    condition: 'progressing',
    path: ['train'],
    ageMillis: 1_500,
    silenceMillis: 1_500,
    lastProgressAt: began,
  })
  expect(inner).toMatchObject({
    name: 'collect',
    module: 'Controller',
    path: ['train', 'collect'],
    ageMillis: 500,
    silenceMillis: 500,
    lastProgressAt: began + 1_000,
    doing: 'rollouts',
    progress: { done: 3, total: 4, percent: 75 },
  })
  expect(inner).not.toHaveProperty('group')
  expect(JSON.parse(JSON.stringify(tracker.blockers()))).toEqual(tracker.blockers())
})

test('the oldest comes first, also where work began before it came in', async () => {
  const { tracker, clock } = newTracker()
  await clock.advance(10_000)
  startActivity({ tracker, name: 'second' })
  await clock.advance(1_000)
  startActivity({ tracker, name: 'first', startTime: clock.wallMillis() - 5_000 })
  startActivity({ tracker, name: 'third' })
  expect(tracker.blockers().map(({ name, ageMillis }) => [name, ageMillis])).toEqual([
    ['first', 5_000],
    ['second', 1_000],
    ['third', 0],
  ])
})

test('planned work is a blocker with its age since it was planned', async () => {
  const { tracker, clock } = newTracker()
  const job = planActivity({ tracker, module: 'Queue', name: 'resize' })
  await clock.advance(300)
  expect(tracker.blockers()).toMatchObject([{ state: 'planned', ageMillis: 300, silenceMillis: 300 }])
  job.start()
  await clock.advance(50)
  expect(tracker.blockers()).toMatchObject([{ state: 'running', ageMillis: 50, silenceMillis: 50 }])
})

test('an activity is silent once it is over its budget, and no longer when it is heard of', async () => {
  const { tracker, clock } = newTracker()
  const activity = startActivity({ tracker, name: 'work', silenceBudgetMillis: 100 })
  const planned = planActivity({ tracker, name: 'later', silenceBudgetMillis: 100 })
  const condition = () => tracker.blockers().map((blocker) => blocker.condition)
  await clock.advance(100)
  expect(condition()).toEqual(['progressing', 'progressing'])
  await clock.advance(1)
  expect(condition()).toEqual(['silent', 'progressing'])
  activity.heartbeat()
  expect(condition()).toEqual(['progressing', 'progressing'])
  expect(planned.state).toBe('planned')
})

test.each(['heartbeat', 'update', 'log'] as const)('%s counts as progress', async (method) => {
  const { tracker, clock } = newTracker()
  const activity = startActivity({ tracker, name: 'work' })
  await clock.advance(100)
  activity[method]('x')
  expect(tracker.blockers()[0]?.silenceMillis).toBe(0)
  expect(tracker.blockers()[0]?.ageMillis).toBe(100)
  expect(activity.lastProgressAt).toBe(clock.wallMillis())
})

test('a blocker names the file and line where it was started', () => {
  const { tracker } = newTracker()
  const here = (offset: number) => new RegExp(`blockers\\.test\\.ts:${lineOf(new Error()) + offset}$`)
  startActivity({ tracker, name: 'started here' })
  expect(tracker.blockers()[0]?.startedFrom).toMatch(here(-1))
  runActivity({ tracker, name: 'ran here' }, () => {
    expect(tracker.blockers({ self: true })[1]?.startedFrom).toMatch(here(-1))
  })
})

/** The line of the caller of the function in which the error was made. */
function lineOf(error: Error): number {
  return Number(/blockers\.test\.ts:(\d+)/.exec(error.stack?.split('\n')[2] ?? '')?.[1])
}

test('a very deep path keeps its two ends', () => {
  const { tracker } = newTracker()
  let parent = startActivity({ tracker, name: 'root' })
  for (let depth = 1; depth <= 200; depth += 1) parent = startActivity({ tracker, name: `n${depth}`, parent })
  const path = tracker.blockers().at(-1)?.path ?? []
  expect(path.length).toBeLessThanOrEqual(65)
  expect(path[0]).toBe('root')
  expect(path.at(-1)).toBe('n200')
})

test('a scope chooses among the blockers', () => {
  const { tracker } = newTracker()
  startActivity({ tracker, module: 'A', name: 'a' })
  startActivity({ tracker, module: 'B', name: 'b' })
  expect(tracker.blockers({ module: 'B' }).map((blocker) => blocker.name)).toEqual(['b'])
})
