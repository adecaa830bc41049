import { expect, test } from 'vitest'
import { planActivity, startActivity } from '../../../src/index.js'
import { balanceAfterEach, newTracker } from '../../support/tracked.js'

balanceAfterEach()

test('nothing open reads as quiescent', () => {
  const { tracker } = newTracker()
  expect(tracker.runningSummary()).toBe('Quiescent (no active work)')
  startActivity({ tracker, module: 'Trainer', name: 'work' }).complete()
  expect(tracker.runningSummary()).toBe('Quiescent (no active work)')
})

test('running work is summed up by module, the busiest first', () => {
  const { tracker } = newTracker()
  startActivity({ tracker, module: 'Trainer', name: 'step' })
  for (let count = 0; count < 3; count += 1) startActivity({ tracker, module: 'RolloutWorker-1', name: 'rollout' })
  expect(tracker.runningSummary()).toBe('Active: 4 (RolloutWorker-1: 3, Trainer: 1)')
})

test('planned work is shown apart', () => {
  const { tracker } = newTracker()
  planActivity({ tracker, module: 'Queue', name: 'job' })
  const second = planActivity({ tracker, module: 'Queue', name: 'job' })
  expect(tracker.runningSummary()).toBe('Planned: 2 (Queue: 2)')
  startActivity({ tracker, module: 'Trainer', name: 'step' })
  expect(tracker.runningSummary()).toBe('Active: 1 (Trainer: 1); planned: 2 (Queue: 2)')
  second.start()
  expect(tracker.runningSummary()).toBe('Active: 2 (Queue: 1, Trainer: 1); planned: 1 (Queue: 1)')
})

test('a thousand modules are the ten busiest and how many more, unless all are asked for', () => {
  const { tracker } = newTracker()
  for (let index = 0; index < 1_000; index += 1)
    startActivity({ tracker, module: `module-${String(index).padStart(4, '0')}`, name: 'work' })
  startActivity({ tracker, module: 'module-0999', name: 'work' })
  const summary = tracker.runningSummary()
  expect(summary).toBe(
    `Active: 1001 (module-0999: 2, ${Array.from({ length: 9 }, (_, index) => `module-000${index}: 1`).join(', ')}, … and 990 more)`,
  )
  expect(tracker.runningSummary({ all: true }).split(', ')).toHaveLength(1_000)
})

test('modules that are equally busy stand in the order of their names', () => {
  const { tracker } = newTracker()
  for (const module of ['b', 'a', 'c']) startActivity({ tracker, module, name: 'work' })
  expect(tracker.runningSummary()).toBe('Active: 3 (a: 1, b: 1, c: 1)')
})
