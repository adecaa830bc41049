import type { ActivityRecord } from '../activity/record.js'
import type { ActivityCondition } from '../activity/states.js'
import type { Lifecycle } from './lifecycle.js'

/** How long an activity may stay silent: as it declares, else as whoever watches over silence says. */
export function silenceBudgetOf(lifecycle: Lifecycle, record: ActivityRecord): number | undefined {
  return record.details?.silenceBudgetMillis ?? lifecycle.silence?.budgetMillis(record)
}

export function conditionOf(lifecycle: Lifecycle, record: ActivityRecord, nowMonotonic: number): ActivityCondition {
  if (lifecycle.isGone(record.module)) return 'dead'
  if (record.state !== 'running') return 'progressing'
  const budget = silenceBudgetOf(lifecycle, record)
  return budget !== undefined && nowMonotonic - record.progressMonotonic > budget ? 'silent' : 'progressing'
}

/** Tells the feed that an activity fell silent, was heard of again, or is dead. */
export function announceCondition(
  lifecycle: Lifecycle,
  record: ActivityRecord,
  condition: ActivityCondition,
  nowMonotonic: number,
): void {
  const { feed } = lifecycle
  if (!feed.observed) return feed.skip()
  const silenceMillis = nowMonotonic - record.progressMonotonic
  feed.publish({ kind: 'condition', activity: lifecycle.snapshot(record), condition, silenceMillis })
}
