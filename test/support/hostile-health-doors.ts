import * as health from '../../src/health/index.js'
import { ActivityTracker } from '../../src/index.js'
import type { Door } from './hostile-doors.js'

const monitorKeys = ['exceptionHandling', 'healthCheck', 'onStop', 'keepAlive', 'configFile', 'tracker']
const drainKeys = ['timeoutMillis', 'graceMillis', 'flushMillis', 'policy', 'modules', 'flush', 'signals', 'onDrained']
const watchdogKeys = ['livenessFailsAfterMillis', 'reportFile', 'captureStack', 'probes', 'onBlocked', 'tracker']

/** The doors of `underway/health`; all of them are set-up calls. */
export const healthDoors: Readonly<Record<string, Door>> = {
  'health monitorHealth': ({ tracker }, draw) =>
    health.monitorHealth(draw.options({ tracker }, monitorKeys) as never).close(),
  'health watchSilence': ({ tracker }, draw) =>
    health
      .watchSilence(draw.options({ tracker }, ['modules', 'floorMillis', 'learn', 'intervalMillis']) as never)
      .close(),
  'health stuckLeaves': ({ tracker }, draw) => health.stuckLeaves(draw.options({ tracker }, ['limit']) as never),
  'health drain': ({ clock }, draw) => {
    const tracker = new ActivityTracker({ clock, onWarning: () => undefined })
    void health.drain(draw.options({ tracker }, drainKeys) as never)
  },
  'health drainOnSignals': ({ tracker }, draw) =>
    health.drainOnSignals(draw.options({ tracker }, drainKeys) as never)[Symbol.dispose](),
  'health answerHealthChecks': (_, draw) =>
    health.answerHealthChecks(draw.options({}, ['healthCheck']) as never).close(),
  'health workerHealthCheck': (_, draw) => void health.workerHealthCheck(draw.value() as never),
  'health childHealthCheck': (_, draw) => void health.childHealthCheck(draw.value() as never),
  'health httpHealthCheck': (_, draw) =>
    void health.httpHealthCheck(draw.either('http://127.0.0.1/') as string, draw.options({}, ['headers']) as never),
  // With one option that is refused in any case: a thread for each would take longer than everything else.
  'health startWatchdog': async ({ tracker }, draw) => {
    const options = { blockedAfterMillis: -1 }
    for (const key of watchdogKeys) Object.defineProperty(options, key, { value: draw.value(), enumerable: true })
    if (draw.next() < 0.5) Object.assign({ tracker }, options)
    await health.startWatchdog(options)
  },
}
