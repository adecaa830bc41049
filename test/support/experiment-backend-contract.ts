import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { connectBackends, type ExperimentBackend, type ScalarEntry } from '../../src/experiment/index.js'
import { newTracker } from './tracked.js'

export interface ReadPoint {
  readonly run: string
  readonly scalar: string
  readonly step: number
  readonly value: number
}

/** A backend on an empty place of its own, and somebody else who reads what is there. */
export interface BackendSubject {
  readonly backend: ExperimentBackend
  /** All points; of one run, scalar and step the one that holds comes last. */
  read(): Promise<readonly ReadPoint[]>
}

export interface ContractLimits {
  /** What becomes of a value. @defaultValue itself */
  readonly kept?: (value: number) => number
  /** Whether every name is kept apart from every other, shortened or not. @defaultValue true */
  readonly anyName?: boolean
  /** Whether a point of any time is taken, however old. @defaultValue true */
  readonly anyTime?: boolean
}

const at = Date.UTC(2030, 0, 1)

function entry(run: string, step: number, values: ScalarEntry['values'], offset = 0): ScalarEntry {
  return { run, step, at: at + offset, values }
}

/** The points that hold, by run, scalar and step. */
function latest(points: readonly ReadPoint[]): Record<string, number> {
  return Object.fromEntries(points.map(({ run, scalar, step, value }) => [`${run} ${scalar} ${step}`, value]))
}

function written(entries: readonly ScalarEntry[], kept: (value: number) => number): Record<string, number> {
  return latest(
    entries.flatMap(({ run, step, values }) =>
      Object.entries(values).map(([scalar, value]) => ({ run, scalar, step, value: kept(value) })),
    ),
  )
}

const oddNames = [
  'loss',
  'a//b',
  'acc@1',
  'acc#1',
  'acc_1',
  '/abs',
  '../up',
  '..',
  'a b',
  'λ',
  '\'q"',
  `${'x'.repeat(255)}y`,
  'x'.repeat(256),
]

/** What holds for every backend that takes scalars. Opening may take a while, and is done for each test anew. */
export function experimentBackendContract(
  name: string,
  open: () => BackendSubject | Promise<BackendSubject>,
  { kept = (value) => value, anyName = true, anyTime = true }: ContractLimits = {},
): void {
  const call = (id: string = randomUUID()) => ({ signal: new AbortController().signal, id })

  describe(`${name} as a backend`, () => {
    test('what was written is there with its run, step and value, in whatever order the steps came', async () => {
      const { backend, read } = await open()
      const entries = [3, 1, 2].flatMap((step) => [
        entry('one', step, { 'train/loss': 1 / step, 'train/lr': 0.001 }),
        entry('other', step * 10, { 'train/loss': -step, 'train/lr': 1e-9 }),
      ])
      await backend.writeScalars?.(entries, call())
      expect(latest(await read())).toEqual(written(entries, kept))
    })

    test('NaN and the infinities stay what they are', async () => {
      const { backend, read } = await open()
      const values = { nan: Number.NaN, up: Number.POSITIVE_INFINITY, down: Number.NEGATIVE_INFINITY, zero: 0 }
      await backend.writeScalars?.([entry('odd', 1, values)], call())
      expect(latest(await read())).toEqual(written([entry('odd', 1, values)], kept))
    })

    test('of two values for one step the later one holds', async () => {
      const { backend, read } = await open()
      await backend.writeScalars?.([entry('again', 5, { loss: 1 }), entry('again', 5, { loss: 2 }, 10)], call())
      await backend.writeScalars?.([entry('again', 5, { loss: 3 }, 20)], call())
      expect(latest(await read())).toEqual({ 'again loss 5': 3 })
    })

    test('the same batch once more changes nothing that holds', async () => {
      const { backend, read } = await open()
      const entries = [entry('one', 1, { loss: 1 }), entry('two', 1, { loss: 2 })]
      const id = randomUUID()
      await backend.writeScalars?.(entries, call(id))
      await backend.writeScalars?.(entries, call(id))
      expect(latest(await read())).toEqual(written(entries, kept))
    })

    test('a batch of many calls and a call of many values are written whole', async () => {
      const { backend, read } = await open()
      const many = Array.from({ length: 1_500 }, (_, step) => entry('long', step, { loss: step / 7 }))
      const wide = entry(
        'wide',
        1,
        Object.fromEntries(Array.from({ length: 1_001 }, (_, index) => [`s${index}`, index])),
      )
      await backend.writeScalars?.(many, call())
      await backend.writeScalars?.([wide], call())
      const points = await read()
      expect(latest(points)).toEqual(written([...many, wide], kept))
      expect(points).toHaveLength(2_501)
    })

    if (anyName)
      test('names of any characters stay apart', async () => {
        const { backend, read } = await open()
        let value = 0
        const entries = oddNames.map((run, step) =>
          entry(run, step, Object.fromEntries(oddNames.map((scalar) => [scalar, (value += 1)]))),
        )
        await backend.writeScalars?.(entries, call())
        const points = await read()
        expect(points.map((point) => point.value).toSorted((a, b) => a - b)).toEqual(
          Array.from({ length: oddNames.length ** 2 }, (_, index) => index + 1),
        )
        expect(new Set(points.map(({ run, scalar }) => `${run} ${scalar}`)).size).toBe(oddNames.length ** 2)
      })

    test('steps and times at the end of what there is do not cost a batch its other points', async () => {
      const { backend, read } = await open()
      const steps = [-1e300, -(2 ** 53 - 1), -1, 2 ** 53 - 1, 1e300]
      const odd = steps.map((step, index) => entry('edge', step, { loss: index }, index))
      const times = (anyTime ? [-1, 0, 1e12 + 0.5] : []).map((time, index) => ({
        ...entry('times', index, { loss: index }),
        at: time,
      }))
      await backend.writeScalars?.([...odd, ...times], call())
      const points = await read()
      expect(points).toHaveLength(steps.length + times.length)
      const odder = anyTime ? { 'times loss 0': 0, 'times loss 2': 2 } : {}
      expect(latest(points)).toMatchObject({ 'edge loss -1': 2, ...odder })
    })

    test('flushing and closing do no harm where nothing was written', async () => {
      const { backend, read } = await open()
      await backend.flush?.(call())
      await backend.close?.(call())
      expect(await read()).toEqual([])
    })

    test('what a tracker records gets there, and the backend says so', async () => {
      const { backend, read } = await open()
      const { tracker, clock } = newTracker()
      const connected = connectBackends({ tracker, backends: [backend] })
      for (let step = 0; step < 10; step += 1)
        tracker.logScalars({ train: { loss: step / 8 } }, { step, run: 'tracked' })
      expect(await connected.flush()).toBe(true)
      expect(connected.status()).toEqual([
        {
          name: backend.name,
          scalars: { accepted: 10, delivered: 10, failed: 0, dropped: 0, pending: 0 },
          messages: { accepted: 0, delivered: 0, failed: 0, dropped: 0, pending: 0 },
          retries: 0,
        },
      ])
      expect(await connected.close()).toBe(true)
      const points = Object.entries(latest(await read()))
      expect(points).toEqual(Array.from({ length: 10 }, (_, step) => [`tracked train/loss ${step}`, step / 8]))
      expect(clock.timers).toBe(0)
    })
  })
}
