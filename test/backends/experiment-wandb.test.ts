import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { cacheFolder, executablePath } from '../../scripts/backends/program.js'
import { programs } from '../../scripts/backends/programs.js'
import { type ScalarEntry, wandbBackend } from '../../src/experiment/index.js'
import { wandbLogRecord, wandbLogStart } from '../../src/experiment/wandb-log.js'
import { rowRecords, rowsOf, runRecords } from '../../src/experiment/wandb-records.js'
import { experimentBackendContract, type ReadPoint } from '../support/experiment-backend-contract.js'
import { usePrograms } from './support/use-stack.js'
import { wandbServer } from './support/wandb-server.js'

usePrograms(programs.wandb)

const folder = mkdtempSync(join(tmpdir(), 'underway-wandb-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let places = 0

function newDirectory(): string {
  places += 1
  return join(folder, String(places))
}

/** The client, with nothing of the user's own and nowhere to go but loopback. */
async function wandb(args: readonly string[], baseUrl = 'http://127.0.0.1:9'): Promise<string> {
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    WANDB_DIR: folder,
    WANDB_CONFIG_DIR: join(folder, 'configuration'),
    WANDB_CACHE_DIR: join(folder, 'cache'),
    WANDB_ERROR_REPORTING: 'false',
    WANDB_BASE_URL: baseUrl,
    WANDB_API_KEY: 'k'.repeat(40),
  }
  const program = executablePath(programs.wandb, cacheFolder(process.env))
  const { stdout, stderr } = await promisify(execFile)(program, [...args], { env, maxBuffer: 64 * 1024 * 1024 })
  expect(stderr).not.toMatch(/error|corrupt|invalid|fail/i)
  return stdout + stderr
}

type Row = Readonly<Record<string, number | string>>

interface LogRecord {
  readonly run?: { readonly display_name: string; readonly project: string }
  readonly metric?: { readonly glob_name: string; readonly step_metric: string }
  readonly history?: { readonly item: Row }
  readonly exit?: { readonly exit_code: number }
}

function runFolders(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory).map((name) => join(directory, name)) : []
}

/** What `wandb leet` reads of a run, without a server. */
async function recordsIn(run: string): Promise<LogRecord[]> {
  const printed = await wandb(['leet', 'inspect', '--json', run])
  return printed
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as LogRecord)
}

async function read(directory: string): Promise<readonly ReadPoint[]> {
  const points: ReadPoint[] = []
  for (const path of runFolders(directory)) {
    const records = await recordsIn(path)
    const run = records.find((record) => record.run !== undefined)?.run?.display_name ?? ''
    for (const { history } of records)
      for (const [scalar, value] of Object.entries(history?.item ?? {}))
        if (!/^_|^experiment\/step$/.test(scalar))
          points.push({ run, scalar, step: Number(history?.item['experiment/step']), value: Number(value) })
  }
  return points
}

experimentBackendContract('Weights & Biases', () => {
  const directory = newDirectory()
  return { backend: wandbBackend({ directory }), read: () => read(directory) }
})

const call = { signal: new AbortController().signal, id: 'call' }

function entry(step: number, values: ScalarEntry['values'], run = 'sweep/lr=0.1'): ScalarEntry {
  return { run, step, at: 1_900_000_000_000 + step, values }
}

test('W&B shows the name, the project, the step as axis, the time of each call, and that a closed run is over', async () => {
  const directory = newDirectory()
  const backend = wandbBackend({ directory, project: 'rollouts' })
  await backend.writeScalars?.([entry(7.5, { loss: 1, _step: 2 })], call)
  const [path = ''] = runFolders(directory)
  expect((await recordsIn(path)).some(({ exit }) => exit !== undefined)).toBe(false)
  await backend.close?.(call)
  const records = await recordsIn(path)
  expect(records.flatMap(({ run = [] }) => run)).toMatchObject([{ display_name: 'sweep/lr=0.1', project: 'rollouts' }])
  expect(records.flatMap(({ metric = [] }) => metric)).toMatchObject([
    { glob_name: '*', step_metric: 'experiment/step' },
  ])
  expect(records.flatMap(({ history }) => (history === undefined ? [] : [history.item]))).toMatchObject([
    { _step: 0, _timestamp: 1_900_000_000.0075, 'experiment/step': 7.5, loss: 1, 'scalar/_step': 2 },
  ])
  expect(records.at(-1)).toMatchObject({ exit: { exit_code: 0 } })
  expect(await wandb(['leet', 'inspect', '--summary', path])).toMatch(/state +finished[\s\S]*loss +1\n/)
})

