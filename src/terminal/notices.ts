import type { ActivitySnapshot } from '../activity/snapshot.js'
import type { FeedItem } from '../tracker/change.js'
import { errorKey, outcomeOf } from './apply.js'
import { duration } from './format.js'
import { isRun } from './model.js'
import type { Tone } from './paint.js'
import { oneLine } from './text.js'

/** Something worth a line of its own. */
export interface Notice {
  readonly time: number
  readonly tone: Tone
  readonly module: string
  readonly text: string
  /** Notices with the same key say the same; those that come too often are counted instead of shown. */
  readonly key: string | undefined
}

/** @param longMillis from when on the end of a piece of work is worth a line */
export function noticeOf(item: FeedItem, longMillis: number): Notice | undefined {
  switch (item.kind) {
    case 'started':
      return isRun(item.activity) ? of(item, 'started', item.activity, plan(item.activity)) : undefined
    case 'updated':
      if (item.log === undefined) return undefined
      return of(
        item,
        'log',
        item.activity,
        oneLine(item.log.message),
        `log ${item.activity.module} ${item.activity.name}`,
      )
    case 'ended':
      return ended(item.time, item.activity, longMillis)
    case 'error': {
      const { module, severity, work, type, message } = item.error
      // The change of the module follows, and says the same.
      if (work === 'health check') return undefined
      const what = [work, type === 'message' || type === 'Error' ? '' : type, message].filter((part) => part !== '')
      return {
        time: item.time,
        tone: severity,
        module,
        text: oneLine(what.join(': ')),
        key: `error ${errorKey(item.error)}`,
      }
    }
    case 'condition': {
      const { activity, condition, silenceMillis } = item
      if (condition === 'progressing') return of(item, 'up', activity, `${oneLine(activity.name)}: heard of again`)
      const how = condition === 'dead' ? 'its worker or process is gone' : `silent for ${duration(silenceMillis)}`
      return of(item, 'warning', activity, `${oneLine(activity.name)}: ${how}`, `${condition} ${activity.name}`)
    }
    case 'module': {
      const { name, state, reason, checkedAt } = item.module
      // Told at registration too, before anybody has checked it.
      if (checkedAt === undefined) return undefined
      const text = reason === undefined ? 'answers its health check again' : oneLine(reason)
      return { time: item.time, tone: state, module: name, text, key: undefined }
    }
    default:
      return undefined
  }
}

function plan(activity: ActivitySnapshot): string {
  return oneLine(activity.plan === undefined ? activity.name : `${activity.name}: ${activity.plan}`)
}

function of(at: { readonly time: number }, tone: Tone, activity: ActivitySnapshot, text: string, key?: string): Notice {
  return { time: at.time, tone, module: activity.module, text, key }
}

function ended(time: number, activity: ActivitySnapshot, longMillis: number): Notice | undefined {
  const { state, type, name, module } = activity
  const took = activity.startedAt === undefined ? undefined : (activity.durationMillis ?? 0)
  if (type === 'decision' && state === 'completed') return of({ time }, 'decided', activity, decisionText(activity))
  const told = isRun(activity) || (took !== undefined && took >= longMillis)
  const after = took === undefined ? '' : ` after ${duration(took)}`
  const said = state === 'cancelled' || state === 'skipped' ? activity.reason : activity.did
  const text = oneLine(
    said === undefined
      ? `${name}${after}`
      : `${name}: ${said}${told && took !== undefined ? ` (${duration(took)})` : ''}`,
  )
  if (state === 'cancelled' && took !== undefined)
    return of({ time }, state, activity, text, isRun(activity) ? undefined : `cancelled ${activity.reason ?? name}`)
  // The error itself has its own line; that a long piece of work broke off is news beside it.
  if (!told || state === 'planned' || state === 'running') return undefined
  const because = activity.error === undefined ? '' : `: ${oneLine(activity.error.message)}`
  return { time, tone: state, module, text: state === 'failed' ? `${name}${after}${because}` : text, key: undefined }
}

function decisionText(activity: ActivitySnapshot): string {
  const { considered = [], reason } = activity
  const why = reason === undefined ? '' : `, because ${oneLine(reason)}`
  const weighed = considered.length === 0 ? '' : `; considered: ${considered.map(oneLine).join(', ')}`
  return `${oneLine(activity.name)}: ${outcomeOf(activity)}${why}${weighed}`
}
