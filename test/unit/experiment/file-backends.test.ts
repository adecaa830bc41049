import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import {
  consoleBackend,
  type ExperimentBackend,
  jsonLinesBackend,
  type ScalarEntry,
  tensorBoardBackend,
  wandbBackend,
} from '../../../src/experiment/index.js'
import { experimentBackendContract, type ReadPoint } from '../../support/experiment-backend-contract.js'

const folder = mkdtempSync(join(tmpdir(), 'underway-experiment-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let places = 0

function newPlace(): string {
  places += 1
  return join(folder, String(places))
}

const call = { signal: new AbortController().signal, id: 'call' }

function entry(step: number, values: ScalarEntry['values'], run = 'run'): ScalarEntry {
  return { run, step, at: 1_000_000 + step, values }
}

/** What anybody makes of a file of lines of JSON. */
function readLines(path: string): ReadPoint[] {
  if (!existsSync(path)) return []
  type Line = {
    readonly run: string
    readonly step: number
    readonly values: Readonly<Record<string, number | string>>
  }
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((text) => text !== '')
    .flatMap((text) => {
      const { run, step, values } = JSON.parse(text) as Line
      return Object.entries(values).map(([scalar, value]) => ({ run, scalar, step, value: Number(value) }))
    })
}

experimentBackendContract('JSON lines', () => {
  const path = join(newPlace(), 'deep/scalars.jsonl')
  return { backend: jsonLinesBackend({ path }), read: async () => readLines(path) }
})

/** A console that keeps what is printed. */
function printed(options: { maxRows?: number; maxColumns?: number } = {}): {
  backend: ExperimentBackend
  text(): string
} {
  let text = ''
  const stream = {
    write(more: string, done?: () => void) {
      text += more
      done?.()
    },
  }
  return { backend: consoleBackend({ stream, ...options }), text: () => text }
}

/** Reads the tables; every row must have every column. */
function readTables(text: string): ReadPoint[] {
  let names: readonly string[] = []
  return text
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const [run = '', step = '', ...cells] = line.split(/ {2,}/)
      if (run === 'run') names = cells
      return run === 'run'
        ? []
        : cells.map((cell, index) => ({ run, step: Number(step), scalar: names[index] ?? '', value: Number(cell) }))
    })
}

experimentBackendContract(
  'the console',
  () => {
    const { backend, text } = printed({ maxRows: 10_000, maxColumns: 10_000 })
    return { backend, read: async () => readTables(text()) }
  },
  { kept: (value) => Number(value.toPrecision(6)), anyName: false },
)

describe('the console', () => {
  test('shows a row for each run and step, aligned, and an empty place where there is no value', async () => {
    const { backend, text } = printed()
    const entries = [
      entry(100, { 'train/loss': 0.123456789 }),
      entry(100, { lr: 0.001 }),
      entry(101, { lr: 1e-7 }, 'b'),
    ]
    await backend.writeScalars?.(entries, call)
    expect(text()).toBe('run  step  train/loss     lr\nrun   100    0.123457  0.001\nb     101               1e-7\n')
  })

  test('shows the last rows and the first scalars of more than fit, and says so', async () => {
    const { backend, text } = printed({ maxRows: 2, maxColumns: 1 })
    await backend.writeScalars?.(
      [1, 2, 3].map((step) => entry(step, { a: step, b: 0 })),
      call,
    )
    expect(text()).toBe('run  step  a\nrun     2  2\nrun     3  3\n… and 1 earlier rows, 1 more scalars\n')
  })

  test('prints nothing that moves the cursor', async () => {
    const { backend, text } = printed()
    await backend.writeScalars?.([entry(1, { '\u001b[2Jloss': 1 }, 'a\nb\u0007')], call)
    await backend.sendMessage?.({ title: '\u001b]0;x\u0007Done', content: 'line\r\u009b1A', at: 0 }, call)
    expect(text()).not.toMatch(/[^\P{Cc}\n]/u)
    expect(text()).toContain('Done: line1A')
  })

  test('stops printing when the reader has gone', async () => {
    const listeners: ((error: Error) => void)[] = []
    const texts: string[] = []
    const stream = {
      write(text: string, done?: () => void) {
        texts.push(text)
        done?.()
      },
      on: (_: 'error', listener: (error: Error) => void) => listeners.push(listener),
      off: (_: 'error', listener: (error: Error) => void) => listeners.splice(listeners.indexOf(listener), 1),
    }
    const backend = consoleBackend({ stream })
    await backend.sendMessage?.({ title: 'first', content: '', at: 0 }, call)
    for (const listener of listeners) listener(new Error('EPIPE'))
    await backend.sendMessage?.({ title: 'second', content: '', at: 0 }, call)
    await backend.close?.(call)
    expect([texts, listeners]).toEqual([['first\n'], []])
  })
})