test('W&B reads what was written while the process exited', async () => {
  const directory = newDirectory()
  const backend = wandbBackend({ directory })
  await backend.writeScalars?.([entry(1, { loss: 1 })], call)
  backend.writeScalarsAtExit?.([2, 3].map((step) => entry(step, { loss: step })))
  expect((await read(directory)).map(({ step }) => step)).toEqual([1, 2, 3])
})

test('W&B reads records that begin anywhere at the border of a block', async () => {
  const run = { id: 'border', name: 'border', project: 'p', startedAtMillis: 0 }
  const parts: Uint8Array[] = [wandbLogStart]
  const names: string[] = []
  let end = wandbLogStart.byteLength
  const add = (framed: Uint8Array): void => {
    parts.push(framed)
    end += framed.byteLength
  }
  const rowOf = (name: string, step: number): Uint8Array => {
    const rows = rowsOf(run, [entry(step, { [name]: 1 })], names.length)
    const [row] = rowRecords(rows, names.length)
    return wandbLogRecord(row ?? new Uint8Array(), end)
  }
  for (const record of runRecords(run, 'test')) add(wandbLogRecord(record, end))
  for (let room = 0; room <= 16; room += 1) {
    // A row that leaves just this room in its block, and one that begins there.
    const wanted = 32_768 - (end % 32_768) - room
    const lengths = Array.from({ length: 200 }, (_, less) => `${'y'.repeat(wanted - less)}`)
    const [fitting = ''] = lengths.filter((name) => rowOf(name, 1).byteLength === wanted)
    add(rowOf(fitting, 1))
    names.push(fitting)
    add(rowOf(`x${room}`, 1))
    names.push(`x${room}`)
    expect(fitting).not.toBe('')
  }
  const path = join(newDirectory(), 'offline-run-20300101_000000-border')
  mkdirSync(path, { recursive: true })
  writeFileSync(join(path, 'run-border.wandb'), Buffer.concat(parts))
  expect((await read(join(path, '..'))).map(({ scalar }) => scalar)).toEqual(names)
})

test("W&B's client uploads every row of runs that are closed and of one that is not, to a server on loopback", async () => {
  const directory = newDirectory()
  const server = await wandbServer()
  const closed = wandbBackend({ directory, project: 'rollouts' })
  const losses = Array.from({ length: 2_000 }, (_, step) => entry(2_000 - step, { loss: step / 7 }, 'closed'))
  await closed.writeScalars?.(losses, call)
  await closed.close?.(call)
  const open = wandbBackend({ directory, project: 'rollouts' })
  await open.writeScalars?.([entry(1, { loss: Number.NaN }, 'open')], call)
  await wandb(['sync', '--yes', directory], server.url)
  const uploaded = [...server.runs.values()].toSorted((a, b) => a.name.localeCompare(b.name))
  expect(uploaded.map(({ name, project }) => [name, project])).toEqual([
    ['closed', 'rollouts'],
    ['open', 'rollouts'],
  ])
  const [first, second] = uploaded
  const rows = first?.rows.map((row) => JSON.parse(row) as Row) ?? []
  expect(rows.map((row) => [row['_step'], row['experiment/step'], row['loss']])).toEqual(
    losses.map(({ step, values }, row) => [row, step, values['loss']]),
  )
  expect(first?.exitCode).toBe(0)
  expect(second?.rows).toHaveLength(1)
  expect(second?.rows[0]).toContain('"loss":NaN')
})
