import { type ActivityHandle, getTracker, type ModuleRegistration, runActivity, startActivity } from 'underway'
import { type HealthMonitor, monitorHealth, type StopReason } from 'underway/health'
import { Batches } from './batches.js'
import { BoundedQueue } from './bounded-queue.js'
import { DataLoader, type Job } from './data-loader.js'
import { EnvironmentServer } from './environment-server.js'
import { batchSize, type DemoOptions, rolloutWorkers } from './options.js'
import { LocalEngine, type RolloutEngine, RolloutWorker } from './rollout-worker.js'
import { ThreadEngine } from './thread-engine.js'
import { Trainer } from './trainer.js'
import { Validator } from './validator.js'

const monitoring = { exceptionHandling: { intervalMillis: 250 }, healthCheck: { intervalMillis: 500 } } as const
const windDownMillis = 3_000

export type Outcome = 'completed' | 'failed' | 'cancelled'

/**
 * The whole training. Its controller is an activity like everything that it controls: it ends because what it has started
 * is quiescent, or it stops everything because a module is dead or errors were reported.
 *
 * @param signal cancels the training; its reason says why
 */
export function train(options: DemoOptions, signal: AbortSignal): Promise<Outcome> {
  const what = {
    module: 'controller',
    name: 'training',
    type: 'run',
    plan: `train for ${options.steps} steps`,
    // Why it fails has been reported by whoever is the cause.
    errors: { report: false },
  }
  return runActivity(what, async (run) => {
    const cancel = (): void => run.cancel(String(signal.reason))
    signal.addEventListener('abort', cancel, { once: true })
    if (signal.aborted) cancel()
    const environment = await startEnvironment(options.seed)
    const training = new Training(options, environment, await startEngines(environment.url), run)
    try {
      return await training.control()
    } finally {
      await training.close()
      signal.removeEventListener('abort', cancel)
    }
  })
}

async function startEnvironment(seed: number): Promise<EnvironmentServer> {
  // Ends when this scope is left; left by an error, it has failed.
  using starting = startActivity({ module: 'environment', name: 'start', leftAs: 'failed' })
  const environment = await EnvironmentServer.start(seed)
  starting.complete(`listens on ${environment.url}`)
  return environment
}

/** One for each worker, the last one in a thread of its own. */
async function startEngines(url: string): Promise<RolloutEngine[]> {
  const local = rolloutWorkers.slice(1).map(() => new LocalEngine(url))
  return [...local, await ThreadEngine.start(url)]
}

/** Everything that takes part in one training. */
class Training {
  readonly #options: DemoOptions
  readonly #run: ActivityHandle
  readonly #environment: EnvironmentServer
  readonly #queue = new BoundedQueue<Job>(batchSize)
  readonly #batches = new Batches()
  readonly #trainer: Trainer
  readonly #engines: readonly RolloutEngine[]
  readonly #workers: readonly RolloutWorker[]
  readonly #registrations: readonly ModuleRegistration[]

  constructor(
    options: DemoOptions,
    environment: EnvironmentServer,
    engines: readonly RolloutEngine[],
    run: ActivityHandle,
  ) {
    this.#options = options
    this.#run = run
    this.#environment = environment
    const { url } = environment
    this.#trainer = new Trainer(options, this.#batches, new Validator(options, url))
    this.#engines = engines
    this.#workers = engines.map((engine, at) => this.#employ(rolloutWorkers[at] ?? '', engine))
    const tracker = getTracker()
    this.#registrations = [
      tracker.registerModule('controller'),
      tracker.registerModule('data-loader'),
      tracker.registerModule('rollouts'),
      ...this.#workers.map((worker) =>
        tracker.registerModule(worker.name, { healthCheck: worker, group: 'rollout workers' }),
      ),
      tracker.registerModule('trainer'),
      tracker.registerModule('validator'),
      tracker.registerModule('environment', { healthCheck: environment }),
    ]
  }

  #employ(name: string, engine: RolloutEngine): RolloutWorker {
    const { fail } = this.#options
    // Every worker plays about a third of the rollouts.
    const crashAfter = fail?.module === name ? Math.ceil((fail.step * batchSize) / rolloutWorkers.length) : undefined
    return new RolloutWorker(name, engine, crashAfter)
  }

  /** Starts everything, and looks after it until there is nothing left to do or a reason to stop. */
  async control(): Promise<Outcome> {
    using monitor = monitorHealth(monitoring)
    const work = Promise.allSettled(this.#start())
    try {
      return await this.#watch(monitor)
    } finally {
      this.#queue.close()
      this.#batches.close()
      await work
    }
  }

  async #watch(monitor: HealthMonitor): Promise<Outcome> {
    const run = this.#run
    const tracker = getTracker()
    // What the controller has started, without the controller itself, which is the one that asks.
    const quiescent = await tracker.waitQuiescent({ within: run, signal: run.signal })
    if (quiescent && !this.#trainer.finished)
      tracker.reportError('work was lost: nothing is open any more, but the training is not finished')
    // An error of the last moment counts too.
    if (!run.signal.aborted) await monitor.check()
    if (monitor.stopReason !== undefined) return await this.#stop('failed', await this.#cause(monitor.stopReason))
    if (run.signal.aborted) return await this.#stop('cancelled', run.reason ?? 'cancelled')
    run.complete(`${tracker.step} of ${this.#options.steps} steps done, all work is quiescent`, { step: tracker.step })
    return 'completed'
  }

  /** Who is to blame: a module that is down, else the latest error. */
  async #cause({ message }: StopReason): Promise<string> {
    const tracker = getTracker()
    await tracker.checkModuleLiveness({ timeoutMillis: 1_000 })
    const dead = tracker.modules().find(({ state }) => state === 'down')
    if (dead !== undefined) return `module ${dead.name} is down: ${dead.reason}`
    const error = tracker.errors({ severity: 'error' }).at(-1)
    return error === undefined ? message : `${error.module} failed: ${error.message}`
  }

  #start(): Promise<unknown>[] {
    const { steps } = this.#options
    const training = this.#trainer.train((step) => {
      if (this.#options.fail?.module === 'environment' && step === this.#options.fail.step)
        void this.#environment.close()
      this.#run.update(`step ${step} of ${steps}`, { done: step, total: steps, step })
    })
    return [
      training.then(() => this.#retire()),
      new DataLoader(this.#options, this.#queue).load(),
      ...this.#workers.map((worker) => worker.run(this.#queue, (sample) => this.#trainer.receive(sample))),
    ]
  }

  /** The trainer needs nothing more. If it has stopped early, work is waiting that nobody has to do. */
  #retire(): void {
    for (const { activity } of [...this.#queue.close(), ...this.#batches.close()])
      activity.skip('the training has ended')
  }

  /** Cancels what is open below the run, and gives it a moment to end in good order. */
  async #stop(outcome: 'cancelled' | 'failed', reason: string): Promise<Outcome> {
    const run = this.#run
    const tracker = getTracker()
    // A verdict: the run itself ends when its function has returned.
    if (outcome === 'failed') run.fail(new Error(reason))
    tracker.cancel({ within: run }, `the run was stopped: ${reason}`)
    this.#queue.close()
    this.#batches.close()
    if (!(await tracker.waitQuiescent({ within: run, timeoutMillis: windDownMillis })))
      run.log(`still open: ${tracker.runningSummary()}`)
    return outcome
  }

  /** Nothing keeps running: no thread, no socket, no timer. */
  async close(): Promise<void> {
    await Promise.all([...this.#engines.map((engine) => engine.close()), this.#environment.close()])
    for (const registration of this.#registrations) registration.unregister()
  }
}
