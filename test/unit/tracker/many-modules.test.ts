import { describe, expect, test } from 'vitest'
import { runActivity, startActivity } from '../../../src/index.js'
import { balanceAfterEach, newTracker } from '../../support/tracked.js'

balanceAfterEach()

const many = 100_000

function heldBytes(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

describe('a hundred thousand modules', () => {
  test('that activities name are counted, the rest of them as "(other)", in bounded memory', () => {
    const { tracker, warnings } = newTracker()
    const before = heldBytes()
    for (let index = 0; index < many; index += 1)
      runActivity({ tracker, module: `Module-${index}`, name: `work-${index}` }, () => undefined)
    expect(tracker.snapshot().totals.completed).toBe(many)
    const modules = tracker.modules()
    expect(modules.length).toBeLessThanOrEqual(10_000)
    expect(modules.some(({ name }) => name === '(other)')).toBe(true)
    expect(tracker.snapshot().rows.find(({ module }) => module === '(other)')?.completed).toBeGreaterThan(80_000)
    expect(warnings).toEqual(['UNDERWAY_ROWS_OVERFLOW'])
    expect(globalThis.gc).toBeTypeOf('function')
    expect(heldBytes() - before).toBeLessThan(32 * 1024 * 1024)
  })

  test('that fail are bounded in every way in which errors are kept', () => {
    const { tracker } = newTracker()
    const before = heldBytes()
    for (let index = 0; index < many; index += 1)
      tracker.reportError(`error ${index}`, { module: `Module-${index}`, work: `work-${index}` })
    expect(tracker.errors()).toHaveLength(1_000)
    expect(tracker.errorGroups()).toHaveLength(1_000)
    expect(tracker.snapshot()).toMatchObject({ droppedErrors: many - 1_000, droppedErrorGroups: many - 1_000 })
    expect(tracker.errorHealth().errorLevelCount).toBe(many)
    expect(heldBytes() - before).toBeLessThan(32 * 1024 * 1024)
  })

  test('are refused when they are registered, from the ten thousandth on, with what to do', async () => {
    const { tracker } = newTracker()
    let refused = 0
    for (let index = 0; index < many; index += 1) {
      try {
        tracker.registerModule(`Module-${index}`, { healthCheck: () => true })
      } catch (error) {
        refused += 1
        expect(error).toMatchObject({
          code: 'OPTIONS_INVALID',
          message: `registerModule('Module-${index}'): there are 10000 modules already; register parts of the program, not pieces of work, or raise maxModules of the tracker`,
        })
      }
    }
    expect(refused).toBe(many - 10_000)
    expect(tracker.modules()).toHaveLength(10_000)
    expect(await tracker.checkModuleLiveness()).toBe(true)
  })

  test('that are open leave the questions about one of them alone', () => {
    const { tracker } = newTracker()
    const open = Array.from({ length: many }, (_, index) =>
      startActivity({ tracker, module: `Module-${index}`, name: 'work' }),
    )
    expect(tracker.isQuiescent({ module: 'Module-5' })).toBe(false)
    // One of those that are counted together.
    expect(tracker.isQuiescent({ module: `Module-${many - 1}` })).toBe(false)
    expect(tracker.isQuiescent({ module: 'Module-none' })).toBe(true)
    for (const one of open) one.complete()
  })
})
