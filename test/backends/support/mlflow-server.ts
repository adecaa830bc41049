import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { cacheFolder, executablePath } from '../../../scripts/backends/program.js'
import { programs } from '../../../scripts/backends/programs.js'
import { BackendProcess } from './backend-process.js'
import { loopback, loopbackUrl } from './environment.js'
import { freePorts } from './free-ports.js'
import { usePrograms } from './use-stack.js'

export interface MlflowPoint {
  readonly run: string
  readonly scalar: string
  readonly step: number
  readonly value: number
  readonly timestamp: number
}

export interface MlflowRun {
  readonly info: {
    readonly run_id: string
    readonly run_name: string
    readonly status: string
    readonly start_time: number
    readonly end_time?: number
  }
  readonly data: { readonly metrics?: readonly { readonly key: string }[] }
}

/** A tracking server on loopback with a database of its own, for the tests of this file. */
export class MlflowServer {
  readonly url: string
  readonly #process: BackendProcess
  readonly #folder: string

  private constructor(url: string, process: BackendProcess, folder: string) {
    this.url = url
    this.#process = process
    this.#folder = folder
  }

  /** @param chosen its port; by default one that is free */
  static async start(chosen?: number): Promise<MlflowServer> {
    const folder = mkdtempSync(join(tmpdir(), 'underway-mlflow-'))
    const port = chosen ?? (await freePorts(['port'])).port
    const stored = ['--backend-store-uri', `sqlite:///${folder}/mlflow.db`, '--artifacts-destination', folder]
    const server = await BackendProcess.start({
      name: 'mlflow',
      file: executablePath(programs.mlflow, cacheFolder(process.env)),
      args: ['server', '--host', loopback, '--port', String(port), '--workers', '1', ...stored],
      cwd: folder,
      env: { MLFLOW_DISABLE_TELEMETRY: 'true', DO_NOT_TRACK: 'true', MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false' },
      readyUrl: `${loopbackUrl(port)}/health`,
      logFile: join(folder, 'mlflow.log'),
    })
    return new MlflowServer(loopbackUrl(port), server, folder)
  }

  logTail(): string {
    return this.#process.logTail()
  }

  async stop(): Promise<void> {
    await this.#process.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async call(path: string, content?: object): Promise<Record<string, unknown>> {
    const init = content === undefined ? {} : { method: 'POST', body: JSON.stringify(content) }
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${this.url}/api/2.0/mlflow/${path}`, { ...init, headers })
    const answer = (await response.json()) as Record<string, unknown>
    if (!response.ok) throw new Error(`${response.status} from ${path}: ${JSON.stringify(answer)}`)
    return answer
  }

  async runs(experiment: string): Promise<readonly MlflowRun[]> {
    const query = new URLSearchParams({ experiment_name: experiment })
    const found = await this.call(`experiments/get-by-name?${query}`).catch(() => undefined)
    const { experiment_id: id } = (found?.['experiment'] ?? {}) as { readonly experiment_id?: string }
    if (id === undefined) return []
    const { runs = [] } = await this.call('runs/search', { experiment_ids: [id], max_results: 1_000 })
    return runs as MlflowRun[]
  }

  /** Every point of every metric, those of one metric in order of time. */
  async points(experiment: string): Promise<readonly MlflowPoint[]> {
    const points: MlflowPoint[] = []
    for (const { info, data } of await this.runs(experiment))
      for (const { key } of data.metrics ?? []) points.push(...(await this.#history(info, key)))
    return points.toSorted((a, b) => a.timestamp - b.timestamp)
  }

  async #history({ run_id: runId, run_name: run }: MlflowRun['info'], key: string): Promise<MlflowPoint[]> {
    const query = new URLSearchParams({ run_id: runId, metric_key: key })
    const { metrics = [] } = await this.call(`metrics/get-history?${query}`)
    type Metric = {
      readonly step?: number | string
      readonly timestamp: number | string
      readonly value: number | string
    }
    return (metrics as Metric[]).map(({ step = 0, timestamp, value }) => ({
      run,
      scalar: key,
      step: Number(step),
      value: Number(value),
      timestamp: Number(timestamp),
    }))
  }
}

export function useMlflowServer(): () => MlflowServer {
  const available = usePrograms(programs.mlflow)
  let server: MlflowServer | undefined
  beforeAll(async () => {
    if (available) server = await MlflowServer.start()
  }, 120_000)
  afterAll(() => server?.stop(), 60_000)
  return () => {
    if (server === undefined) throw new Error('the server is there only while tests run')
    return server
  }
}
