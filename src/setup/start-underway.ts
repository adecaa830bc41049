import { configureDefaultTracker } from '../tracker/default-tracker.js'
import { type ActivityTracker, lifecycleKey } from '../tracker/tracker.js'
import { type Environment, readEnvironment } from './environment.js'
import { allOff, type UnderwayHandle } from './handle.js'
import { checkStartOptions, type StartUnderwayOptions } from './options.js'

let current: Promise<UnderwayHandle> | undefined

/**
 * Sets up traces, metrics and logs over OTLP in one call, with the SDK packages that are installed. Providers that are
 * registered already are kept. A second call returns the handle of the first.
 *
 * @throws UnderwayError SETUP_SDK_MISSING with the line that installs what is missing, OPTIONS_INVALID
 */
export async function startUnderway(given: StartUnderwayOptions = {}): Promise<UnderwayHandle> {
  const options = checkStartOptions(given)
  current ??= start(options).catch((error: unknown) => {
    current = undefined
    throw error
  })
  return await current
}

async function start(options: StartUnderwayOptions): Promise<UnderwayHandle> {
  const environment = readEnvironment(options.env ?? process.env)
  const serviceName = options.serviceName ?? environment.serviceName
  // Before anything is awaited, so that work which is started right after the call knows.
  const tracker = configure(options.tracker, serviceName, environment)
  const ended = (): void => {
    current = undefined
  }
  if (environment.disabled || environment.sdkDisabled) return inertHandle(tracker, environment, ended)
  const { launch } = await import('./launch.js')
  return await launch(options, environment, tracker, ended)
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

function inertHandle(tracker: ActivityTracker, { warnings }: Environment, ended: () => void): UnderwayHandle {
  let shutDown = false
  return {
    status: () => ({
      state: shutDown ? 'shut down' : 'disabled',
      service: tracker.process.service,
      instance: tracker.process.instance,
      signals: allOff,
      warnings,
    }),
    flush: async () => true,
    async shutdown() {
      shutDown = true
      ended()
      return true
    },
    async [Symbol.asyncDispose]() {
      await this.shutdown()
    },
  }
}
