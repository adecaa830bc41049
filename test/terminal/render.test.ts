import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { planActivity, startActivity } from '../../src/index.js'
import { applyItem } from '../../src/terminal/apply.js'
import type { Frame } from '../../src/terminal/frame.js'
import { createModel } from '../../src/terminal/model.js'
import { render } from '../../src/terminal/render.js'
import { summarise } from '../../src/terminal/summary.js'
import { summaryLines } from '../../src/terminal/summary-lines.js'
import { widthOf } from '../../src/terminal/text.js'
import { newTracker } from '../support/tracked.js'

/** A training that has been going on for twelve seconds. */
async function training() {
  const { tracker, clock } = newTracker()
  const model = createModel(clock.wallMillis())
  tracker.subscribe((items) => {
    for (const item of items) applyItem(model, item)
  })
  const run = startActivity({ tracker, module: 'controller', name: 'training', type: 'run' })
  const trainer = startActivity({ tracker, module: 'trainer', name: 'train' })
  tracker.registerModule('worker-1', { group: 'workers' })
  tracker.registerModule('worker-2', { group: 'workers', healthCheck: () => false })
  for (let step = 1; step <= 24; step += 1) {
    const rollout = startActivity({ tracker, module: `worker-${(step % 2) + 1}`, name: 'rollout' })
    await clock.advance(500)
    rollout.complete()
    tracker.step = step
    startActivity({ tracker, module: 'trainer', name: 'step' }).complete('', { step, result: { loss: 1 / step } })
    trainer.update(`await batch ${step + 1}`, { done: step, total: 96 })
    run.update(`step ${step} of 96`, { done: step, total: 96 })
  }
  tracker.reportError('no answer', { module: 'worker-1', severity: 'warning' })
  await tracker.checkModuleLiveness()
  startActivity({ tracker, module: 'worker-1', name: 'rollout', plan: 'play 25', attempt: { number: 2, of: 3 } })
  planActivity({ tracker, module: 'queue', name: 'rollout' })
  tracker.flushNow()
  const draw = (columns: number, rows: number, look: Partial<Frame> = {}): string[] =>
    render(model, {
      columns,
      rows,
      now: clock.wallMillis(),
      title: 'training controller',
      color: false,
      unicode: true,
      health: tracker.errorHealth(),
      summary: tracker.runningSummary(),
      stuck: [],
      ...look,
    })
  const end = (): void => {
    run.cancel('enough')
    tracker.flushNow()
  }
  return { model, clock, draw, end }
}

