import { describe, expect, test } from 'vitest'
import { planActivity, runActivity, startActivity, trackActivity } from '../../../src/index.js'
import { deferred, observe, rejectionOf } from './observe.js'

function waitFor(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

describe('cancel', () => {
  test('aborts the signal with an AbortError that says why', async () => {
    const { tracker, only } = observe()
    const work = runActivity({ tracker }, async (activity) => {
      queueMicrotask(() => activity.cancel('budget spent'))
      await waitFor(activity.signal)
    })
    const { error } = await rejectionOf(work)
    expect(error).toMatchObject({ name: 'AbortError', message: 'budget spent' })
    expect(only()).toMatchObject({ state: 'cancelled', reason: 'budget spent' })
  })

  test('aborts the signals of everything below, and what they throw then is a cancellation', async () => {
    const { tracker, ended } = observe()
    const leaf = trackActivity({ tracker, name: 'leaf' }, (signal: AbortSignal) => waitFor(signal))
    const work = runActivity({ tracker, name: 'root' }, async (root) => {
      const child = runActivity({ name: 'child' }, async (activity) => {
        await leaf(activity.signal)
      })
      root.cancel('enough')
      await child
    })
    await rejectionOf(work)
    expect(ended().map(({ name, state, reason }) => [name, state, reason])).toEqual([
      ['leaf', 'cancelled', 'enough'],
      ['child', 'cancelled', 'enough'],
      ['root', 'cancelled', 'enough'],
    ])
  })

  test('reaches what is started below it later', () => {
    const { tracker } = observe()
    runActivity({ tracker }, (root) => {
      root.cancel('enough')
      runActivity('child', (child) => {
        expect(child.signal.aborted).toBe(true)
        expect(startActivity({ name: 'grandchild' }).signal.reason).toBe(root.signal.reason)
      })
    })
  })

  test('does not reach what is beside or above it', () => {
    const { tracker } = observe()
    runActivity({ tracker }, (root) => {
      const first = startActivity('first')
      const second = startActivity('second')
      const signals = [root.signal, second.signal]
      first.cancel()
      expect(signals.map(({ aborted }) => aborted)).toEqual([false, false])
      expect(startActivity({ parent: null }).signal.aborted).toBe(false)
    })
  })

  test('of a handle without a function aborts its own signal and those below it', () => {
    const { tracker } = observe()
    const parent = startActivity({ tracker, name: 'parent' })
    const child = startActivity({ tracker, name: 'child', parent })
    const other = startActivity({ tracker, name: 'other' })
    const signals = [parent.signal, child.signal, other.signal]
    parent.cancel('enough')
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, false])
  })

  test('of planned work aborts the signals below it', () => {
    const { tracker } = observe()
    const job = planActivity({ tracker })
    const { signal } = startActivity({ tracker, parent: job })
    job.cancel()
    expect(job.state).toBe('cancelled')
    expect(signal.aborted).toBe(true)
  })

  test('of an activity that has ended changes nothing below it', () => {
    const { tracker } = observe()
    const parent = startActivity({ tracker })
    const child = startActivity({ tracker, parent })
    const { signal } = child
    parent.complete()
    parent.cancel('too late')
    expect(signal.aborted).toBe(false)
    expect(startActivity({ tracker, parent: child }).signal.aborted).toBe(false)
  })

  test('a listener of the signal may end activities', () => {
    const { tracker, ended } = observe()
    const parent = startActivity({ tracker, name: 'parent' })
    const children = ['a', 'b', 'c'].map((name) => startActivity({ tracker, name, parent }))
    const grandparent = startActivity({ tracker })
    for (const child of children) {
      child.signal.addEventListener('abort', () => {
        for (const each of children) each.skip()
      })
    }
    parent.cancel()
    grandparent.complete()
    expect(tracker.isQuiescent()).toBe(true)
    expect(ended()).toHaveLength(5)
  })

  test('an abort of a signal of your own is a failure', async () => {
    const { tracker, only } = observe()
    const own = AbortSignal.abort()
    await rejectionOf(runActivity({ tracker }, async () => own.throwIfAborted()))
    expect(only().state).toBe('failed')
  })

  test('what cleans up after an AbortError is waited for', async () => {
    const { tracker, ended } = observe()
    const gate = deferred()
    const work = runActivity({ tracker }, async (activity) => {
      activity.cancel()
      try {
        activity.signal.throwIfAborted()
      } finally {
        await gate.promise
      }
    })
    expect(ended()).toHaveLength(0)
    gate.resolve()
    await rejectionOf(work)
    expect(ended().map(({ state }) => state)).toEqual(['cancelled'])
  })
})

describe('timeoutMillis', () => {
  test('aborts the signal and fails the activity with a TimeoutError, when the function settles', async () => {
    const { tracker, clock, only, ended } = observe()
    const gate = deferred()
    const seen: AbortSignal[] = []
    const work = runActivity({ tracker, timeoutMillis: 1_000 }, async (activity) => {
      seen.push(activity.signal)
      await gate.promise
      return 'late'
    })
    await clock.advance(999)
    expect(seen[0]?.aborted).toBe(false)
    await clock.advance(1)
    expect(seen[0]?.reason).toMatchObject({ name: 'TimeoutError' })
    expect(ended()).toHaveLength(0)
    gate.resolve()
    expect(await work).toBe('late')
    expect(only()).toMatchObject({
      state: 'failed',
      error: { type: 'TimeoutError', message: 'timed out after 1000 ms' },
    })
  })

  test('ends a handle without a function at once, and aborts what is below it', async () => {
    const { tracker, clock, only } = observe()
    const parent = startActivity({ tracker, timeoutMillis: 50 })
    const { signal } = startActivity({ tracker, parent })
    await clock.advance(50)
    expect(parent.state).toBe('failed')
    expect(signal.aborted).toBe(true)
    expect(only().error?.type).toBe('TimeoutError')
  })

  test('leaves no timer behind once the activity has ended', async () => {
    const { tracker, clock, only } = observe()
    await runActivity({ tracker, timeoutMillis: 1_000 }, async () => {})
    expect(clock.timers).toBe(0)
    await clock.advance(2_000)
    expect(only().state).toBe('completed')
  })
})
