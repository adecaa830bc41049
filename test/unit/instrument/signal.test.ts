import { getEventListeners } from 'node:events'
import { describe, expect, test } from 'vitest'
import { planActivity, runActivity, startActivity, trackActivity } from '../../../src/index.js'
import { balanceAfterEach, newTracker } from '../../support/tracked.js'

balanceAfterEach()

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

describe('the option signal', () => {
  test('aborts the signals of the activity and of what is below it, with its own reason; both are cancelled', async () => {
    const { tracker } = newTracker()
    const { signal, abort } = abortable()
    const reason = new Error('the client has gone')
    const below: unknown[] = []
    const work = runActivity({ tracker, name: 'request', signal }, (request) =>
      runActivity({ tracker, name: 'query' }, (query) => {
        expect(request.signal).not.toBe(signal)
        return untilAborted(query.signal).catch((error: unknown) => {
          below.push(error)
          throw error
        })
      }),
    )
    const handles = tracker.openActivities().map(({ id }) => tracker.activity(id))
    abort(reason)
    await expect(work).rejects.toBe(reason)
    expect(below).toEqual([reason])
    expect(handles.map((handle) => [handle?.name, handle?.state, handle?.reason])).toEqual([
      ['request', 'cancelled', 'the client has gone'],
      ['query', 'cancelled', 'the client has gone'],
    ])
    expect(tracker.errors()).toEqual([])
  })

  test('may be aborted with a reason that nobody can read, which is counted and ends nothing', () => {
    const { tracker } = newTracker()
    const { signal, abort } = abortable()
    const reason = Object.defineProperty(new Error('unread'), 'message', {
      get() {
        throw new Error('no')
      },
    })
    const activity = startActivity({ tracker, signal })
    const own = activity.signal
    abort(reason)
    expect(own.reason).toBe(reason)
    expect([activity.state, tracker.snapshot().faults]).toEqual(['running', { 'value.unreadable': 1 }])
    activity.cancel()
  })

  test('that is aborted before lets the function run, with an aborted signal', () => {
    const { tracker } = newTracker()
    const signal = AbortSignal.abort('too late')
    expect(runActivity({ tracker, name: 'late', signal }, (activity) => activity.signal.reason)).toBe('too late')
    expect(planActivity({ tracker, name: 'planned', signal }).start().signal.aborted).toBe(true)
    expect(tracker.snapshot().totals.completed).toBe(1)
  })

  test('leaves a handle open that nobody ends: it only learns of it', () => {
    const { tracker } = newTracker()
    const { signal, abort } = abortable()
    const handle = startActivity({ tracker, name: 'handle', signal })
    abort(new Error('stop'))
    expect([handle.signal.aborted, handle.state]).toEqual([true, 'running'])
    handle.complete()
    expect(handle.state).toBe('completed')
  })

  test('can be taken from the arguments of a wrapped call', async () => {
    const { tracker } = newTracker()
    const { signal, abort } = abortable()
    const load = trackActivity(
      { tracker, name: 'load', signal: (options) => options.signal },
      (options: { signal: AbortSignal }) => untilAborted(options.signal),
    )
    const loading = load({ signal })
    abort(new Error('stop'))
    await expect(loading).rejects.toThrow('stop')
    expect(tracker.snapshot().totals).toMatchObject({ cancelled: 1, failed: 0 })
  })

  test('is let go of when the activity ends, also beside a deadline', async () => {
    const { tracker, clock } = newTracker()
    const { signal } = abortable()
    for (let count = 0; count < 20; count += 1) runActivity({ tracker, name: 'short', signal }, () => undefined)
    const planned = planActivity({ tracker, name: 'planned', signal, timeoutMillis: 1_000 })
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    const { timers } = clock
    planned.start().complete()
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    expect(clock.timers).toBe(timers)
  })

  test('gives a reason that passes the redaction and the bounds, and to listeners the reason itself', () => {
    const { tracker } = newTracker({
      redact: (_, value) => (typeof value === 'string' ? value.replaceAll('secret', '***') : value),
    })
    const { signal, abort } = abortable()
    const reason = new Error(`secret ${'x'.repeat(10_000)}`)
    let seen: unknown
    expect(() =>
      runActivity({ tracker, name: 'work', id: 'mine', signal }, (activity) => {
        const handle = tracker.activity('mine')
        abort(reason)
        seen = handle
        throw activity.signal.reason
      }),
    ).toThrow(reason)
    const { reason: text } = seen as { reason: string }
    expect(text.startsWith('*** xxx')).toBe(true)
    expect(text.length).toBeLessThanOrEqual(4_096)
  })

  test.each([5, {}, 'signal', new AbortController()])('of %o is left out and counted', (signal) => {
    const { tracker } = newTracker()
    expect(runActivity({ tracker, name: 'work', signal: signal as never }, () => 'done')).toBe('done')
    expect(tracker.snapshot().faults).toEqual({ 'option.invalid': 1 })
  })

  test('of a wrong type is refused when wrapping', () => {
    expect(() => trackActivity({ signal: 5 as never }, () => undefined)).toThrow(
      'trackActivity({ signal }): expected object or function, got number',
    )
  })
})

function abortable(): { signal: AbortSignal; abort: (reason: unknown) => void } {
  const controller = new AbortController()
  return { signal: controller.signal, abort: (reason) => controller.abort(reason) }
}

describe('cancelling a scope', () => {
  test('cancels what is open in it, aborts the signals of what runs, and says how many there were', async () => {
    const { tracker } = newTracker()
    const running = runActivity({ tracker, module: 'Trainer', name: 'fit' }, ({ signal }) => untilAborted(signal))
    const planned = planActivity({ tracker, module: 'Trainer', name: 'later' })
    const other = startActivity({ tracker, module: 'Loader', name: 'load' })
    expect(tracker.cancel({ module: 'Trainer' }, 'the trainer is replaced')).toBe(2)
    await expect(running).rejects.toThrow('the trainer is replaced')
    expect([planned.state, planned.reason]).toEqual(['cancelled', 'the trainer is replaced'])
    expect(other.state).toBe('running')
    expect(tracker.snapshot().totals).toMatchObject({ cancelled: 2, failed: 0 })
  })

  test('leaves out who asks, and without a scope means everything else', () => {
    const { tracker } = newTracker()
    const other = startActivity({ tracker, name: 'other', parent: null })
    runActivity({ tracker, name: 'controller' }, (controller) => {
      const child = startActivity({ tracker, name: 'child' })
      expect(tracker.cancel({ within: controller })).toBe(1)
      expect([child.state, controller.signal.aborted, other.state]).toEqual(['cancelled', false, 'running'])
      expect(tracker.cancel()).toBe(1)
      expect(other.state).toBe('cancelled')
    })
    expect(tracker.cancel()).toBe(0)
  })
})
