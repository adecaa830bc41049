import { expect, test } from 'vitest'
import { drain } from '../../../src/health/index.js'
import { planActivity } from '../../../src/index.js'
import { balanceAfterEach, newTracker } from '../../support/tracked.js'

balanceAfterEach()

test('a worker loop learns from its tracker that draining has begun, ends its job and gives the others back', async () => {
  const { tracker } = newTracker()
  const jobs = ['a', 'b', 'c'].map((name) => planActivity({ tracker, module: 'Queue', name }))
  const done: string[] = []
  const work = async (): Promise<void> => {
    for (const job of jobs) {
      if (tracker.draining) job.cancel('the program ends')
      else await job.run(async ({ name }) => void done.push(name))
    }
  }
  expect(tracker.draining).toBe(false)
  const working = work()
  const drained = drain({ tracker, timeoutMillis: 5_000 })
  expect(tracker.draining).toBe(true)
  await working
  expect(await drained).toMatchObject({ quiescent: true, left: [], startedMeanwhile: 0 })
  expect(done).toEqual(['a'])
})
