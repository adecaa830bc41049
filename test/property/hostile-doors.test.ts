import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isUnderwayError, startActivity } from '../../src/index.js'
import { doors, mayThrow, type Scene } from '../support/hostile-doors.js'
import { Draw, drawSeed } from '../support/hostile-draw.js'
import { publicFunctions } from '../support/public-functions.js'
import { balanceAfterEach, expectBalanced, newTracker, turn } from '../support/tracked.js'

balanceAfterEach()

const leastCases = 100_000
const names = Object.keys(doors)
const casesOfEach = Math.ceil(leastCases / names.length)
/** So many calls go to one tracker before it is looked over and replaced. */
const callsOfScene = 50
let cases = 0

/** What is still held once garbage is collected. */
function heldBytes(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

let heldBefore = 0
const unhandled: unknown[] = []
const note = (error: unknown): void => void unhandled.push(error)
beforeAll(() => {
  process.on('unhandledRejection', note)
  heldBefore = heldBytes()
})
afterAll(() => void process.off('unhandledRejection', note))

function newScene(): Scene & { readonly sizes: number[] } {
  const { tracker, clock } = newTracker()
  const sizes: number[] = []
  tracker.subscribe((items) => void sizes.push(...items.map((item) => JSON.stringify(item).length)))
  tracker.subscribeScalars((items) => void sizes.push(...items.map((item) => JSON.stringify(item).length / 4)))
  return { tracker, clock, handle: startActivity({ tracker, module: 'Trainer', name: 'open' }), sizes }
}

/** What one change may hold when every text in it is as long as it may be. */
const maxChange = 400_000

async function lookOver({ tracker, clock, handle, sizes }: ReturnType<typeof newScene>): Promise<void> {
  handle.complete()
  tracker.flushNow()
  await clock.advance(10_000)
  expect(Math.max(0, ...sizes)).toBeLessThan(maxChange)
  expectBalanced(tracker)
  const snapshot = tracker.snapshot()
  expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot)
}

test('every public function of every subpath has a door', async () => {
  expect(names.toSorted()).toEqual((await publicFunctions(newScene())).toSorted())
})

describe('hostile values throw nothing, but for an UnderwayError of a set-up call', () => {
  test.each(names.map((name, index) => [name, index] as const))('%s', async (name, index) => {
    const door = doors[name] as (typeof doors)[string]
    const draw = new Draw(drawSeed + index)
    let scene = newScene()
    for (let call = 0; call < casesOfEach; call += 1) {
      cases += 1
      try {
        const answer = door(scene, draw)
        if (answer instanceof Promise) await answer
      } catch (error) {
        if (!mayThrow.has(name) || !isUnderwayError(error)) {
          throw new Error(`seed ${drawSeed}, call ${call}: ${draw.names()}`, { cause: error })
        }
      }
      draw.names()
      if ((call + 1) % callsOfScene !== 0) continue
      await lookOver(scene)
      scene = newScene()
    }
    await lookOver(scene)
    await turn()
    expect(unhandled).toEqual([])
  })
})

test('nothing of them is kept', () => {
  expect(globalThis.gc).toBeTypeOf('function')
  expect(heldBytes() - heldBefore).toBeLessThan(64 * 1024 * 1024)
})

test('there were at least a hundred thousand of them', () => {
  expect(cases).toBeGreaterThanOrEqual(leastCases)
})
