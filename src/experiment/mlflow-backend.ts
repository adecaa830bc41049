import { checkedOptions, isBoolean, isObject, isTexts, type OptionChecks, settingUp } from '../base/checked-options.js'
import { systemClock } from '../base/clock.js'
import type { ScalarEntry } from '../tracker/scalars.js'
import { DeliveryError, type ExperimentBackend } from './backend.js'
import { caCheck, type NamedBackendOptions, nameCheck } from './backend-options.js'
import { forEachRun } from './for-each-run.js'
import { isMlflowError, MlflowClient } from './mlflow-client.js'
import { MlflowKeys } from './mlflow-metrics.js'
import { endpointOf } from './webhook-options.js'

export interface MlflowBackendOptions extends NamedBackendOptions {
  /** Of a tracking server, such as `http://127.0.0.1:5000`; files and databases cannot be written without one. */
  readonly trackingUri: string | URL
  /** The name of the experiment; it is made where there is none. */
  readonly experiment: string
  /** Whether to go on with the latest run of a name instead of making another one. @defaultValue true */
  readonly reuseRuns?: boolean | undefined
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string | undefined
  /** Sent with every request, such as an `authorization` of another kind. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Certificates of authorities besides those that Node knows, as PEM. */
  readonly ca?: string | undefined
}

const headerValue = /^[\t\x20-\x7e]+$/

const checks: OptionChecks<MlflowBackendOptions> = {
  trackingUri: [(value) => typeof value === 'string' || isObject(value), 'the URL of a tracking server'],
  experiment: [
    (value) => typeof value === 'string' && value !== '' && value.length <= 500,
    'a text of 500 characters at most',
  ],
  reuseRuns: [isBoolean, 'true or false'],
  token: [(value) => typeof value === 'string' && headerValue.test(value), 'a text of ASCII characters'],
  headers: [
    (value) =>
      isTexts(value) &&
      Object.entries(value as object).every(
        ([name, text]) => /^[\w-]+$/.test(name) && headerValue.test(text as string),
      ),
    'an object of texts of ASCII characters',
  ],
  ca: caCheck,
  name: nameCheck,
}

const maxRuns = 10_000

/** The runs of one experiment, by their names. */
class MlflowRuns {
  readonly #client: MlflowClient
  readonly #experiment: string
  readonly #reuse: boolean
  readonly #ids = new Map<string, string>()
  #experimentId: string | undefined

  constructor(client: MlflowClient, experiment: string, reuse: boolean) {
    this.#client = client
    this.#experiment = experiment
    this.#reuse = reuse
  }

  get ids(): readonly string[] {
    return [...this.#ids.values()]
  }

  /** @param startTime of a run that has to be made */
  async idOf(name: string, startTime: number, signal: AbortSignal): Promise<string> {
    const known = this.#ids.get(name)
    if (known !== undefined) return known
    const experimentId = (this.#experimentId ??= await this.#client.experimentId(this.#experiment, signal))
    const found = this.#reuse ? await this.#client.findRun(experimentId, name, signal) : undefined
    if (found !== undefined) await this.#client.updateRun(found, { status: 'RUNNING' }, signal)
    const id = found ?? (await this.#client.createRun(experimentId, name, startTime, signal))
    const [oldest] = this.#ids.keys()
    if (this.#ids.size >= maxRuns && oldest !== undefined) this.#ids.delete(oldest)
    this.#ids.set(name, id)
    return id
  }

  forget(name: string): void {
    this.#ids.delete(name)
  }
}

/**
 * Logs scalars as metrics of MLflow through its REST API: a run for each run, which is `RUNNING` until the backend is
 * closed and `FINISHED` then. A key has the letters, digits, `_-./` and spaces of the scalar's name, and `_` for the rest.
 *
 * @throws UnderwayError OPTIONS_INVALID
 */
export function mlflowBackend(given: MlflowBackendOptions): ExperimentBackend {
  return settingUp('mlflowBackend(options)', () => {
    const options = checkedOptions('mlflowBackend', given, checks, ['trackingUri', 'experiment'])
    const access = { allowHttp: true, allowPrivateAddresses: true, ca: options.ca }
    const client = new MlflowClient({
      endpoint: endpointOf('mlflowBackend({ trackingUri })', options.trackingUri, access),
      headers: {
        ...options.headers,
        ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
      },
    })
    const runs = new MlflowRuns(client, options.experiment, options.reuseRuns ?? true)
    const keys = new MlflowKeys()
    const log = async (run: string, entries: readonly ScalarEntry[], signal: AbortSignal): Promise<void> => {
      const id = await runs.idOf(run, Math.max(Math.round(entries[0]?.at ?? systemClock.wallMillis()), 0), signal)
      try {
        await client.logMetrics(
          id,
          entries.flatMap((entry) => keys.metricsOf(entry)),
          signal,
        )
      } catch (error) {
        if (!isMlflowError(error, 'RESOURCE_DOES_NOT_EXIST')) throw error
        // It was deleted for good: another attempt makes another one.
        runs.forget(run)
        throw new DeliveryError((error as Error).message)
      }
    }
    return {
      name: options.name ?? 'mlflow',
      async writeScalars(entries, { signal }) {
        const byRun = Map.groupBy(entries, (entry) => entry.run)
        await forEachRun(byRun, ([run, ofRun]) => log(run, ofRun, signal))
      },
      async close({ signal }) {
        const end = { status: 'FINISHED', end_time: systemClock.wallMillis() }
        await forEachRun(runs.ids, (id) => client.updateRun(id, end, signal))
      },
    }
  })
}
