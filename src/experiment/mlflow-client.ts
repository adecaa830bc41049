import { isObject } from '../base/checked-options.js'
import { DeliveryError } from './backend.js'
import { type Endpoint, type HttpAnswer, isSuccess, send, statusError } from './http.js'
import type { MlflowMetric } from './mlflow-metrics.js'

const maxMetrics = 1_000
const pageSize = 1

export interface MlflowAccess {
  /** Of the server, without `/api`. */
  readonly endpoint: Endpoint
  readonly headers: Readonly<Record<string, string>>
}

type Json = Readonly<Record<string, unknown>>

/** The code that MLflow puts beside the status, such as `RESOURCE_DOES_NOT_EXIST`. */
class MlflowError extends DeliveryError {
  readonly code: string

  constructor(error: DeliveryError, code: string) {
    super(error.message, error)
    this.code = code
  }
}

export function isMlflowError(error: unknown, code: string): boolean {
  return error instanceof MlflowError && error.code === code
}

/** The calls of MLflow's REST API that are needed to log metrics. Every call rejects with a {@link DeliveryError}. */
export class MlflowClient {
  readonly #access: MlflowAccess

  constructor(access: MlflowAccess) {
    this.#access = access
  }

  /** The id of an experiment, which is made where there is none. */
  async experimentId(name: string, signal: AbortSignal): Promise<string> {
    try {
      return await this.#experimentNamed(name, signal)
    } catch (error) {
      if (!isMlflowError(error, 'RESOURCE_DOES_NOT_EXIST')) throw error
    }
    try {
      return idIn(await this.#call('experiments/create', { name }, signal), 'experiment_id')
    } catch (error) {
      // Somebody else was faster.
      if (!isMlflowError(error, 'RESOURCE_ALREADY_EXISTS')) throw error
      return await this.#experimentNamed(name, signal)
    }
  }

  async #experimentNamed(name: string, signal: AbortSignal): Promise<string> {
    const query = new URLSearchParams({ experiment_name: name })
    const { experiment } = await this.#call(`experiments/get-by-name?${query}`, undefined, signal)
    if (isObject(experiment) && experiment['lifecycle_stage'] === 'deleted')
      throw new DeliveryError(`the MLflow experiment '${name}' is deleted: restore it, or give another one`, {
        retry: false,
      })
    return idIn(experiment, 'experiment_id')
  }

  /** The latest run of that name, if there is one that was not deleted. */
  async findRun(experimentId: string, name: string, signal: AbortSignal): Promise<string | undefined> {
    const quote = ["'", '"', '`'].find((one) => !name.includes(one))
    // What holds every kind of quotation mark cannot be asked for.
    if (quote === undefined || quote === '`') return undefined
    const { runs } = await this.#call(
      'runs/search',
      {
        experiment_ids: [experimentId],
        filter: `attributes.run_name = ${quote}${name}${quote}`,
        order_by: ['attributes.start_time DESC'],
        max_results: pageSize,
      },
      signal,
    )
    const run: unknown = Array.isArray(runs) ? runs[0] : undefined
    return isObject(run) ? idIn(run['info'], 'run_id') : undefined
  }

  async createRun(experimentId: string, name: string, startTime: number, signal: AbortSignal): Promise<string> {
    const asked = { experiment_id: experimentId, run_name: name, start_time: startTime }
    const { run } = await this.#call('runs/create', asked, signal)
    return idIn(isObject(run) ? run['info'] : undefined, 'run_id')
  }

  async updateRun(runId: string, change: Json, signal: AbortSignal): Promise<void> {
    await this.#call('runs/update', { run_id: runId, ...change }, signal)
  }

  /** In as many requests as it takes. */
  async logMetrics(runId: string, metrics: readonly MlflowMetric[], signal: AbortSignal): Promise<void> {
    for (let from = 0; from < metrics.length; from += maxMetrics)
      await this.#call('runs/log-batch', { run_id: runId, metrics: metrics.slice(from, from + maxMetrics) }, signal)
  }

  async #call(path: string, content: Json | undefined, signal: AbortSignal): Promise<Json> {
    const { endpoint, headers } = this.#access
    const url = new URL(`${endpoint.url.pathname.replace(/\/$/, '')}/api/2.0/mlflow/${path}`, endpoint.url)
    const answer = await send(
      { ...endpoint, url },
      content === undefined
        ? { method: 'GET', headers, signal }
        : {
            method: 'POST',
            headers: { ...headers, 'content-type': 'application/json' },
            body: JSON.stringify(content),
            signal,
          },
    )
    const read = readBody(answer)
    if (isSuccess(answer)) return read
    throw this.#errorOf(answer, read)
  }

  #errorOf(answer: HttpAnswer, { error_code: code, message }: Json): MlflowError {
    const said = typeof message === 'string' ? this.#withoutSecrets(message).replace(/\s+/g, ' ').slice(0, 200) : ''
    return new MlflowError(statusError('MLflow', answer, said), typeof code === 'string' ? code : '')
  }

  #withoutSecrets(text: string): string {
    return Object.values(this.#access.headers)
      .flatMap((value) => [value, value.replace(/^\w+ /, '')])
      .reduce((cleaned, secret) => cleaned.replaceAll(secret, '***'), text)
  }
}

function readBody({ body }: HttpAnswer): Json {
  try {
    const read: unknown = JSON.parse(body)
    return isObject(read) ? read : {}
  } catch {
    return {}
  }
}

function idIn(holder: unknown, key: string): string {
  const id = isObject(holder) ? holder[key] : undefined
  if (typeof id === 'string' && id !== '') return id
  throw new DeliveryError(`MLflow answered without ${key}: is the tracking URI that of an MLflow server?`, {
    retry: false,
  })
}
