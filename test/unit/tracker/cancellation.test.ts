import { describe, expect, test } from 'vitest'
import { runActivity, startActivity } from '../../../src/index.js'
import { balanceAfterEach, deferred, newTracker } from '../../support/tracked.js'

balanceAfterEach()

describe('cancelling a handle', () => {
  test('aborts its own signal and those of everything open below it, also below what has ended', () => {
    const { tracker } = newTracker()
    const top = startActivity({ tracker, name: 'top' })
    const middle = startActivity({ tracker, name: 'middle', parent: top })
    const leaf = startActivity({ tracker, name: 'leaf', parent: middle })
    const other = startActivity({ tracker, name: 'other' })
    const signals = [top, middle, leaf, other].map((activity) => activity.signal)
    middle.complete()
    top.cancel('enough')
    expect(signals.map((signal) => signal.aborted)).toEqual([true, false, true, false])
    expect(leaf.signal.reason).toMatchObject({ name: 'AbortError', message: 'enough' })
    expect([top.state, middle.state, leaf.state]).toEqual(['cancelled', 'completed', 'running'])
  })

  test('also reaches a signal that is first read later, when what lies between has ended', () => {
    const { tracker } = newTracker()
    const top = startActivity({ tracker, name: 'top' })
    const middle = startActivity({ tracker, name: 'middle', parent: top })
    const leaf = startActivity({ tracker, name: 'leaf', parent: middle })
    top.cancel()
    middle.complete()
    expect(leaf.signal.aborted).toBe(true)
    expect(startActivity({ tracker, name: 'late', parent: leaf }).signal.aborted).toBe(true)
  })

  test('that has ended changes nothing, neither for it nor for what it left behind', () => {
    const { tracker } = newTracker()
    const top = startActivity({ tracker, name: 'top' })
    const child = startActivity({ tracker, name: 'child', parent: top })
    const { signal } = child
    top.complete()
    top.cancel('too late')
    expect([top.state, top.reason, top.signal.aborted, signal.aborted]).toEqual(['completed', undefined, false, false])
    expect(tracker.snapshot().faults).toEqual({ 'end.ignored': 1 })
  })

  test('whose listeners end other activities leaves the count right', () => {
    const { tracker } = newTracker()
    const top = startActivity({ tracker, name: 'top' })
    const children = Array.from({ length: 10 }, (_, index) =>
      startActivity({ tracker, name: `child ${index}`, parent: top }),
    )
    for (const child of children)
      child.signal.addEventListener('abort', () => children.forEach((one) => void one.complete()))
    top.cancel()
    expect(tracker.isQuiescent()).toBe(true)
    expect(tracker.snapshot().totals).toMatchObject({ created: 11, completed: 10, cancelled: 1 })
  })
})

describe('a timeout', () => {
  test('fails the activity and aborts the signals below it', async () => {
    const { tracker, clock } = newTracker()
    const top = startActivity({ tracker, name: 'top', timeoutMillis: 100 })
    const child = startActivity({ tracker, name: 'child', parent: top })
    const { signal } = child
    await clock.advance(99)
    expect([top.state, signal.aborted]).toEqual(['running', false])
    await clock.advance(1)
    expect([top.state, top.error?.type, signal.aborted]).toEqual(['failed', 'TimeoutError', true])
  })

  test('that did not come leaves no timer', () => {
    const { tracker, clock } = newTracker()
    runActivity({ tracker, name: 'block', timeoutMillis: 100 }, () => undefined)
    expect(clock.timers).toBe(0)
  })
})

describe('two functions of one activity', () => {
  test('keep it open until both have settled, and one that throws after complete() fails it', async () => {
    const { tracker } = newTracker()
    const activity = startActivity({ tracker, name: 'work' })
    const [first, second] = [deferred(), deferred()]
    const error = new Error('after complete')
    const running = [activity.run(() => first.promise), activity.run(() => second.promise)]
    activity.complete('all good')
    first.reject(error)
    await expect(running[0]).rejects.toBe(error)
    expect(activity.isOpen).toBe(true)
    second.resolve()
    await running[1]
    expect([activity.state, activity.error?.message]).toEqual(['failed', 'after complete'])
  })

  test('of which one throws after cancel() leave it cancelled', async () => {
    const { tracker } = newTracker()
    const activity = startActivity({ tracker, name: 'work' })
    const [first, second] = [deferred(), deferred()]
    const running = [activity.run(() => first.promise), activity.run(() => second.promise)]
    activity.cancel('enough')
    first.reject(new Error('after cancel'))
    second.resolve()
    await Promise.allSettled(running)
    expect([activity.state, activity.reason]).toEqual(['cancelled', 'enough'])
    expect(tracker.errors()).toEqual([])
  })
})

test('cancelling ten thousand activities without children one by one is quick work', () => {
  const { tracker } = newTracker()
  const all = Array.from({ length: 10_000 }, () => startActivity({ tracker, name: 'work' }))
  let looked = 0
  for (const activity of all) {
    activity.cancel()
    looked += 1
  }
  expect([looked, tracker.isQuiescent()]).toEqual([10_000, true])
})
