import { type ActivityRecord, never } from '../activity/record.js'
import { checkedOptions, type OptionChecks, settingUp } from '../base/checked-options.js'
import { durationText } from '../base/duration-text.js'
import { type Blocker, blockerOf } from '../tracker/blockers.js'
import { silenceBudgetOf } from '../tracker/condition.js'
import { getTracker } from '../tracker/default-tracker.js'
import { type ActivityTracker, lifecycleKey, trackerCheck } from '../tracker/tracker.js'

/** An open activity without open children that has been silent for longer than it may. */
export interface StuckLeaf extends Blocker {
  /** The silence that it exceeded. */
  readonly silenceBudgetMillis: number
  /** One sentence for people: what waits for it, what it is, how long, where it was started. */
  readonly message: string
}

export interface StuckLeavesOptions {
  /** @defaultValue the default tracker */
  readonly tracker?: ActivityTracker | undefined
  /** At most so many. @defaultValue 100 */
  readonly limit?: number | undefined
}

const checks: OptionChecks<StuckLeavesOptions> = {
  tracker: trackerCheck,
  limit: [(value) => typeof value === 'number' && value >= 0, 'a number from 0 on'],
}

/** What hangs: the lowest running activities of the open trees that are over their silence budget, the longest silence first. */
export function stuckLeaves(given: StuckLeavesOptions = {}): StuckLeaf[] {
  return settingUp('stuckLeaves(options)', () => {
    const { tracker = getTracker(), limit = 100 } = checkedOptions('stuckLeaves', given, checks)
    const lifecycle = tracker[lifecycleKey]
    const now = lifecycle.clock.monotonicMillis()
    const hasOpenChild = new Set<ActivityRecord>()
    for (const record of lifecycle.open) {
      const above = record.openAncestor()
      if (above !== undefined) hasOpenChild.add(above)
    }
    const stuck: StuckLeaf[] = []
    for (const record of lifecycle.open) {
      if (record.state !== 'running' || hasOpenChild.has(record)) continue
      const budget = silenceBudgetOf(lifecycle, record)
      if (budget === undefined || now - record.progressMonotonic <= budget) continue
      const blocker = blockerOf(record, lifecycle, now)
      stuck.push({ ...blocker, silenceBudgetMillis: budget, message: messageOf(record, blocker, now) })
    }
    return stuck.sort((a, b) => b.silenceMillis - a.silenceMillis).slice(0, limit)
  })
}

function messageOf(record: ActivityRecord, blocker: Blocker, now: number): string {
  let top = record
  for (let at = record.openAncestor(); at !== undefined; at = at.openAncestor()) top = at
  const age = now - (top.startedMonotonic > never ? top.startedMonotonic : top.createdMonotonic)
  const silent = `silent ${durationText(blocker.silenceMillis)}`
  const from = blocker.startedFrom === undefined ? '' : `, started at ${blocker.startedFrom}`
  const open = `${top.name} open ${durationText(age)}`
  return top === record
    ? `${open} in ${record.module}, ${silent}${from}`
    : `${open}: blocked on ${record.name} in ${record.module}, ${silent}${from}`
}
