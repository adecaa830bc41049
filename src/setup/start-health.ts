import { settingUp } from '../base/checked-options.js'
import { type HealthMonitor, openMonitor } from '../health/health-monitor.js'
import { configures } from '../health/monitor-settings.js'
import type { ActivityTracker } from '../tracker/tracker.js'
import type { Environment } from './environment.js'
import type { Variables } from './environment-values.js'
import type { Notices } from './notices.js'
import type { StartUnderwayOptions } from './options.js'

/** @throws UnderwayError OPTIONS_INVALID, for what code, environment or file say */
export function startHealth(
  options: StartUnderwayOptions,
  environment: Environment,
  tracker: ActivityTracker,
  notices: Notices,
): HealthMonitor | undefined {
  const { configFile, monitorIsSet } = environment
  if (options.health === undefined && !monitorIsSet && configFile !== undefined && !configures(configFile))
    return undefined
  return settingUp('startUnderway({ health })', () => {
    const given = typeof options.health === 'object' ? options.health : {}
    const variables: Variables = options.env ?? process.env
    return openMonitor(
      {
        ...given,
        tracker,
        // Nobody would know why everything is cancelled.
        onStop:
          given.onStop ?? (({ message }) => notices.warn(`the program is told to stop: ${message}`, 'UNDERWAY_HEALTH')),
      },
      { written: (option) => `startUnderway({ health: { ${option} } })`, environment: variables },
    )
  })
}
