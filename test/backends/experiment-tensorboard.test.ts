import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { cacheFolder, executablePath } from '../../scripts/backends/program.js'
import { programs } from '../../scripts/backends/programs.js'
import { tensorBoardBackend } from '../../src/experiment/index.js'
import { experimentBackendContract } from '../support/experiment-backend-contract.js'
import { repositoryRoot } from '../support/repository.js'
import { usePrograms } from './support/use-stack.js'

usePrograms(programs.tensorboard)

const folder = mkdtempSync(join(tmpdir(), 'underway-tensorboard-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let places = 0

interface TensorBoardPoint {
  readonly run: string
  readonly scalar: string
  readonly step: number
  readonly value: number
  readonly time: number
}

/** What the real TensorBoard reads. */
async function readEvents(logDir: string): Promise<readonly TensorBoardPoint[]> {
  if (!existsSync(logDir)) return []
  const python = executablePath(programs.tensorboard, cacheFolder(process.env))
  const script = join(repositoryRoot, 'test/backends/fixtures/read-events.py')
  const { stdout, stderr } = await promisify(execFile)(python, [script, logDir], { maxBuffer: 64 * 1024 * 1024 })
  expect(stderr).not.toMatch(/error|corrupt|purg/i)
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const point = JSON.parse(line) as Omit<TensorBoardPoint, 'value'> & { readonly value: string }
      return { ...point, value: Number(point.value.replace('inf', 'Infinity').replace('nan', 'NaN')) }
    })
}

function newLogDir(): string {
  places += 1
  return join(folder, String(places))
}

experimentBackendContract(
  'TensorBoard',
  () => {
    const logDir = newLogDir()
    return { backend: tensorBoardBackend({ logDir }), read: () => readEvents(logDir) }
  },
  { kept: Math.fround },
)

const call = { signal: new AbortController().signal, id: 'call' }

test('TensorBoard shows the time of each call, negative and large steps, and a folder of the name of the run', async () => {
  const logDir = newLogDir()
  const backend = tensorBoardBackend({ logDir })
  const entries = [
    { run: 'sweep/lr=0.1', step: -3, at: 1_700_000_000_123, values: { loss: 1 } },
    { run: 'sweep/lr=0.1', step: 2 ** 53 - 1, at: 1_700_000_000_124, values: { loss: 2 } },
  ]
  await backend.writeScalars?.(entries, call)
  const run = 'sweep/lr=0.1'
  expect(await readEvents(logDir)).toEqual([
    { run, scalar: 'loss', step: -3, value: 1, time: 1_700_000_000.123 },
    { run, scalar: 'loss', step: 2 ** 53 - 1, value: 2, time: 1_700_000_000.124 },
  ])
})

test('TensorBoard reads what was written while the process exited', async () => {
  const logDir = newLogDir()
  const backend = tensorBoardBackend({ logDir })
  await backend.writeScalars?.([{ run: 'a', step: 1, at: 0, values: { loss: 1 } }], call)
  backend.writeScalarsAtExit?.([2, 3].map((step) => ({ run: 'a', step, at: step, values: { loss: step } })))
  expect((await readEvents(logDir)).map(({ step }) => step)).toEqual([1, 2, 3])
})

test('TensorBoard finds the runs of names that are no folders by what is left of them and a digest', async () => {
  const logDir = newLogDir()
  const digest = createHash('sha256').update('../up').digest('hex').slice(0, 8)
  await tensorBoardBackend({ logDir }).writeScalars?.([{ run: '../up', step: 1, at: 0, values: { a: 1 } }], call)
  expect((await readEvents(logDir)).map(({ run }) => run)).toEqual([`_/up-${digest}`])
})
