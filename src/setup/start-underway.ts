import { readTimeLimit } from '../activity/time-limit.js'
import type { HealthMonitor } from '../health/health-monitor.js'
import { configureDefaultTracker } from '../tracker/default-tracker.js'
import { type ActivityTracker, lifecycleKey } from '../tracker/tracker.js'
import { type Environment, readEnvironment } from './environment.js'
import { closeExperiment, connectExperiment, type Experiment } from './experiment.js'
import { isRegistered } from './globals.js'
import { allOff, off, type SetUp, type UnderwayHandle } from './handle.js'
import { Notices } from './notices.js'
import { checkStartOptions, optionsThatDiffer, type StartUnderwayOptions } from './options.js'

interface Start {
  readonly options: StartUnderwayOptions
  readonly notices: Notices
  readonly handle: Promise<UnderwayHandle>
}

let current: Start | undefined

/**
 * Sets up traces, metrics and logs over OTLP in one call, with the SDK packages that are installed. Providers that are
 * registered already are kept. A second call returns the handle of the first, and warns of options that
 * differ from those of the first: they have no effect.
 *
 * @throws UnderwayError SETUP_SDK_MISSING with the line that installs what is missing, OPTIONS_INVALID
 */
export async function startUnderway(given: StartUnderwayOptions = {}): Promise<UnderwayHandle> {
  const options = checkStartOptions(given)
  if (current === undefined) current = begin(options)
  else warnOfOptions(current, options)
  return await current.handle
}

function begin(options: StartUnderwayOptions): Start {
  const environment = readEnvironment(options.env ?? process.env, isRegistered('propagation'))
  const notices = new Notices(environment.logLevel)
  const handle = start(options, environment, notices).catch((error: unknown) => {
    current = undefined
    throw error
  })
  return { options, notices, handle }
}

function warnOfOptions({ options: first, notices }: Start, options: StartUnderwayOptions): void {
  const ignored = optionsThatDiffer(first, options)
  if (ignored.length === 0) return
  const message = `startUnderway() runs already: ${ignored.join(', ')} of another call has no effect; give it to the first call, or await shutdown() of its handle before`
  notices.warn(message, 'UNDERWAY_SETUP')
}

async function start(
  options: StartUnderwayOptions,
  environment: Environment,
  notices: Notices,
): Promise<UnderwayHandle> {
  const serviceName = options.serviceName ?? environment.serviceName
  // Before anything is awaited, so that work which is started right after the call knows.
  const tracker = configure(options.tracker, serviceName, environment)
  tracker[lifecycleKey].faults.printed = notices.printed
  if (environment.disabled)
    return inertHandle({ tracker, environment, notices, health: undefined, experiment: undefined, ended: forget })
  const health = await monitor(options, environment, tracker, notices)
  const ended = (): void => {
    forget()
    health?.close()
  }
  let experiment: Experiment | undefined
  try {
    experiment = await connectExperiment(options, environment, tracker, notices)
    const setUp: SetUp = { tracker, environment, notices, health, experiment, ended }
    if (environment.sdkDisabled) {
      await propagate(environment)
      return inertHandle(setUp)
    }
    const { launch } = await import('./launch.js')
    return await launch({ ...setUp, options })
  } catch (error) {
    health?.close()
    await closeExperiment(experiment, 0)
    throw error
  }
}

function forget(): void {
  current = undefined
}

/** Only where there may be something to monitor is it loaded. */
async function monitor(
  options: StartUnderwayOptions,
  environment: Environment,
  tracker: ActivityTracker,
  notices: Notices,
): Promise<HealthMonitor | undefined> {
  const { monitorIsSet, configFile } = environment
  if (!(options.health ?? (monitorIsSet || configFile !== undefined))) return undefined
  const { startHealth } = await import('./start-health.js')
  return startHealth(options, environment, tracker, notices)
}

/** `OTEL_SDK_DISABLED` has no effect on propagators, says the specification. */
async function propagate(environment: Environment): Promise<void> {
  const [{ loadCore }, { registerPropagators }] = await Promise.all([import('./sdk.js'), import('./propagation.js')])
  const core = await loadCore()
  if (core !== undefined) registerPropagators(core, environment)
}

function configure(
  given: ActivityTracker | undefined,
  serviceName: string | undefined,
  { disabled }: Environment,
): ActivityTracker {
  if (given === undefined) return configureDefaultTracker(serviceName, disabled)
  given[lifecycleKey].configure(serviceName, disabled || given.disabled)
  return given
}

function inertHandle({ tracker, environment, notices, health, experiment, ended }: SetUp): UnderwayHandle {
  const { intake } = tracker[lifecycleKey]
  let shutDown = false
  return {
    health,
    status: () => ({
      state: shutDown ? 'shut down' : 'disabled',
      service: tracker.process.service,
      instance: tracker.process.instance,
      signals: allOff,
      ...(experiment === undefined ? {} : { experiment: experiment.connected.status() }),
      scalars: off,
      warnings: [...environment.warnings, ...notices.all()],
    }),
    async flush(options) {
      const timeoutMillis = readTimeLimit(intake, 'flush', options)
      return (await experiment?.connected.flush(timeoutMillis === undefined ? {} : { timeoutMillis })) ?? true
    },
    async shutdown(options) {
      shutDown = true
      ended()
      return await closeExperiment(experiment, readTimeLimit(intake, 'shutdown', options))
    },
    async [Symbol.asyncDispose]() {
      await this.shutdown()
    },
  }
}