describe('the live block', () => {
  test('answers at 80 columns: is it healthy, how far is it, what is everybody doing', async () => {
    const { draw } = await training()
    expect(`\n${draw(80, 24).join('\n')}\n`).toMatchInlineSnapshot(`
      "
      ───────────────────────────────────────────────────────────────────────────────
      training controller                                             ● running  12 s
      ━━━━━━━━━━━━━───────────────────────────────────────  24 of 96  25 %  34 s left
      ✗ error (1 error, 1 warning)   step 24   3 running, 1 planned
      loss 1.000 → 0.0417 █▃▂▂▂▁▁▁▁▁▁▁

      module      state      progress    done   rate   eta  failed  doing
      controller  ● running                 0                    0  step 24 of 96
      trainer     ● running  ━━───────  24/96  2.1/s  34 s       0  await batch 25
      worker-1    ● running   █ █ █ █      12  1.1/s             0  play 25, attempt…
      worker-2    ✗ down     █ █ █ █ █     12  1.0/s             0  health check ret…
      queue       ◌ waiting                 0                    0  1 planned
      Active: 3 (controller: 1, trainer: 1, worker-1: 1); planned: 1 (queue: 1)
      "
    `)
  })

  test('has room for failures at 120 columns', async () => {
    const { draw } = await training()
    expect(`\n${draw(120, 24).slice(5).join('\n')}\n`).toMatchInlineSnapshot(`
      "

      module      state      progress            done   rate   eta  failed  doing
      controller  ● running                         0                    0  step 24 of 96
      trainer     ● running  ━━━━─────────────  24/96  2.1/s  34 s       0  await batch 25
      worker-1    ● running   █ █ █ █ █ █ █ █      12  1.1/s             0  play 25, attempt 2
      worker-2    ✗ down     █ █ █ █ █ █ █ █ █     12  1.0/s             0  health check returned false
      queue       ◌ waiting                         0                    0  1 planned
      Active: 3 (controller: 1, trainer: 1, worker-1: 1); planned: 1 (queue: 1)
      "
    `)
  })

  test('keeps at 40 columns what matters most', async () => {
    const { draw } = await training()
    expect(`\n${draw(40, 24).join('\n')}\n`).toMatchInlineSnapshot(`
      "
      ───────────────────────────────────────
      training controller     ● running  12 s
      ━━━─────────  24 of 96  25 %  34 s left
      ✗ error (1 error, 1 warning)   step 24
      loss 1.000 → 0.0417 █▃▂▂▂▁▁▁▁▁▁▁

      module      state       done
      controller  ● running      0
      trainer     ● running  24/96
      worker-1    ● running     12
      worker-2    ✗ down        12
      queue       ◌ waiting      0
      Active: 3 (controller: 1, trainer: 1,…
      "
    `)
  })

  test('draws with ASCII only where the terminal has no more', async () => {
    const { draw } = await training()
    expect(draw(100, 24, { unicode: false }).join('')).toMatch(/^[\x20-\x7e]+$/)
  })

  test('says the same with and without colour', async () => {
    const { draw } = await training()
    const colored = draw(100, 24, { color: true })
    expect(colored.join('')).toContain('\x1b[36m')
    expect(colored.map((line) => stripVTControlCharacters(line).trimEnd())).toEqual(
      draw(100, 24).map((line) => line.trimEnd()),
    )
  })

  test.each([20, 31, 40, 57, 80, 100, 200])('never reaches the last column of %i', async (columns) => {
    const { draw } = await training()
    for (const rows of [3, 9, 12, 24, 60]) {
      const lines = draw(columns, rows)
      expect(Math.max(...lines.map(widthOf))).toBeLessThan(columns)
      expect(lines.length).toBeLessThan(Math.max(rows, 4))
    }
  })

  test('folds the modules of a group into one line where there are too few lines', async () => {
    const { draw } = await training()
    const lines = draw(80, 12)
    expect(lines.some((line) => line.startsWith('workers (2)'))).toBe(true)
    expect(lines.some((line) => line.startsWith('worker-1'))).toBe(false)
  })

  test('says for how long a piece of work has been silent', async () => {
    const { draw, clock } = await training()
    await clock.advance(90_000)
    expect(draw(120, 24).find((line) => line.startsWith('worker-1'))).toContain('silent 1 min 30 s: play 25, attempt 2')
  })

  test('says that nothing is open before anything happened', () => {
    const { tracker } = newTracker()
    const lines = render(createModel(0), {
      columns: 60,
      rows: 24,
      now: 2_000,
      title: 'service',
      color: false,
      unicode: true,
      health: tracker.errorHealth(),
      summary: tracker.runningSummary(),
      stuck: [],
    })
    expect(lines).toEqual([
      '─'.repeat(59),
      `service${' '.repeat(36)}○ quiescent  2 s`,
      '✓ healthy   0 running, 0 planned',
      'Quiescent (no active work)',
    ])
  })
})

describe('the summary', () => {
  test('says why it stopped, what was done by whom, and what went wrong', async () => {
    const { model, clock, end } = await training()
    end()
    const lines = summaryLines(summarise(model, 'training controller', clock.wallMillis()), {
      columns: 80,
      color: false,
      unicode: true,
    })
    expect(`\n${lines.join('\n')}\n`).toMatchInlineSnapshot(`
      "
      ────────────────────────────────────────────────────────────────────────────────
      training controller  ⊘ cancelled after 12 s: enough

      module      completed  failed  retried  cancelled    mean  longest
      controller          0       0        0          1    12 s     12 s
      trainer            24       0        0          0    0 ms     0 ms
      worker-1           12       0        0          0  500 ms   500 ms
      worker-2           12       0        0          0  500 ms   500 ms
      queue               0       0        0          0

      numbers    loss 1.000 → 0.0417  (lowest 0.0417, highest 1.000, 24 values)
      errors     1 error, 1 warning
                 ✗ error ×1  module worker-2 is down: health check returned false
                             (worker-2)
                 ▲ warning ×1  no answer (worker-1)
      left open  ▲ 3 activities
      "
    `)
  })

  test.each([30, 40, 60, 80])('fits into %i columns', async (columns) => {
    const { model, clock, end } = await training()
    end()
    const lines = summaryLines(summarise(model, 'training controller', clock.wallMillis()), {
      columns,
      color: true,
      unicode: true,
    })
    expect(lines.filter((line) => widthOf(line) > columns)).toEqual([])
  })
})
