import { describe, expect, test } from 'vitest'
import { runActivity } from '../../../src/index.js'
import { balanceAfterEach, newTracker } from '../../support/tracked.js'

balanceAfterEach()

class NoMemory extends Error {
  override readonly name = 'NoMemory'
}

describe('groups of errors', () => {
  test('are by type, module and work, with the first, the latest and the count', async () => {
    const { tracker, clock } = newTracker()
    const began = clock.wallMillis()
    const step = (): void =>
      runActivity({ tracker, module: 'Trainer', name: 'step' }, () => {
        throw new NoMemory(`at ${clock.wallMillis() - began}`)
      })
    for (let count = 0; count < 3; count += 1) {
      expect(step).toThrow()
      await clock.advance(1_000)
    }
    const latest = tracker.errors().at(-1)
    tracker.reportError(new NoMemory('elsewhere'), { module: 'Trainer', work: 'validate' })
    tracker.reportError(new TypeError('other'), { module: 'Trainer', work: 'step' })
    expect(tracker.errorGroups()).toEqual([
      {
        type: 'NoMemory',
        module: 'Trainer',
        work: 'step',
        count: 3,
        firstAt: began,
        lastAt: began + 2_000,
        severity: 'error',
        message: 'at 2000',
        lastId: latest?.id,
      },
      expect.objectContaining({ type: 'TypeError', work: 'step', count: 1 }),
      expect.objectContaining({ type: 'NoMemory', work: 'validate', count: 1 }),
    ])
  })

  test('go on counting errors that are not kept any more, and have the worst severity', () => {
    const { tracker } = newTracker({ maxErrors: 2 })
    for (const severity of ['warning', 'critical', 'info', 'warning'] as const)
      tracker.reportError('again', { module: 'Queue', work: 'poll', severity })
    expect(tracker.errors()).toHaveLength(2)
    expect(tracker.errorGroups()).toMatchObject([{ type: 'message', count: 4, severity: 'critical' }])
  })

  test('are bounded; the one that was quiet for longest leaves, and that is counted', () => {
    const { tracker } = newTracker({ maxErrors: 3 })
    const report = (work: string): string => tracker.reportError('x', { work })
    for (const work of ['a', 'b', 'c', 'a', 'd', 'e']) report(work)
    expect(tracker.errorGroups().map(({ work, count }) => [work, count])).toEqual([
      ['a', 2],
      ['e', 1],
      ['d', 1],
    ])
    expect(tracker.snapshot().droppedErrorGroups).toBe(2)
    expect(tracker.errorHealth().errorLevelCount).toBe(6)
  })

  test('are filtered as errors are', () => {
    const { tracker } = newTracker()
    for (const [module, work] of [
      ['Trainer', 'fit'],
      ['Trainer', 'fit'],
      ['Trainer', 'save'],
      ['Loader', 'load'],
    ])
      tracker.reportError(new NoMemory('x'), { module, work })
    tracker.reportError('slow', { module: 'Loader', work: 'load', severity: 'warning' })
    const works = (filter: Parameters<typeof tracker.errorGroups>[0]): string[] =>
      tracker.errorGroups(filter).map(({ work }) => work)
    expect(works({ module: 'Trainer' })).toEqual(['fit', 'save'])
    expect(works({ type: 'message' })).toEqual(['load'])
    expect(works({ severity: 'warning' })).toEqual(['load'])
    expect(works({ work: 'load' })).toEqual(['load', 'load'])
    expect(works({ limit: 1 })).toEqual(['fit'])
    expect(works({ limit: 0 })).toEqual([])
    expect(tracker.errors({ type: 'NoMemory', work: 'fit' })).toHaveLength(2)
    expect(tracker.errors({ type: 'NoMemory', limit: 1 })).toMatchObject([{ work: 'load' }])
  })

  test('that were handed out stay as they were', () => {
    const { tracker } = newTracker()
    tracker.reportError('x')
    const [before] = tracker.errorGroups()
    tracker.reportError('x')
    expect(before?.count).toBe(1)
  })
})
