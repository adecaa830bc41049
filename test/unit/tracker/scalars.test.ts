import { describe, expect, test } from 'vitest'
import { type Gap, runActivity, type ScalarEntry } from '../../../src/index.js'
import type { ManualClock } from '../../../src/testing/index.js'
import { balanceAfterEach, newTracker, type Tracked } from '../../support/tracked.js'

balanceAfterEach()

interface Listening extends Tracked {
  /** What has been delivered so far. */
  readonly entries: ScalarEntry[]
  readonly gaps: Gap[]
}

function isGap(item: ScalarEntry | Gap): item is Gap {
  return 'kind' in item && 'from' in item
}

function listening(tracked: Tracked = newTracker({ serviceName: 'trainer' })): Listening {
  const entries: ScalarEntry[] = []
  const gaps: Gap[] = []
  tracked.tracker.subscribeScalars((items) => {
    for (const item of items) {
      if (isGap(item)) gaps.push(item)
      else entries.push(item)
    }
  })
  return { ...tracked, entries, gaps }
}

function logged(
  values: unknown,
  options?: unknown,
): { entries: ScalarEntry[]; clock: ManualClock; warnings: string[] } {
  const all = listening()
  all.tracker.logScalars(values as never, options as never)
  all.tracker.flushNow()
  return all
}

describe('logScalars', () => {
  test('belongs to the current step, the service and the moment where nothing else is said', () => {
    const { tracker, clock, entries } = listening()
    tracker.step = 100
    tracker.logScalars({ 'train/loss': 0.5 })
    clock.advance(5)
    tracker.flushNow()
    expect(entries).toEqual([{ run: 'trainer', step: 100, at: clock.wallMillis() - 5, values: { 'train/loss': 0.5 } }])
  })

  test('belongs to the run in which it is called', () => {
    const { tracker, entries } = listening()
    runActivity({ tracker, name: 'experiment-7', type: 'run' }, () => {
      runActivity({ tracker, name: 'step' }, () => tracker.logScalars({ loss: 1 }))
    })
    runActivity({ tracker, name: 'no run' }, () => tracker.logScalars({ loss: 2 }))
    tracker.flushNow()
    expect(entries.map(({ run }) => run)).toEqual(['experiment-7', 'trainer'])
  })

  test('takes step, run, time and backend as they are given', () => {
    const at = new Date('2026-01-02T03:04:05.678Z')
    const { entries } = logged({ loss: 1 }, { step: 7, run: 'mine', at, backend: 'jsonl' })
    expect(entries).toEqual([{ run: 'mine', step: 7, at: at.getTime(), values: { loss: 1 }, backend: 'jsonl' }])
  })

  test('flattens objects, and keeps NaN and the infinities', () => {
    const { entries } = logged({ train: { loss: Number.NaN, grad: { norm: Infinity } }, 'val/loss': -Infinity })
    expect(entries[0]?.values).toEqual({
      'train/loss': Number.NaN,
      'train/grad/norm': Infinity,
      'val/loss': -Infinity,
    })
  })
})
