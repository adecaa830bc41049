import { randomUUID } from 'node:crypto'
import { beforeEach, expect, onTestFailed, test } from 'vitest'
import { connectBackends, type ExperimentBackend, mlflowBackend } from '../../src/experiment/index.js'
import { experimentBackendContract } from '../support/experiment-backend-contract.js'
import { newTracker, turn } from '../support/tracked.js'
import { freePorts } from './support/free-ports.js'
import { MlflowServer, useMlflowServer } from './support/mlflow-server.js'

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

test('what was recorded while no MLflow answered is there once it does', async () => {
  const { port } = await freePorts(['port'])
  const { tracker, clock } = newTracker()
  const backend = mlflowBackend({ trackingUri: `http://127.0.0.1:${port}`, experiment: 'late' })
  // Its clock runs faster than that of the server, which must not look slow.
  const patient = { timeoutMillis: 86_400_000, maxAttempts: 1_000_000 }
  const connected = connectBackends({ tracker, backends: [backend], delayMillis: 0, ...patient })
  const elapseUntil = async (done: () => boolean): Promise<void> => {
    while (!done()) {
      await turn()
      await clock.advance(connected.status()[0]?.lastError === undefined ? 0 : 30)
    }
  }
  for (let step = 0; step < 100; step += 1) tracker.logScalars({ loss: step }, { step, run: 'train' })
  await elapseUntil(() => (connected.status()[0]?.retries ?? 0) > 3)
  expect(connected.status()[0]).toMatchObject({ scalars: { delivered: 0, pending: 100 } })
  const late = await MlflowServer.start(port)
  try {
    await elapseUntil(() => connected.status()[0]?.scalars.pending === 0)
    expect(connected.status()[0]?.scalars).toMatchObject({ accepted: 100, delivered: 100, failed: 0, dropped: 0 })
    const steps = (await late.points('late')).map(({ step }) => step)
    expect(steps.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, step) => step))
  } finally {
    await late.stop()
  }
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

test('a run of MLflow that was deleted keeps no other from being written and finished', async () => {
  const { backend, experiment } = open()
  await backend.writeScalars?.([entry('deleted'), entry('kept')], call)
  const deleted = (await server().runs(experiment)).find(({ info }) => info.run_name === 'deleted')
  await server().call('runs/delete', { run_id: deleted?.info.run_id })
  const writing = backend.writeScalars?.([entry('deleted', 2), entry('kept', 2)], call)
  await expect(writing).rejects.toMatchObject({ message: expect.stringContaining('MLflow answered 400'), retry: false })
  await expect(backend.close?.(call)).rejects.toThrow('MLflow answered')
  expect((await server().points(experiment)).map(({ run, step }) => [run, step])).toEqual([
    ['kept', 1],
    ['kept', 2],
  ])
  expect((await server().runs(experiment)).map(({ info }) => [info.run_name, info.status])).toEqual([
    ['kept', 'FINISHED'],
  ])
})
