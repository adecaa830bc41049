import { toText } from '../activity/values.js'
import { durationText } from '../base/duration-text.js'
import type { Lifecycle } from './lifecycle.js'
import type { ModuleHost } from './modules.js'
import { noPorts } from './ports.js'

/** The work of errors that a health check is about. */
const work = 'health check'

/** How the modules of a tracker reach the rest of it: what is down is an error, what is up again a note. */
export function moduleHostOf(lifecycle: Lifecycle): ModuleHost {
  const { clock, counters, errors, feed, intake, process } = lifecycle
  const about = (module: string) => ({ module, work, activityId: undefined })
  return {
    instance: process.instance,
    clock,
    ownWork: (ask) => (lifecycle.ports ?? noPorts).ownWork(ask),
    tally: (module) => counters.modules.named(module, false),
    tallies: () => counters.modules.all(),
    text: (reason) => toText(intake, 'reason', reason) ?? '',
    changed: (module) => feed.publish({ kind: 'module', module }),
    reportDown: (module, reason, error) =>
      void errors.report(error ?? `module ${module} is down: ${reason}`, {}, about(module)),
    reportUp: (module, downMillis) =>
      void errors.report(
        `module ${module} is up again after ${durationText(downMillis)}`,
        { severity: 'info' },
        about(module),
      ),
  }
}
