import { systemClock } from '../base/clock.js'
import { isSpanProcessorInUse } from '../otel/activity-span-processor.js'
import { hasInstruments } from '../otel/instruments.js'
import { hasLifecycleLogs } from '../otel/lifecycle-logs.js'
import { type ActivityTracker, lifecycleKey } from '../tracker/tracker.js'
import type { Environment } from './environment.js'
import { ExportFailures } from './export-failures.js'
import { isRegistered } from './globals.js'
import type { UnderwayHandle } from './handle.js'
import { keptAdvice, showSdkMessages } from './notices.js'
import type { StartUnderwayOptions } from './options.js'
import { type OtlpTarget, type Signal, signals } from './otlp-environment.js'
import { OtlpSender } from './otlp-sender.js'
import { registerContextManager, registerPropagators } from './propagation.js'
import { providers } from './providers.js'
import type { Running } from './running.js'
import { RunningHandle, type RunningParts } from './running-handle.js'
import { loadSdk, type Sdk } from './sdk.js'
import type { ResourceLike } from './sdk-shapes.js'

const registrations = { traces: 'trace', metrics: 'metrics', logs: 'logs' } as const

/** Whether somebody has connected a tracker to the provider of a signal. */
const isConnected: Readonly<Record<Signal, (tracker: ActivityTracker) => boolean>> = {
  traces: isSpanProcessorInUse,
  metrics: hasInstruments,
  logs: hasLifecycleLogs,
}

export type Launching = Omit<RunningParts, 'running' | 'kept'>

/** Sets up the signals that are wanted and not taken. @throws UnderwayError SETUP_SDK_MISSING */
export async function launch(launching: Launching): Promise<UnderwayHandle> {
  const { options, environment, tracker, notices } = launching
  for (const warning of environment.warnings) notices.warn(warning, 'UNDERWAY_ENVIRONMENT')
  showSdkMessages(environment.logLevel, environment.sdkLogLevel)
  const wanted = signals.filter((signal) => options[signal] ?? environment.exporters[signal].length > 0)
  const free = new Set(wanted.filter((signal) => !isRegistered(registrations[signal])))
  const running: { [S in Signal]?: Running } = {}
  if (free.size > 0) {
    const sdk = await loadSdk(free)
    const resource = resourceOf(sdk, options, environment, tracker)
    const failures = new ExportFailures(tracker[lifecycleKey].faults, notices)
    const senderTo = (target: OtlpTarget): OtlpSender =>
      new OtlpSender(target, systemClock, (why) => failures.add(target.url, why))
    for (const signal of free) {
      // An option comes before the environment: what that switched off goes where it would go by default.
      const given = environment.exporters[signal]
      const exporters = given.length > 0 ? given : (['otlp'] as const)
      const started = providers[signal]({ sdk, environment, exporters, resource, tracker, senderTo })
      if (started !== undefined) running[signal] = started
    }
    // Who set up traces without us has seen to the context too, or left it on purpose.
    if (running.traces !== undefined || !wanted.includes('traces')) {
      registerContextManager(sdk.context)
      registerPropagators(sdk.core, environment)
    }
  }
  const endpoint = running.metrics?.endpoint
  await endpoint?.ready
  if (endpoint?.lastError !== undefined) notices.warn(endpoint.lastError, 'UNDERWAY_SETUP')
  const kept = new Map<Signal, string | undefined>()
  for (const signal of wanted.filter((one) => running[one] === undefined)) {
    const advice = isConnected[signal](tracker) ? undefined : keptAdvice[signal]
    if (advice !== undefined) notices.warn(advice, 'UNDERWAY_SETUP')
    kept.set(signal, advice)
  }
  return new RunningHandle({ ...launching, running, kept })
}

function resourceOf(
  sdk: Sdk,
  options: StartUnderwayOptions,
  environment: Environment,
  tracker: ActivityTracker,
): ResourceLike {
  const service = options.serviceName ?? environment.serviceName
  return sdk.resources.defaultResource().merge(
    sdk.resources.resourceFromAttributes({
      'service.instance.id': tracker.process.instance,
      ...environment.resourceAttributes,
      ...options.resourceAttributes,
      ...(service === undefined ? {} : { 'service.name': service }),
    }),
  )
}
