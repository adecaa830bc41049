import type { ActivityProcess } from '../activity/snapshot.js'
import type { Intake } from '../activity/values.js'
import type { Clock } from '../base/clock.js'
import type { Faults } from '../base/faults.js'
import type { Counters } from './counters.js'
import type { Errors } from './errors.js'
import type { Feed } from './feed.js'
import type { ScalarChannel } from './scalar-channel.js'

/** What a tracker puts its lifecycle together from. */
export interface LifecycleParts {
  readonly serviceName: string
  readonly disabled: boolean
  /** The group with which a module was registered. */
  readonly groupOf: (module: string) => string | undefined
  /** Whether the worker or process that a module was registered for has exited. */
  readonly isGone: (module: string) => boolean
  readonly clock: Clock
  readonly faults: Faults
  readonly intake: Intake
  readonly process: ActivityProcess
  readonly counters: Counters
  readonly errors: Errors
  readonly feed: Feed
  readonly scalars: ScalarChannel
  /** Open activities that keep their details. */
  readonly maxDetails: number
}
