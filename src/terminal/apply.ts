import type { ActivitySnapshot } from '../activity/snapshot.js'
import type { FeedItem } from '../tracker/change.js'
import type { ErrorRecord } from '../tracker/error-log.js'
import type { ModuleStatus } from '../tracker/modules.js'
import { isRun, kept, type OpenItem, type Row, rowOf, type ViewModel } from './model.js'
import { Pace } from './rates.js'
import { Series } from './series.js'
import { oneLine } from './text.js'

/** Brings one change into the model. Kinds that it does not know are passed over. */
export function applyItem(model: ViewModel, item: FeedItem): void {
  switch (item.kind) {
    case 'planned':
    case 'started':
      return opened(model, item.activity, item.time)
    case 'updated':
      return updated(model, item.activity, item.time)
    case 'ended':
      return ended(model, item.activity, item.time)
    case 'error':
      return failed(model, item.error)
    case 'module':
      return moduleChanged(model, item.module)
    case 'step':
      model.step = item.step
      return
    case 'gap':
      model.missed += item.to - item.from + 1
      return
  }
}

/** What is open now: for a view that comes late, or missed changes. */
export function applyOpen(model: ViewModel, activities: readonly ActivitySnapshot[]): void {
  const present = new Set(activities.map(({ id }) => id))
  for (const item of [...model.open.values()]) if (!present.has(item.id)) close(model, item.row, item)
  for (const activity of activities) opened(model, activity, activity.lastProgressAt ?? activity.createdAt)
}

function opened(model: ViewModel, activity: ActivitySnapshot, time: number): void {
  const row = rowOf(model, activity.module, activity.group)
  let item = model.open.get(activity.id)
  if (item === undefined) {
    item = newItem(activity, row, time)
    model.open.set(item.id, item)
    row.open.set(item.id, item)
    row.planned += 1
    model.planned += 1
    row.rate.begin(time)
  }
  if (activity.state === 'running' && !item.running) begin(model, row, item, activity)
  describe(item, activity, time)
  if (item.running) row.latest = item
  if (isRun(activity)) noteRun(model, activity, item)
}

function newItem(activity: ActivitySnapshot, row: Row, time: number): OpenItem {
  return {
    id: activity.id,
    name: activity.name,
    type: activity.type,
    row,
    pace: new Pace(),
    running: false,
    since: activity.createdAt,
    heardAt: time,
    text: '',
    attempt: activity.attempt?.number ?? 1,
    progress: undefined,
  }
}

function begin(model: ViewModel, row: Row, item: OpenItem, activity: ActivitySnapshot): void {
  item.running = true
  item.since = activity.startedAt ?? item.since
  row.planned -= 1
  row.running += 1
  model.planned -= 1
  model.running += 1
  // In the order of starting, not of planning.
  row.open.delete(item.id)
  row.open.set(item.id, item)
}

function describe(item: OpenItem, activity: ActivitySnapshot, time: number): void {
  item.heardAt = time
  item.text = oneLine(activity.doing ?? activity.plan ?? activity.name)
  if (activity.progress !== undefined) {
    item.progress = activity.progress
    if (activity.progress.done !== undefined) item.pace.note(time, activity.progress.done)
  }
}

function updated(model: ViewModel, activity: ActivitySnapshot, time: number): void {
  const item = model.open.get(activity.id)
  if (item === undefined) return opened(model, activity, time)
  describe(item, activity, time)
  if (item.running) item.row.latest = item
}

function ended(model: ViewModel, activity: ActivitySnapshot, time: number): void {
  const item = model.open.get(activity.id)
  const row = item?.row ?? rowOf(model, activity.module, activity.group)
  if (item !== undefined) close(model, row, item)
  countEnd(row, activity)
  row.rate.add(time)
  if (activity.did !== undefined) row.did = oneLine(activity.did)
  if (activity.progress?.total !== undefined) row.finished = activity.progress
  if ((activity.attempt?.number ?? 1) > 1) row.retried += 1
  if (activity.startedAt !== undefined) {
    row.timed += 1
    row.totalMillis += activity.durationMillis ?? 0
    row.longestMillis = Math.max(row.longestMillis, activity.durationMillis ?? 0)
  }
  if (activity.type === 'decision' && activity.state === 'completed') decided(model, activity, time)
  if (activity.state === 'completed' && activity.step !== undefined) measured(model, activity)
  if (isRun(activity)) noteRun(model, activity, undefined)
}

