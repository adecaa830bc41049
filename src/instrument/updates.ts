import type { ActivityOutcome, ActivityUpdate, Progress } from '../activity/options.js'
import type { ActivityRecord } from '../activity/record.js'
import { type Intake, mergeJson, toAttributes, toJson, toJsonObject, toNumber, toText } from '../activity/values.js'
import { setSpanAttributes } from '../tracing/span.js'
import { lifecycleOf } from './begin.js'
import { toTexts } from './description.js'

/** The progress after an update; `percent` follows from `done` and `total` unless it is given. */
function progressAfter(intake: Intake, before: Progress | undefined, update: Progress): Progress | undefined {
  const done = toNumber(intake, 'done', update.done) ?? before?.done
  const total = toNumber(intake, 'total', update.total) ?? before?.total
  const given = toNumber(intake, 'percent', update.percent)
  const counted = done !== undefined && total !== undefined && total > 0 ? (done / total) * 100 : before?.percent
  const percent = given ?? counted
  if (done === undefined && total === undefined && percent === undefined) return before
  return Object.freeze({
    ...(done === undefined ? {} : { done }),
    ...(total === undefined ? {} : { total }),
    ...(percent === undefined ? {} : { percent: Math.min(Math.max(percent, 0), 100) }),
  })
}

function applyExtras(record: ActivityRecord, given: ActivityUpdate | ActivityOutcome): void {
  const { intake, faults } = lifecycleOf(record)
  const details = record.detail()
  const step = toNumber(intake, 'step', given.step)
  if (step !== undefined) details.step = step
  const reason = toText(intake, 'reason', given.reason)
  if (reason !== undefined) details.reason = reason
  const metadata = toJsonObject(intake, 'metadata', given.metadata)
  if (metadata !== undefined) details.metadata = mergeJson(faults, details.metadata, metadata)
  if (given.attributes !== undefined) {
    const attributes = toAttributes(intake, given.attributes, details.attributes)
    if (attributes !== undefined) {
      details.attributes = attributes
      setSpanAttributes(record, attributes, faults)
    }
  }
}

/** Keeps what an update says. What cannot be read is left out and counted. */
export function applyUpdate(record: ActivityRecord, doing: unknown, update: ActivityUpdate | undefined): void {
  const { intake, faults } = lifecycleOf(record)
  const text = toText(intake, 'doing', doing)
  if (text !== undefined) record.detail().doing = text
  if (typeof update !== 'object' || update === null) return
  try {
    const details = record.detail()
    const progress = progressAfter(intake, details.progress, update)
    if (progress !== undefined) details.progress = progress
    const considered = toTexts(intake, 'considered', update.considered)
    if (considered !== undefined) details.considered = considered
    applyExtras(record, update)
  } catch (error) {
    faults.count('value.unreadable', 'update', error)
  }
}

/** Keeps what is said at the end. */
export function applyOutcome(record: ActivityRecord, did: unknown, outcome: ActivityOutcome | undefined): void {
  const { intake, faults } = lifecycleOf(record)
  const text = toText(intake, 'did', did)
  if (text !== undefined) record.detail().did = text
  if (typeof outcome !== 'object' || outcome === null) return
  try {
    const result = toJson(intake, 'result', outcome.result)
    if (result !== undefined) record.detail().result = result
    applyExtras(record, outcome)
  } catch (error) {
    faults.count('value.unreadable', 'outcome', error)
  }
}
