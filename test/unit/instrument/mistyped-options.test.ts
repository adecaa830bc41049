import { describe, expect, test } from 'vitest'
import { type ActivityTracker, planActivity, runActivity, startActivity } from '../../../src/index.js'
import { balanceAfterEach, newTracker } from '../../support/tracked.js'

balanceAfterEach()

function trackerThatTells(): { readonly tracker: ActivityTracker; readonly said: readonly string[] } {
  const said: string[] = []
  return { tracker: newTracker({ onWarning: (message) => said.push(message) }).tracker, said }
}

describe('what is started goes on with an option that does not exist, and tells of it once', () => {
  test.each<[string, (options: never) => unknown]>([
    ['runActivity', (options) => runActivity(options, () => 1)],
    ['startActivity', (options) => startActivity(options).complete()],
    ['planActivity', (options) => planActivity(options).complete()],
  ])('%s', (call, start) => {
    const { tracker, said } = trackerThatTells()
    for (let times = 0; times < 3; times += 1) start({ tracker, name: 'work', modul: 'Trainer' } as never)
    expect(said).toEqual([
      expect.stringContaining(`${call}({ modul }): unknown option; known are name, module, group,`),
    ])
    expect(tracker.snapshot().totals).toMatchObject({ completed: 3 })
  })

  test('what only a handle has is unknown to a block, and what only a function has to both', () => {
    const { tracker, said } = trackerThatTells()
    startActivity({ tracker, name: 'handle', leftAs: 'failed' }).complete()
    expect(said).toEqual([])
    runActivity({ tracker, name: 'block', leftAs: 'failed' } as never, () => {})
    startActivity({ tracker, name: 'handle', module: 'Other', did: () => 'it' } as never).complete()
    expect(said).toEqual([
      expect.stringContaining('runActivity({ leftAs }): unknown option'),
      expect.stringContaining('startActivity({ did }): unknown option'),
    ])
  })
})

test('a severity that does not exist matches no error, which is said', () => {
  const { tracker, said } = trackerThatTells()
  tracker.reportError('boom')
  expect(tracker.errors({ severity: 'fatal' as never })).toEqual([])
  expect(tracker.errorGroups({ severity: 'fatal' as never })).toEqual([])
  expect(said).toEqual([
    expect.stringContaining('errors({ severity }): expected info, warning, error, critical, got'),
    expect.stringContaining('errorGroups({ severity }): expected info, warning, error, critical, got'),
  ])
})
