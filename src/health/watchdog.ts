/// <reference lib="esnext.disposable" preserve="true" />
import { performance } from 'node:perf_hooks'
import { Worker } from 'node:worker_threads'
import {
  checkedLater,
  checkedOptions,
  isBoolean,
  isFunction,
  isObject,
  type OptionChecks,
  refuseUnknown,
  settingUp,
  shown,
} from '../base/checked-options.js'
import { durationText } from '../base/duration-text.js'
import { UnderwayError } from '../base/underway-error.js'
import { detached } from '../tracing/current.js'
import { getTracker } from '../tracker/default-tracker.js'
import { type ActivityTracker, lifecycleKey, trackerCheck } from '../tracker/tracker.js'
import { stuckLeaves } from './stuck-leaves.js'
import {
  type BlockedReport,
  type FromWatchdog,
  type HealthState,
  slots,
  type WatchdogData,
} from './watchdog-protocol.js'

export interface ProbeOptions {
  /** 0 takes a free one. @defaultValue 0 */
  readonly port?: number | undefined
  /** @defaultValue `'127.0.0.1'` */
  readonly host?: string | undefined
  /** Whether `/healthz` tells modules, errors and open activities. @defaultValue only on a loopback address */
  readonly details?: boolean | undefined
}

export interface WatchdogOptions {
  /** How long the event loop may not turn before it counts as wedged, in milliseconds. @defaultValue 5000 */
  readonly blockedAfterMillis?: number | undefined
  /** How long it may not turn before `/livez` fails, in milliseconds. @defaultValue 600000 */
  readonly livenessFailsAfterMillis?: number | undefined
  /** Where what is open and the blocked stack are written, as JSON, when the loop is wedged. */
  readonly reportFile?: string | undefined
  /** Whether the blocked JavaScript is interrupted for a moment to see where it is. @defaultValue true */
  readonly captureStack?: boolean | undefined
  /** Serves `/livez`, `/readyz`, `/startupz` and `/healthz`. @defaultValue no server */
  readonly probes?: ProbeOptions | undefined
  /** Called after the loop was wedged, once it turns again. */
  readonly onBlocked?: ((report: BlockedReport) => unknown) | undefined
  /** @defaultValue the default tracker */
  readonly tracker?: ActivityTracker | undefined
}

/** A thread that watches the event loop of this one. */
export interface Watchdog extends AsyncDisposable {
  /** Where the probes are, if there are any. */
  readonly url: string | undefined
  /** Whether `/readyz` may say yes. @defaultValue true */
  ready: boolean
  /** Whether `/startupz` says yes, and `/readyz` may. @defaultValue true */
  started: boolean
  close(): Promise<void>
}

const stateMillis = 1_000
const maxOpen = 100
const maxModules = 1_000

const checks: OptionChecks<WatchdogOptions> = {
  tracker: trackerCheck,
  blockedAfterMillis: checkedLater,
  livenessFailsAfterMillis: checkedLater,
  reportFile: [(value) => typeof value === 'string' && value !== '', 'a path'],
  captureStack: [isBoolean, 'true or false'],
  probes: [(value) => isObject(value) && !Array.isArray(value), 'an object such as { port: 9090 }'],
  onBlocked: [isFunction, 'a function'],
}

function positive(name: string, value: unknown, fallback: number): number {
  if (value === undefined) return fallback
  if (typeof value === 'number' && value > 0) return value
  throw new UnderwayError(
    'OPTIONS_INVALID',
    `startWatchdog({ ${name} }): expected a positive number of milliseconds, got ${shown(value)}`,
  )
}

function probesOf(options: ProbeOptions | undefined): WatchdogData['probes'] {
  if (options === undefined) return undefined
  refuseUnknown((key) => `startWatchdog({ probes: { ${key} } })`, options, ['port', 'host', 'details'])
  const { port = 0, host = '127.0.0.1' } = options
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new UnderwayError(
      'OPTIONS_INVALID',
      `startWatchdog({ probes: { port } }): expected 0 to 65535, got ${shown(port)}`,
    )
  const loopback = host === 'localhost' || host === '::1' || host.startsWith('127.')
  return { port, host, details: options.details ?? loopback }
}

function stateOf(tracker: ActivityTracker): HealthState {
  const { open, clock } = tracker[lifecycleKey]
  const oldest: unknown[] = []
  for (const record of open) {
    if (oldest.length === maxOpen) break
    oldest.push(tracker[lifecycleKey].snapshot(record))
  }
  const modules = tracker.modules()
  return {
    time: clock.wallMillis(),
    quiescent: tracker.isQuiescent({ self: true }),
    summary: tracker.runningSummary(),
    errorHealth: tracker.errorHealth(),
    modules: modules.slice(0, maxModules).map(({ transitions: _, ...now }) => now),
    down: modules.filter(({ state }) => state === 'down').length,
    open: oldest,
    stuck: stuckLeaves({ tracker, limit: maxOpen }).map(({ message }) => message),
  }
}

interface Resolved {
  readonly tracker: ActivityTracker
  readonly data: WatchdogData
  readonly onBlocked: WatchdogOptions['onBlocked']
}

