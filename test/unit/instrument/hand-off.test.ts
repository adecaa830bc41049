import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { planActivity, runActivity, startActivity } from '../../../src/index.js'
import { observe, rejectionOf } from './observe.js'

test('what was interrupted below by throwing the reason of the signal is cancelled, and the error counts once', async () => {
  const { tracker, clock, ended } = observe()
  const work = rejectionOf(
    runActivity({ tracker, name: 'root', timeoutMillis: 10 }, () =>
      runActivity(
        'child',
        ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      ),
    ),
  )
  await clock.advance(10)
  await work
  expect(ended().map(({ name, state }) => `${name} ${state}`)).toEqual(['child cancelled', 'root failed'])
  expect(tracker.errors()).toHaveLength(1)
})

test('the timeout of planned work runs from its start', async () => {
  const { tracker, clock } = observe()
  const job = planActivity({ tracker, timeoutMillis: 1_000 })
  await clock.advance(60_000)
  expect(job.state).toBe('planned')
  job.start()
  await clock.advance(999)
  expect(job.state).toBe('running')
  await clock.advance(1)
  expect(job.state).toBe('failed')
})

test('from takes the carrier itself', () => {
  const job = startActivity({ tracker: observe().tracker, id: 'job-1' })
  const headers: Record<string, unknown> = job.inject({})
  expect(startActivity({ tracker: observe().tracker, from: headers }).id).toBe('job-1')
})

test('from goes on with an activity of this tracker that was handed off and is still open', async () => {
  const { tracker } = observe()
  const job = planActivity({ tracker, name: 'resize' })
  const headers: Record<string, unknown> = job.inject({})
  const inside = await runActivity({ tracker, from: headers }, async (activity) => activity.id)
  expect(inside).toBe(job.id)
  expect(job.state).toBe('completed')
  expect(tracker.snapshot().totals.created).toBe(1)
})

test('startActivity with from starts what was planned, and gives the same handle', () => {
  const { tracker } = observe()
  const job = planActivity({ tracker, name: 'resize' })
  const taken = startActivity({ tracker, from: job.inject({}) as Record<string, unknown> })
  expect(taken.id).toBe(job.id)
  expect(job.state).toBe('running')
  taken.complete()
  expect(job.state).toBe('completed')
})

test('console.log shows an activity as its snapshot', () => {
  const { tracker } = observe()
  const shown = inspect(startActivity({ tracker, module: 'Api', name: 'GET /users' }))
  expect(shown).toContain("name: 'GET /users'")
  expect(shown).not.toContain('Lifecycle')
})
