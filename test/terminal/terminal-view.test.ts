import { afterEach, describe, expect, test } from 'vitest'
import { watchSilence } from '../../src/health/index.js'
import { runActivity, startActivity } from '../../src/index.js'
import { type TerminalView, type TerminalViewOptions, terminalView } from '../../src/terminal/index.js'
import { FakeTerminal } from '../support/fake-terminal.js'
import { newTracker } from '../support/tracked.js'

const views: TerminalView[] = []
afterEach(() => {
  for (const view of views.splice(0)) view.stop()
})

function viewed(options: TerminalViewOptions = {}, output = new FakeTerminal()) {
  const tracked = newTracker()
  const { tracker, clock } = tracked
  const view = terminalView({
    tracker,
    clock,
    output,
    title: 'service',
    env: { TERM: 'xterm' },
    color: false,
    ...options,
  })
  views.push(view)
  /** Lets the view hear of what has happened, and time pass. */
  const pass = (millis: number): Promise<void> => {
    tracker.flushNow()
    return clock.advance(millis)
  }
  return { ...tracked, view, output, pass }
}

describe('a live view', () => {
  test('shows a block that is redrawn in place', async () => {
    const { tracker, pass, output } = viewed()
    const activity = startActivity({ tracker, module: 'loader', name: 'load' })
    await pass(200)
    const before = output.screen
    expect(before.find((line) => line.startsWith('loader'))).toContain('● running')
    activity.complete()
    await pass(200)
    expect(output.screen).toHaveLength(before.length)
    expect(output.screen.find((line) => line.startsWith('loader'))).toContain('○ idle')
  })

  test('is drawn at most ten times a second, however much happens', async () => {
    const { tracker, pass, output } = viewed()
    for (let at = 0; at < 1_000; at += 10) {
      startActivity({ tracker, module: 'worker' }).complete()
      await pass(10)
    }
    expect(output.writes).toBeLessThanOrEqual(12)
  })

  test('writes nothing while nothing changes', async () => {
    const { pass, output } = viewed()
    await pass(950)
    const { writes } = output
    await pass(900)
    // The age of the whole is shown in seconds.
    expect(output.writes - writes).toBe(1)
  })

  test('prints lines that stay above the block', async () => {
    const { tracker, pass, output, view } = viewed()
    startActivity({ tracker, module: 'worker', name: 'play' }).fail(new Error('lost'))
    await pass(200)
    view.log('a line of mine')
    await pass(200)
    const { screen } = output
    expect(screen[0]).toMatch(/0\.\d s {2}✗ error +worker +play: lost/)
    expect(screen[1]).toBe('a line of mine')
    expect(screen[2]).toBe('─'.repeat(79))
    expect(screen.filter((line) => line.startsWith('service'))).toHaveLength(1)
  })

  test('what the program itself writes stands above the block, as it was written', async () => {
    const { tracker, pass, output } = viewed()
    startActivity({ tracker, module: 'loader', name: 'load' })
    await pass(200)
    const block = output.screen
    expect(output.write('first line\n')).toBe(true)
    expect(output.screen).toEqual(['first line', ...block])
    output.write('second ')
    output.write('line\nthird line\n')
    await pass(200)
    expect(output.screen).toEqual(['first line', 'second line', 'third line', ...block])
    output.write('no end')
    await pass(200)
    expect(output.screen.slice(0, 5)).toEqual(['first line', 'second line', 'third line', 'no end', block[0]])
    expect(output.screen).toHaveLength(4 + block.length)
  })

  test('gives the stream back as it was', () => {
    const { view, output } = viewed()
    expect(Object.hasOwn(output, 'write')).toBe(true)
    view.stop()
    expect(Object.hasOwn(output, 'write')).toBe(false)
    const { written } = output
    output.write('after\n')
    expect(output.written).toBe(`${written}after\n`)
  })

  test('leaves alone what somebody else has put over the stream since', () => {
    const { view, output } = viewed()
    const ours = output.write
    const theirs = (text: string): boolean => ours.call(output, `<${text}>`)
    output.write = theirs
    view.stop()
    expect(output.write).toBe(theirs)
    output.write('x')
    expect(output.written.endsWith('<x>')).toBe(true)
  })

  test.each([0, 1, 2, 5, 9, 15])('throws nothing in a terminal of %i columns and as many rows', async (size) => {
    const { tracker, pass, view } = viewed({}, new FakeTerminal(size, size))
    const run = startActivity({ tracker, type: 'run', module: 'controller', name: 'train' })
    run.update('step 1', { done: 1, total: 2 })
    tracker.reportError(new Error('no'), { module: 'loader' })
    await pass(200)
    run.complete('done')
    await pass(200)
    view.stop()
    expect(tracker.snapshot().faults).toEqual({})
  })

  test('names what is stuck', async () => {
    const { tracker, pass, output } = viewed()
    const run = startActivity({ tracker, module: 'controller', name: 'train' })
    startActivity({ tracker, module: 'trainer', name: 'db.query', parent: run, silenceBudgetMillis: 5_000 })
    await pass(4_000)
    expect(output.screen.filter((line) => line.startsWith('stuck'))).toEqual([])
    await pass(3_000)
    expect(output.screen).toContainEqual(
      expect.stringMatching(/^stuck: train open 6 s: blocked on db\.query in trainer, silent 6 s/),
    )
  })

  test('says that work has fallen silent, and that it was heard of again, while somebody watches', async () => {
    const { tracker, pass, output } = viewed()
    using _watch = watchSilence({ tracker })
    const activity = startActivity({ tracker, module: 'trainer', name: 'fit', silenceBudgetMillis: 5_000 })
    await pass(8_000)
    activity.heartbeat()
    await pass(2_000)
    await pass(200)
    const told = output.screen.filter((line) => line.includes('fit:'))
    expect(told[0]).toMatch(/warning .*trainer .*fit: silent for 6/)
    expect(told[1]).toMatch(/up .*trainer .*fit: heard of again/)
  })

  test('leaves no remains when the terminal becomes narrower, and uses the room when it becomes wider', async () => {
    const { tracker, pass, output } = viewed()
    startActivity({ tracker, module: 'loader', name: 'load' }).update('shard 1 of 8', { done: 1, total: 8 })
    await pass(200)
    for (const columns of [50, 40, 120]) {
      output.resize(columns)
      await pass(200)
      expect(output.screen[0]).toBe('─'.repeat(columns - 1))
      expect(output.screen.filter((line) => line.includes('service'))).toHaveLength(1)
    }
  })

  test('gives the cursor back and ends with the summary instead of the block', async () => {
    const { tracker, pass, output, view } = viewed()
    runActivity({ tracker, module: 'controller', name: 'training', type: 'run' }, (run) => run.complete('all done'))
    await pass(200)
    expect(output.cursorShown).toBe(false)
    view.stop()
    expect(output.cursorShown).toBe(true)
    expect(output.screen.some((line) => line.includes('running, '))).toBe(false)
    expect(output.screen.join('\n')).toContain('service  ✓ completed after 0 ms: all done')
  })

  test('leaves no timer and no listener behind', () => {
    const signals = ['exit', 'SIGINT', 'SIGTERM', 'SIGHUP'] as const
    const counts = (): number[] => signals.map((event) => process.listenerCount(event))
    const before = counts()
    const { clock, output, view, tracker } = viewed()
    expect(counts()).toEqual(before.map((count) => count + 1))
    view.stop()
    expect(counts()).toEqual(before)
    expect([clock.timers, output.listeners('resize'), tracker.snapshot().subscribers.length]).toEqual([0, 0, 0])
  })

  test('is stopped by leaving the scope of a using, and once only', () => {
    const { output, view } = viewed()
    view[Symbol.dispose]()
    const { written } = output
    view.stop()
    expect(output.written).toBe(written)
  })
})