describe('JSON lines', () => {
  test('have NaN and the infinities as texts, and messages as lines of their own', async () => {
    const path = pathToFileURL(join(newPlace(), 'lines.jsonl'))
    const backend = jsonLinesBackend({ path })
    await backend.writeScalars?.([entry(1, { a: Number.NaN, b: Number.NEGATIVE_INFINITY, c: 0.1 })], call)
    await backend.sendMessage?.({ title: 'Done', content: 'all', at: 5 }, call)
    expect(readFileSync(path, 'utf8')).toBe(
      '{"run":"run","step":1,"at":1000001,"values":{"a":"NaN","b":"-Infinity","c":0.1}}\n{"message":{"title":"Done","content":"all","at":5}}\n',
    )
  })

  test('begin a new line where the last writer was torn off in the middle of one', async () => {
    const path = newPlace()
    await jsonLinesBackend({ path }).writeScalars?.([entry(1, { a: 1 })], call)
    appendFileSync(path, '{"run":"torn"')
    const backend = jsonLinesBackend({ path })
    await backend.writeScalars?.([entry(2, { a: 2 })], call)
    appendFileSync(path, '{"run":"torn"')
    backend.writeScalarsAtExit?.([entry(3, { a: 3 })])
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
    expect(lines.filter((line) => !line.includes('torn')).map((line) => JSON.parse(line).step)).toEqual([1, 2, 3])
  })

  test('of several writers do not mix', async () => {
    const path = newPlace()
    const writers = Array.from({ length: 4 }, (_, writer) => ({
      run: `${writer}`,
      backend: jsonLinesBackend({ path }),
    }))
    const batches = Array.from({ length: 25 }, (_, batch) => [batch * 2, batch * 2 + 1])
    await Promise.all(
      writers.map(async ({ run, backend }) => {
        for (const steps of batches)
          await backend.writeScalars?.(
            steps.map((step) => entry(step, { a: 1 }, run)),
            call,
          )
      }),
    )
    const points = readLines(path)
    expect(points).toHaveLength(200)
    for (const { run } of writers)
      expect(points.filter((point) => point.run === run).map(({ step }) => step)).toEqual(batches.flat())
  })

  test('go on in a file that was moved away', async () => {
    const path = newPlace()
    const backend = jsonLinesBackend({ path })
    await backend.writeScalars?.([entry(1, { a: 1 })], call)
    rmSync(path)
    await backend.writeScalars?.([entry(2, { a: 2 })], call)
    expect(readLines(path)).toEqual([{ run: 'run', scalar: 'a', step: 2, value: 2 }])
  })
})

