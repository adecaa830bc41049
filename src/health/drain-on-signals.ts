/// <reference lib="esnext.disposable" preserve="true" />

import { constants } from 'node:os'
import { settingUp, shown } from '../base/checked-options.js'
import { UnderwayError } from '../base/underway-error.js'
import { lifecycleKey } from '../tracker/tracker.js'
import { checkDrainOptions, type DrainOptions, type DrainReport, drainAsChecked } from './drain.js'

export interface DrainOnSignalsOptions extends DrainOptions {
  /** @defaultValue `['SIGTERM', 'SIGINT']` */
  readonly signals?: readonly NodeJS.Signals[] | undefined
  /** Called with what was left, before the process ends. */
  readonly onDrained?: ((report: DrainReport) => unknown) | undefined
}

/**
 * Takes the signals over: the first one drains and then ends the process, a second one ends it at once; both with the exit
 * code that the signal has without us, 143 or 130. Dispose of it to give them back.
 *
 * @throws UnderwayError OPTIONS_INVALID
 */
export function drainOnSignals(options: DrainOnSignalsOptions = {}): Disposable {
  return settingUp('drainOnSignals(options)', () => {
    const { signals: given = ['SIGTERM', 'SIGINT'], onDrained } = options
    const resolved = checkDrainOptions(options, 'drainOnSignals', ['signals', 'onDrained'])
    const signals = new Set<NodeJS.Signals>()
    for (const signal of given) {
      if (!Object.hasOwn(constants.signals, signal))
        throw new UnderwayError('OPTIONS_INVALID', `drainOnSignals({ signals }): there is no signal ${shown(signal)}`)
      signals.add(signal)
    }
    let draining = false
    const received = (signal: NodeJS.Signals): void => {
      const exitCode = 128 + constants.signals[signal]
      if (draining) process.exit(exitCode)
      draining = true
      void drainAsChecked(resolved)
        .then((report) => onDrained?.(report))
        .catch((error: unknown) => resolved.tracker[lifecycleKey].faults.count('option.threw', 'onDrained', error))
        .finally(() => process.exit(exitCode))
    }
    for (const signal of signals) process.on(signal, received)
    return {
      [Symbol.dispose]() {
        for (const signal of signals) process.off(signal, received)
      },
    }
  })
}
