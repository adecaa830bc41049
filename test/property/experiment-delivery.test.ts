import fc from 'fast-check'
import { expect, test } from 'vitest'
import { connectBackends, type ExperimentBackend } from '../../src/experiment/index.js'
import { newTracker } from '../support/tracked.js'

const answers = ['takes', 'throws', 'rejects', 'refuses', 'hangs and comes back'] as const

test('whatever a backend does, each step is delivered in order, or counted as lost', async () => {
  const behaviour = fc.record({
    answers: fc.array(fc.constantFrom(...answers), { maxLength: 30 }),
    bursts: fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 8 }),
    maxWaiting: fc.integer({ min: 1, max: 40 }),
    maxBatch: fc.integer({ min: 1, max: 10 }),
    maxAttempts: fc.integer({ min: 1, max: 4 }),
  })
  await fc.assert(
    fc.asyncProperty(behaviour, async ({ answers: script, bursts, ...limits }) => {
      const { tracker, clock } = newTracker()
      const taken: number[] = []
      let running = 0
      let atOnce = 0
      let calls = 0
      const backend: ExperimentBackend = {
        name: 'scripted',
        async writeScalars(entries) {
          running += 1
          atOnce = Math.max(atOnce, running)
          const answer = script[calls] ?? 'takes'
          calls += 1
          try {
            if (answer === 'hangs and comes back')
              await new Promise<void>((resolve) => void clock.backgroundTimer(resolve, 700))
            if (answer !== 'takes') throw Object.assign(new Error(answer), { retry: answer !== 'refuses' })
            taken.push(...entries.map(({ step }) => step))
          } finally {
            running -= 1
          }
        },
      }
      const connected = connectBackends({
        tracker,
        backends: [backend],
        timeoutMillis: 500,
        delayMillis: 100,
        ...limits,
      })
      let logged = 0
      for (const burst of bursts) {
        for (let index = 0; index < burst; index += 1) {
          tracker.logScalars({ loss: 1 }, { step: logged })
          logged += 1
        }
        await clock.advance(400)
      }
      for (let pass = 0; (connected.status()[0]?.scalars.pending ?? 0) > 0 && pass < 10_000; pass += 1)
        await clock.advance(400)
      const { accepted, delivered, failed, dropped, pending } = connected.status()[0]?.scalars ?? fail()
      expect({ accepted: delivered + failed, logged: accepted + dropped, pending }).toEqual({
        accepted,
        logged,
        pending: 0,
      })
      expect(atOnce).toBeLessThanOrEqual(1)
      expect(taken).toHaveLength(delivered)
      expect(taken).toEqual([...new Set(taken)].toSorted((a, b) => a - b))
    }),
    { numRuns: 300 },
  )
})

function fail(): never {
  throw new Error('no status')
}
