import { timeoutIn } from '../base/deadline.js'
import { type Intake, inCall, readOptions, refuseValue } from './values.js'

/** For how long a call waits at most. */
export interface TimeLimit {
  readonly timeoutMillis?: number | undefined
}

/** The limit of a call, in milliseconds; what cannot be used is counted and left out. */
export function readTimeLimit(intake: Intake, call: string, options: TimeLimit | undefined): number | undefined {
  const given = readOptions(intake.faults, `${call}(options)`, options, ['timeoutMillis'])
  const timeoutMillis = timeoutIn(given)
  if (timeoutMillis === undefined && given.timeoutMillis !== undefined)
    refuseValue(inCall(intake, call), 'timeoutMillis', 'a number from 0 on', given.timeoutMillis)
  return timeoutMillis
}
