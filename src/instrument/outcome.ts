import type { ActivityRecord } from '../activity/record.js'
import { returned } from '../tracker/settled.js'
import { lifecycleOf } from './begin.js'
import { type Conclude, followBody } from './bodies.js'

/** A function of the activity has come to a value: the activity ends, or waits for the body that the value has. */
export function settleWith(record: ActivityRecord, value: unknown, conclude: Conclude): void {
  if (typeof value === 'object' && value !== null && followBody(record, value, conclude)) return
  if (conclude !== undefined && record.control?.verdict === undefined) conclude(record, value)
  lifecycleOf(record).settle(record, returned)
}

/** Is told what work came to, perhaps several times; only the first counts. */
export interface Outcome {
  readonly record: ActivityRecord
  fulfilled(value: unknown): void
  rejected(error: unknown): void
}

export function outcomeOf(record: ActivityRecord, conclude: Conclude): Outcome {
  return firstOf({
    record,
    fulfilled: (value) => settleWith(record, value, conclude),
    rejected: (error) => lifecycleOf(record).settle(record, { threw: true, error }),
  })
}

/** Passes on only what comes first. */
export function firstOf(outcome: Outcome): Outcome {
  let settled = false
  const once = (settle: () => void): void => {
    if (settled) return
    settled = true
    settle()
  }
  return {
    record: outcome.record,
    fulfilled: (value) => once(() => outcome.fulfilled(value)),
    rejected: (error) => once(() => outcome.rejected(error)),
  }
}
