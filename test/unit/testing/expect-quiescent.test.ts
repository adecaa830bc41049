import { expect, test } from 'vitest'
import { isUnderwayError, planActivity, startActivity } from '../../../src/index.js'
import { expectQuiescent } from '../../../src/testing/index.js'
import { balanceAfterEach, newTracker } from '../../support/tracked.js'

balanceAfterEach()

function failureOf(work: () => void): Error | undefined {
  try {
    work()
  } catch (error) {
    return error as Error
  }
  return undefined
}

test('nothing open passes', () => {
  const { tracker } = newTracker()
  startActivity({ tracker, name: 'work' }).complete()
  expect(failureOf(() => expectQuiescent({ tracker }))).toBe(undefined)
})

test('what is open is named with its state, age, silence and place', async () => {
  const { tracker, clock } = newTracker()
  const run = startActivity({ tracker, module: 'Trainer', name: 'train' })
  planActivity({ tracker, name: 'collect', parent: run })
  run.update('epoch 3')
  await clock.advance(1_500)
  const error = failureOf(() => expectQuiescent({ tracker }))
  expect(isUnderwayError(error) && error.code).toBe('NOT_QUIESCENT')
  expect(error?.message).toContain('2 activities are still open')
  expect(error?.message).toMatch(
    /Trainer train \(running, open for 1500 ms, silent for 1500 ms, doing: epoch 3, started at .*expect-quiescent\.test\.ts:\d+\)/,
  )
  expect(error?.message).toMatch(/Trainer train > collect \(planned/)
})

test('a scope leaves the rest out, and a long list is cut', () => {
  const { tracker } = newTracker()
  for (let index = 0; index < 15; index += 1) startActivity({ tracker, module: 'A', name: `work ${index}` })
  expect(failureOf(() => expectQuiescent({ tracker, module: 'B' }))).toBe(undefined)
  const lines = failureOf(() => expectQuiescent({ tracker, module: 'A' }))?.message.split('\n') ?? []
  expect(lines).toHaveLength(12)
  expect(lines.at(-1)).toBe('  … and 5 more')
  const [only] =
    failureOf(() => expectQuiescent({ tracker, where: ({ name }) => name === 'work 3' }))?.message.split('\n') ?? []
  expect(only).toContain('1 activity is still open')
})