function resolve(given: WatchdogOptions): Resolved {
  const options = checkedOptions('startWatchdog', given, checks)
  const tracker = options.tracker ?? getTracker()
  const blockedAfterMillis = positive('blockedAfterMillis', options.blockedAfterMillis, 5_000)
  const beatMillis = Math.min(250, Math.max(blockedAfterMillis / 10, 10))
  const memory = new SharedArrayBuffer(slots.length * Int32Array.BYTES_PER_ELEMENT)
  const data: WatchdogData = {
    memory,
    beatMillis,
    blockedAfterMillis,
    livenessFailsAfterMillis: positive('livenessFailsAfterMillis', options.livenessFailsAfterMillis, 600_000),
    reportFile: options.reportFile,
    captureStack: options.captureStack ?? true,
    probes: probesOf(options.probes),
  }
  return { tracker, data, onBlocked: options.onBlocked }
}

/**
 * Starts a thread that notices when the event loop of this one is blocked, and that answers probes all the same. It never
 * keeps the process alive.
 *
 * @throws UnderwayError OPTIONS_INVALID, also where the address cannot be listened on
 */
export async function startWatchdog(options: WatchdogOptions = {}): Promise<Watchdog> {
  const { tracker, data, onBlocked } = settingUp('startWatchdog(options)', () => resolve(options))
  // A process that was told to load something first, such as `underway/register`, must not do so for this thread.
  const worker = detached(
    () => new Worker(new URL('./watchdog-worker.js', import.meta.url), { workerData: data, execArgv: [], env: {} }),
  )
  const dog = new RunningWatchdog(tracker, worker, new Int32Array(data.memory), onBlocked)
  await dog.listening
  dog.watch(data.beatMillis)
  return dog
}

class RunningWatchdog implements Watchdog {
  url: string | undefined = undefined
  readonly listening: Promise<void>
  readonly #tracker: ActivityTracker
  readonly #worker: Worker
  readonly #memory: Int32Array
  readonly #onBlocked: WatchdogOptions['onBlocked']
  readonly #timers: NodeJS.Timeout[] = []
  #loop = performance.eventLoopUtilization()

  constructor(tracker: ActivityTracker, worker: Worker, memory: Int32Array, onBlocked: WatchdogOptions['onBlocked']) {
    this.#tracker = tracker
    this.#worker = worker
    this.#memory = memory
    this.#onBlocked = onBlocked
    this.ready = true
    this.started = true
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.listening = promise
    worker.on('message', (message: FromWatchdog) => {
      switch (message.kind) {
        case 'listening':
          this.url = message.url
          return resolve()
        case 'failed':
          void worker.terminate()
          return reject(new UnderwayError('OPTIONS_INVALID', `startWatchdog({ probes }): ${message.message}`))
        case 'unwritten':
          return tracker[lifecycleKey].faults.count('report.failed', `reportFile: ${message.message}`)
        case 'recovered':
          return this.#recovered(message.report)
      }
    })
    worker.on('error', (error) => {
      tracker[lifecycleKey].faults.count('watchdog.failed', 'startWatchdog()', error)
      reject(error)
    })
  }

  /** From here on neither the thread nor the timers keep the process alive. */
  watch(beatMillis: number): void {
    this.#worker.unref()
    detached(() => {
      this.#timers.push(
        setInterval(() => this.#beat(), beatMillis).unref(),
        setInterval(() => this.#worker.postMessage(stateOf(this.#tracker)), stateMillis).unref(),
      )
    })
    this.#beat()
    this.#worker.postMessage(stateOf(this.#tracker))
  }

  #beat(): void {
    const loop = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(loop, this.#loop)
    this.#loop = loop
    Atomics.store(this.#memory, slots.busy, Math.round(utilization * 1_000))
    Atomics.add(this.#memory, slots.beats, 1)
    Atomics.store(this.#memory, slots.draining, this.#tracker[lifecycleKey].draining === undefined ? 0 : 1)
  }

  #recovered(report: BlockedReport): void {
    const [frame] = report.stack
    const where = frame === undefined ? '' : ` in ${frame.function} (${frame.at})`
    this.#tracker.reportError(`the event loop was blocked for ${durationText(report.blockedMillis)}${where}`, {
      module: this.#tracker.serviceName,
      work: 'event loop',
      severity: 'warning',
    })
    const { faults } = this.#tracker[lifecycleKey]
    void (async () => this.#onBlocked?.(report))().catch((error: unknown) =>
      faults.count('option.threw', 'onBlocked', error),
    )
  }

  get ready(): boolean {
    return Atomics.load(this.#memory, slots.ready) === 1
  }

  set ready(ready: boolean) {
    Atomics.store(this.#memory, slots.ready, ready ? 1 : 0)
  }

  get started(): boolean {
    return Atomics.load(this.#memory, slots.started) === 1
  }

  set started(started: boolean) {
    Atomics.store(this.#memory, slots.started, started ? 1 : 0)
  }

  async close(): Promise<void> {
    for (const timer of this.#timers.splice(0)) clearInterval(timer)
    await this.#worker.terminate()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