describe('a view of lines', () => {
  const pipe = (): FakeTerminal => new FakeTerminal(80, 24, false)

  test('says what happened, without a single escape sequence', async () => {
    const { tracker, pass, output, view } = viewed({}, pipe())
    await runActivity({ tracker, module: 'controller', name: 'training', type: 'run' }, async (run) => {
      startActivity({ module: 'worker', name: 'play', attempt: { number: 1, of: 2 } }).fail(new Error('503'))
      await pass(1_500)
      run.complete('done')
    })
    view.stop()
    expect(view.mode).toBe('lines')
    expect(output.screen.slice(0, 3)).toEqual([
      '   0.0 s  ● started    controller    training',
      '   0.0 s  ▲ warning    worker        play: 503',
      '   1.5 s  ✓ completed  controller    training: done (1.5 s)',
    ])
    expect(output.written).not.toContain('\x1b')
  })

  test('says now and then how it stands, ever more rarely', async () => {
    const { tracker, pass, output } = viewed({}, pipe())
    const run = startActivity({ tracker, module: 'controller', name: 'training', type: 'run' })
    const standing: string[] = []
    for (let second = 1; second <= 600; second += 1) {
      run.update('', { done: second, total: 1_000 })
      const before = output.screen.length
      await pass(1_000)
      standing.push(...output.screen.slice(before - 1).filter((line) => line.includes('● running')))
    }
    expect(standing[0]).toMatch(
      /^ {3}5\.0 s {2}● running +controller +\d of 1,000, 0 %, .*left; Active: 1 \(controller: 1\)$/,
    )
    expect(standing.length).toBeLessThan(40)
  })

  test('says when a piece of work has become long', async () => {
    const { tracker, pass, output } = viewed({}, pipe())
    startActivity({ tracker, module: 'loader', name: 'load', plan: 'read everything' })
    await pass(20_000)
    const lines = output.screen.filter((line) => line.includes('load: read everything'))
    expect(lines).toEqual(['  10.0 s  ● running    loader        load: read everything, for 10 s now'])
  })

  test('stays silent once nobody reads any more', async () => {
    const { tracker, output, view } = viewed({}, pipe())
    startActivity({ tracker, type: 'run', name: 'training' })
    tracker.flushNow()
    const { written } = output
    output.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
    view.log('unheard')
    view.stop()
    expect(output.written).toBe(written)
  })

  test.each([
    ['a view of lines', () => pipe()],
    ['a live view', () => new FakeTerminal()],
  ])('costs nothing once nobody looks at %s: no subscriber, no timer, no write in between', async (_, make) => {
    const output = make()
    const { write } = output
    const { tracker, clock, view } = viewed({}, output)
    const work = startActivity({ tracker, name: 'training' })
    await clock.advance(10_000)
    output.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
    expect([tracker.snapshot().subscribers, output.write, output.listeners('resize')]).toEqual([[], write, 0])
    work.complete()
    // Only that of the guard of the handle.
    expect(clock.timers).toBe(1)
    await clock.advance(10_000)
    expect(clock.timers).toBe(0)
    view.stop()
    // Nor does one that begins when it has gone already.
    const late = terminalView({ tracker, clock, output })
    expect([tracker.snapshot().subscribers, clock.timers]).toEqual([[], 0])
    late.stop()
  })

  test('survives a stream that throws', () => {
    const output = pipe()
    const { view } = viewed({}, output)
    output.write = () => {
      throw new Error('destroyed')
    }
    expect(() => view.stop()).not.toThrow()
  })

  test('ends without a summary where none is wanted', () => {
    const { output, view } = viewed({ summary: false }, pipe())
    view.stop()
    expect(output.written).toBe('')
  })
})

describe('a view in JSON', () => {
  test('is every change in a line of its own, then the summary', () => {
    const { tracker, output, view } = viewed({ mode: 'json' })
    startActivity({ tracker, module: 'worker', name: 'play' }).complete()
    tracker.step = 3
    view.stop()
    const lines = output.written.trimEnd().split('\n')
    expect(lines.map((line) => (JSON.parse(line) as { kind: string }).kind)).toEqual([
      'started',
      'ended',
      'step',
      'summary',
    ])
    expect(JSON.parse(lines.at(-1) ?? '')).toEqual(JSON.parse(JSON.stringify(view.summary())))
  })
})

test('a view that comes late shows what is open already', async () => {
  const { tracker, clock } = newTracker()
  tracker.registerModule('worker', { group: 'workers' })
  startActivity({ tracker, module: 'loader', name: 'load', plan: 'read everything' })
  const output = new FakeTerminal()
  views.push(terminalView({ tracker, clock, output, color: false }))
  await clock.advance(200)
  expect(output.screen.find((line) => line.startsWith('loader'))).toContain('read everything')
  expect(output.screen.find((line) => line.startsWith('worker'))).toContain('○ idle')
})
