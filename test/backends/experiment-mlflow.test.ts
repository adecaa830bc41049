import { randomUUID } from 'node:crypto'
import { beforeEach, expect, onTestFailed, test } from 'vitest'
import { type ExperimentBackend, mlflowBackend } from '../../src/experiment/index.js'
import { experimentBackendContract } from '../support/experiment-backend-contract.js'
import { useMlflowServer } from './support/mlflow-server.js'

const server = useMlflowServer()
beforeEach(() => onTestFailed(() => console.error(server().logTail())))

function open(
  experiment: string = randomUUID(),
  options: object = {},
): { backend: ExperimentBackend; experiment: string } {
  return { backend: mlflowBackend({ trackingUri: server().url, experiment, ...options }), experiment }
}

const call = { signal: new AbortController().signal, id: 'call' }

function entry(run: string, step = 1): { run: string; step: number; at: number; values: { loss: number } } {
  return { run, step, at: 1_700_000_000_000 + step, values: { loss: step } }
}

experimentBackendContract(
  'MLflow',
  () => {
    const { backend, experiment } = open()
    return { backend, read: () => server().points(experiment) }
  },
  // Its databases have no infinities: the server keeps the largest number instead.
  { kept: (value) => Math.max(-Number.MAX_VALUE, Math.min(value, Number.MAX_VALUE)) },
)

test('a run of MLflow is running until the backend is closed, and finished then', async () => {
  const { backend, experiment } = open()
  await backend.writeScalars?.([entry('train')], call)
  expect((await server().runs(experiment)).map(({ info }) => [info.run_name, info.status, info.start_time])).toEqual([
    ['train', 'RUNNING', 1_700_000_000_001],
  ])
  await backend.close?.(call)
  const [run] = await server().runs(experiment)
  expect(run?.info.status).toBe('FINISHED')
  expect(run?.info.end_time).toBeGreaterThan(1_700_000_000_001)
})

test('another process goes on with the run of a name, or makes one of its own where it is told to', async () => {
  const { backend, experiment } = open()
  await backend.writeScalars?.([entry('train', 1)], call)
  await backend.close?.(call)
  await open(experiment).backend.writeScalars?.([entry('train', 2)], call)
  const [run] = await server().runs(experiment)
  expect([run?.info.status, (await server().points(experiment)).map(({ step }) => step)]).toEqual(['RUNNING', [1, 2]])
  await open(experiment, { reuseRuns: false }).backend.writeScalars?.([entry('train', 3)], call)
  expect(await server().runs(experiment)).toHaveLength(2)
})

test('two programs that begin at the same time share the experiment of MLflow', async () => {
  const experiment = randomUUID()
  const both = [open(experiment).backend, open(experiment).backend]
  await Promise.all(both.map((backend, index) => backend.writeScalars?.([entry(`run ${index}`)], call)))
  expect(await server().runs(experiment)).toHaveLength(2)
})

test('an experiment of MLflow that was deleted is said, and another attempt is not worth it', async () => {
  const { backend, experiment } = open()
  await backend.writeScalars?.([entry('a')], call)
  const query = new URLSearchParams({ experiment_name: experiment })
  const { experiment: found } = await server().call(`experiments/get-by-name?${query}`)
  await server().call('experiments/delete', { experiment_id: (found as { experiment_id: string }).experiment_id })
  const writing = open(experiment).backend.writeScalars?.([entry('b')], call)
  await expect(writing).rejects.toMatchObject({ message: expect.stringContaining('is deleted'), retry: false })
})