function close(model: ViewModel, row: Row, item: OpenItem): void {
  model.open.delete(item.id)
  row.open.delete(item.id)
  const counter = item.running ? 'running' : 'planned'
  row[counter] -= 1
  model[counter] -= 1
  if (row.latest === item) row.latest = undefined
}

function countEnd(row: Row, activity: ActivitySnapshot): void {
  if (activity.state === 'completed') row.completed += 1
  else if (activity.state === 'failed' || activity.state === 'interrupted') row.failed += 1
  else if (activity.state === 'cancelled') row.cancelled += 1
  else row.skipped += 1
}

function decided(model: ViewModel, activity: ActivitySnapshot, time: number): void {
  const { decisions } = model
  decisions.count += 1
  const name = oneLine(activity.name)
  if (decisions.byName.has(name) || decisions.byName.size < kept.decisionNames)
    decisions.byName.set(name, (decisions.byName.get(name) ?? 0) + 1)
  decisions.recent.push({
    time,
    module: activity.module,
    name,
    outcome: outcomeOf(activity),
    considered: activity.considered?.map(oneLine) ?? [],
    reason: activity.reason === undefined ? undefined : oneLine(activity.reason),
  })
  if (decisions.recent.length > kept.decisions) decisions.recent.shift()
}

/** What came out of it, in the user's words if there are any. */
export function outcomeOf(activity: ActivitySnapshot): string {
  if (activity.did !== undefined) return oneLine(activity.did)
  if (typeof activity.result === 'string') return oneLine(activity.result)
  return activity.result === undefined ? oneLine(activity.doing ?? '') : oneLine(JSON.stringify(activity.result))
}

/** Numbers in the results of work that belongs to a step are a course worth showing. */
function measured(model: ViewModel, activity: ActivitySnapshot): void {
  const { result } = activity
  if (typeof result !== 'object' || result === null || Array.isArray(result)) return
  for (const [name, value] of Object.entries(result)) {
    if (typeof value !== 'number') continue
    const key = `${activity.module} ${name}`
    let series = model.series.get(key)
    if (series === undefined) {
      if (model.series.size >= kept.series) return
      series = new Series(oneLine(name), activity.module)
      model.series.set(key, series)
    }
    series.add(value)
  }
}

/** Numbers differ from one error to the next of the same kind. */
export function errorKey(error: ErrorRecord): string {
  return `${error.severity} ${error.type} ${error.message.slice(0, 200).replaceAll(/\d+/g, '#')}`
}

function failed(model: ViewModel, error: ErrorRecord): void {
  model.severities[error.severity] += 1
  const key = errorKey(error)
  let group = model.errors.get(key)
  if (group === undefined) {
    if (model.errors.size >= kept.errors) return
    const { severity, type, message } = error
    group = { severity, type: oneLine(type), message: oneLine(message), modules: new Set(), count: 0, lastAt: 0 }
    model.errors.set(key, group)
  }
  group.count += 1
  group.lastAt = error.time
  if (group.modules.size < kept.errors) group.modules.add(error.module)
}

export function moduleChanged(model: ViewModel, module: ModuleStatus): void {
  const { name, group, state, reason } = module
  rowOf(model, name, group).down = state === 'down' ? oneLine(reason ?? 'down') : undefined
}

function noteRun(model: ViewModel, activity: ActivitySnapshot, item: OpenItem | undefined): void {
  const { id, name, module, state, endedAt } = activity
  if (state === 'planned' || (model.run?.id !== id && model.run?.state === 'running' && state !== 'running')) return
  const reason = activity.error === undefined ? activity.reason : activity.error.message
  model.run = {
    id,
    name: oneLine(name),
    module,
    startedAt: activity.startedAt ?? activity.createdAt,
    state,
    did: activity.did === undefined ? undefined : oneLine(activity.did),
    reason: reason === undefined ? undefined : oneLine(reason),
    endedAt,
    item,
  }
}
