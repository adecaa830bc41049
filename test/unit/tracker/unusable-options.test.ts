import { describe, expect, test } from 'vitest'
import { connectBackends } from '../../../src/experiment/index.js'
import { type ActivityTracker, startActivity } from '../../../src/index.js'
import { balanceAfterEach, newTracker } from '../../support/tracked.js'

balanceAfterEach()

function listening(redact?: (key: string, value: unknown) => unknown): { tracker: ActivityTracker; said: string[] } {
  const said: string[] = []
  const { tracker } = newTracker({ redact, onWarning: (message) => said.push(message) })
  return { tracker, said }
}

const anything = undefined as never

describe('a call at run time goes on without an option that does not exist, counts it and says which there are', () => {
  test.each<[string, (tracker: ActivityTracker) => unknown]>([
    ['blockers({ modul })', (tracker) => tracker.blockers({ modul: 'A' } as never)],
    ['openActivities({ modul })', (tracker) => tracker.openActivities({ modul: 'A' } as never)],
    ['cancel({ modul })', (tracker) => tracker.cancel({ modul: 'A' } as never)],
    ['isQuiescent({ plannd })', (tracker) => tracker.isQuiescent({ module: 'A', plannd: false } as never)],
    ['waitQuiescent({ timeout })', (tracker) => tracker.waitQuiescent({ timeoutMillis: 0, timeout: 500 } as never)],
    ['runningSummary({ al })', (tracker) => tracker.runningSummary({ al: true } as never)],
    ['checkModuleLiveness({ timeout })', (tracker) => tracker.checkModuleLiveness({ timeout: 5 } as never)],
    ['subscribe({ maxbatch })', (tracker) => tracker.subscribe(() => {}, { maxbatch: 5 } as never)],
    ['subscribeScalars({ max })', (tracker) => tracker.subscribeScalars(() => {}, { max: 5 } as never)],
    ['changes({ from })', (tracker) => tracker.changes({ from: 5 } as never)],
    ['reportError({ work_ })', (tracker) => tracker.reportError('message', { work_: 'x' } as never)],
    ['errors({ kind })', (tracker) => tracker.errors({ kind: 'x' } as never)],
    ['logScalars({ steps })', (tracker) => tracker.logScalars({ loss: 1 }, { steps: 5 } as never)],
    ['scalarAggregator({ maxStep })', (tracker) => tracker.scalarAggregator({ maxStep: 5 } as never)],
    ['notify({ to })', (tracker) => tracker.notify({ title: 'title', content: '' }, { to: 'slack' } as never)],
    ['close({ timeout })', (tracker) => connectBackends({ tracker, backends: [] }).close({ timeout: 5 } as never)],
  ])('%s', async (option, call) => {
    const { tracker, said } = listening()
    using _open = startActivity({ tracker, module: 'A', name: 'work' })
    for (let time = 0; time < 2; time += 1) await call(tracker)
    expect(tracker.snapshot().faults['option.invalid']).toBeGreaterThan(0)
    expect(said).toEqual([expect.stringContaining(`${option}: unknown option; known are `)])
  })

  test('all that a wait takes is named, that of a scope too', async () => {
    const { tracker, said } = listening()
    await tracker.waitQuiescent({ timeout: 500 } as never)
    expect(said).toEqual([
      expect.stringContaining(
        'known are timeoutMillis, settleMillis, signal, module, group, type, within, attributes, where, planned, self: ',
      ),
    ])
  })
})

describe('a value that cannot be used is counted, and said with its call, what was expected and what it was', () => {
  test.each<[string, (tracker: ActivityTracker) => unknown]>([
    [
      "logScalars({ step }): expected a number, got string '7'",
      (tracker) => tracker.logScalars({ loss: 1 }, { step: '7' } as never),
    ],
    [
      "waitQuiescent({ timeoutMillis }): expected a number, got string '500'",
      (tracker) => tracker.waitQuiescent({ timeoutMillis: '500' } as never),
    ],
    [
      'waitQuiescent({ signal }): expected an AbortSignal, got object',
      (tracker) => tracker.waitQuiescent({ signal: new AbortController() } as never),
    ],
    [
      "reportError({ severity }): expected info, warning, error, critical, got string 'fatal'",
      (tracker) => tracker.reportError('message', { severity: 'fatal' } as never),
    ],
    [
      "subscribe({ whenFull }): expected inline, drop, gap, got string 'block'",
      (tracker) => tracker.subscribe(() => {}, { whenFull: 'block' } as never),
    ],
    [
      "subscribeScalars({ maxBatch }): expected a number of at least 1, got string '5'",
      (tracker) => tracker.subscribeScalars(() => {}, { maxBatch: '5' } as never),
    ],
    [
      'subscribe({ name }): expected a text, got number 5',
      (tracker) => tracker.subscribe(() => {}, { name: 5 as never }),
    ],
    ['tracker.step: expected a number, got number NaN', (tracker) => Object.assign(tracker, { step: Number.NaN })],
    ['on("run.failed", listener): expected a function, got undefined', (tracker) => tracker.on('run.failed', anything)],
    ['subscribe(listener): expected a function, got undefined', (tracker) => tracker.subscribe(anything)],
    ['blockers(scope): expected an object, got string', (tracker) => tracker.blockers('A' as never)],
    ['errors(filter): expected an object, got a list', (tracker) => tracker.errors(['A'] as never)],
    [
      'close({ timeoutMillis }): expected a number from 0 on, got number -1',
      (tracker) => connectBackends({ tracker, backends: [] }).close({ timeoutMillis: -1 }),
    ],
  ])('%s', async (text, call) => {
    const { tracker, said } = listening()
    await call(tracker)
    expect(tracker.snapshot().faults).toEqual({ 'option.invalid': 1 })
    expect(said).toEqual([expect.stringContaining(`${text}: `)])
  })

  test('a field of a scope is said with its call too, as what is wrong with a scope', () => {
    const { tracker, said } = listening()
    tracker.blockers({ module: 5 as never })
    expect(tracker.snapshot().faults).toEqual({ 'scope.invalid': 1 })
    expect(said).toEqual([expect.stringContaining('blockers({ module }): expected a string, got number: ')])
  })

  test('each mistake is said once, whatever the value', () => {
    const { tracker, said } = listening()
    for (const step of ['1', '2', '3']) tracker.logScalars({ loss: 1 }, { step, at: 'now' } as never)
    expect(tracker.snapshot().faults['option.invalid']).toBe(6)
    expect(said.map((message) => message.split(':')[0])).toEqual(['logScalars({ step })', 'logScalars({ at })'])
  })

  test('and a value is said no longer than forty characters, and as the redaction leaves it', () => {
    const { tracker, said } = listening((key, value) => (key === 'step' ? undefined : value))
    tracker.logScalars({ loss: 1 }, { step: 'secret', at: 'x'.repeat(1_000) } as never)
    expect(said).toEqual([
      expect.stringContaining('logScalars({ step }): expected a number, got string: '),
      expect.stringContaining(`epoch, got string '${'x'.repeat(40)}': `),
    ])
  })
})