describe('TensorBoard event files', () => {
  const filesIn = (place: string): string[] =>
    readdirSync(place, { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile())
      .map((file) => join(file.parentPath, file.name))

  test('stay in their folder, whatever the run is called', async () => {
    const place = newPlace()
    const backend = tensorBoardBackend({ logDir: join(place, 'logs') })
    const runs = ['..', '../..', '/etc/x', '.', '', '\u0000', 'C:\\x', 'a/../../b', 'a/b']
    await backend.writeScalars?.(
      runs.map((run) => entry(1, { a: 1 }, run)),
      call,
    )
    expect(readdirSync(place)).toEqual(['logs'])
    expect(filesIn(place)).toHaveLength(runs.length)
    expect(filesIn(place).every((path) => /events\.out\.tfevents\.\d{10}\./.test(path))).toBe(true)
  })

  test('are written once where a batch comes again because another run failed', async () => {
    const place = newPlace()
    const backend = tensorBoardBackend({ logDir: place })
    const batch = [entry(1, { a: 1 }, 'one'), entry(1, { a: 1 }, 'two')]
    await backend.writeScalars?.(batch, call)
    const sizes = filesIn(place).map((path) => statSync(path).size)
    await backend.writeScalars?.(batch, call)
    expect(filesIn(place).map((path) => statSync(path).size)).toEqual(sizes)
  })

  test('are begun anew where somebody has removed them', async () => {
    const place = newPlace()
    const backend = tensorBoardBackend({ logDir: place })
    await backend.writeScalars?.([entry(1, { a: 1 })], { ...call, id: '1' })
    rmSync(place, { recursive: true })
    const again = () => backend.writeScalars?.([entry(2, { a: 2 })], { ...call, id: '2' })
    await expect(again()).rejects.toThrow('ENOENT')
    await again()
    expect(filesIn(place)).toHaveLength(1)
  })
})

test('a run that cannot be written takes no other along, now and while the process exits', async () => {
  const logDir = newPlace()
  mkdirSync(logDir)
  appendFileSync(join(logDir, 'a'), 'a file where a folder would be')
  const backend = tensorBoardBackend({ logDir })
  const both = ['a', 'b'].map((run) => entry(1, { loss: 1 }, run))
  await expect(backend.writeScalars?.(both, call)).rejects.toThrow('EEXIST')
  const [file = ''] = readdirSync(join(logDir, 'b'))
  const before = statSync(join(logDir, 'b', file)).size
  expect(() => backend.writeScalarsAtExit?.(both)).toThrow('EEXIST')
  expect(statSync(join(logDir, 'b', file)).size).toBeGreaterThan(before)
})

describe('runs of Weights & Biases', () => {
  const filesIn = (place: string): string[] =>
    readdirSync(place, { recursive: true }).filter((name): name is string => String(name).endsWith('.wandb'))

  test('have folders as its client makes them, whatever the run is called, and another one after a restart', async () => {
    const place = newPlace()
    const directory = join(place, 'wandb')
    for (const id of ['1', '2'])
      await wandbBackend({ directory }).writeScalars?.(
        ['..', '/etc/x', ''].map((run) => entry(1, { a: 1 }, run)),
        { ...call, id },
      )
    expect(readdirSync(place)).toEqual(['wandb'])
    expect(filesIn(directory)).toHaveLength(6)
    for (const name of filesIn(directory)) expect(name).toMatch(/^offline-run-\d{8}_\d{6}-(\w+)\/run-\1\.wandb$/)
  })

  test('are written once where a batch comes again, and are longer only at their end by what comes while the process exits', async () => {
    const directory = newPlace()
    const backend = wandbBackend({ directory })
    await backend.writeScalars?.([entry(1, { a: 1 })], call)
    const [path = ''] = filesIn(directory).map((name) => join(directory, name))
    const before = readFileSync(path)
    await backend.writeScalars?.([entry(1, { a: 1 })], call)
    expect(readFileSync(path)).toEqual(before)
    backend.writeScalarsAtExit?.([entry(2, { a: 2 })])
    expect(readFileSync(path).subarray(0, before.length)).toEqual(before)
    expect(readFileSync(path).length).toBeGreaterThan(before.length)
  })

  test('hold however many rows wait when the process exits', () => {
    const backend = wandbBackend({ directory: newPlace() })
    const rows = Array.from({ length: 130_000 }, (_, step) => entry(step, {}))
    expect(() => backend.writeScalarsAtExit?.(rows)).not.toThrow()
  })

  test('have a summary that does not grow with the names of scalars without end', async () => {
    const directory = newPlace()
    const backend = wandbBackend({ directory })
    const names = Array.from({ length: 1_000 }, (_, name) => String(name))
    const rows = Array.from({ length: 40 }, (_, step) =>
      entry(step, Object.fromEntries(names.map((name) => [`${step}/${name}`, 1]))),
    )
    await backend.writeScalars?.(rows, call)
    const [path = ''] = filesIn(directory).map((name) => join(directory, name))
    const before = statSync(path).size
    await backend.close?.(call)
    expect(statSync(path).size - before).toBeGreaterThan(before / 8)
    expect(statSync(path).size - before).toBeLessThan(before / 2)
  })

  test('end when the backend is closed although the folder of another was removed, which is said', async () => {
    const directory = newPlace()
    const backend = wandbBackend({ directory })
    await backend.writeScalars?.([entry(1, { a: 1 }, 'removed')], { ...call, id: '1' })
    const removed = filesIn(directory)
    await backend.writeScalars?.([entry(1, { a: 1 }, 'kept')], { ...call, id: '2' })
    const [kept = ''] = filesIn(directory).filter((name) => !removed.includes(name))
    const before = statSync(join(directory, kept)).size
    for (const name of removed) rmSync(join(directory, name))
    await expect(backend.close?.(call)).rejects.toThrow('ENOENT')
    expect(statSync(join(directory, kept)).size).toBeGreaterThan(before)
  })

  test.each([{ project: 'a/b' }, { project: '' }, { project: 'x'.repeat(129) }])('have no project %j', (options) => {
    expect(() => wandbBackend({ directory: newPlace(), ...options })).toThrow('a text of 128 characters at most')
  })
})
