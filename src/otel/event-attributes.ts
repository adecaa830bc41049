import type * as otel from '@opentelemetry/api'
import type { ActivityRecord } from '../activity/record.js'
import { logAttributeNames as logNames, attributeNames as names } from '../activity/semantic-conventions.js'
import type { ActivitySnapshot } from '../activity/snapshot.js'
import type { ErrorRecord } from '../tracker/error-log.js'

type Writable = Record<string, otel.AttributeValue | undefined>

/** What was never said is left out. */
function said(attributes: Writable): otel.Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined))
}

/** What stands on every record of an activity. */
export function identityOf(record: ActivityRecord): otel.Attributes {
  const inRun = record.root.type === 'run'
  return said({
    [names.id]: record.id,
    [logNames.name]: record.name,
    [names.module]: record.module,
    [names.group]: record.group,
    [names.type]: record.type,
    [names.parentId]: record.parentId,
    [names.runId]: inRun ? record.rootId : undefined,
    [names.runName]: inRun ? record.root.name : undefined,
  })
}

/** How far it is. */
export function situationOf({ state, doing, step, progress }: ActivitySnapshot): otel.Attributes {
  return said({
    [names.state]: state,
    [names.doing]: doing,
    [names.step]: step,
    [names.progressDone]: progress?.done,
    [names.progressTotal]: progress?.total,
    [names.progressPercent]: progress?.percent,
  })
}

export function startAttributesOf(activity: ActivitySnapshot): otel.Attributes {
  const { attributes, plan, attempt, severity, startedFrom } = activity
  return said({
    ...(attributes as otel.Attributes | undefined),
    [names.plan]: plan,
    [names.attempt]: attempt?.number,
    [names.severity]: severity,
    [names.codeFilePath]: startedFrom?.file,
    [names.codeLineNumber]: startedFrom?.line,
  })
}

export function endAttributesOf(activity: ActivitySnapshot): otel.Attributes {
  const { attributes, did, reason, result, error, durationMillis } = activity
  return said({
    ...(attributes as otel.Attributes | undefined),
    [names.did]: did,
    [names.reason]: reason,
    [names.result]: result === undefined || typeof result === 'string' ? result : JSON.stringify(result),
    [names.errorType]: error?.type,
    [logNames.duration]: durationMillis === undefined ? undefined : durationMillis / 1_000,
  })
}

/** @param withException whether this record takes the place of the exception on the span */
export function errorAttributesOf(error: ErrorRecord, withException: boolean): otel.Attributes {
  return said({
    [names.id]: error.activityId,
    [logNames.name]: error.work === '' ? undefined : error.work,
    [names.module]: error.module,
    [names.severity]: error.severity,
    [names.errorType]: error.type,
    [logNames.errorId]: error.id,
    ...(withException
      ? {
          [logNames.exceptionType]: error.type,
          [logNames.exceptionMessage]: error.message,
          [logNames.exceptionStack]: error.stack,
        }
      : {}),
  })
}
