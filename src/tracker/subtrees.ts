import type { ActivityRecord } from '../activity/record.js'
import { SubtreeTally, type Tally } from './tally.js'

/**
 * Gives an activity a tally of itself and of everything below it. Counting starts with one pass over what is open; from
 * then on every start and end below moves it.
 */
export function beginWatching(record: ActivityRecord, oldest: ActivityRecord | undefined): SubtreeTally {
  const outer = record.subtree as SubtreeTally | undefined
  if (outer?.root === record) return outer
  const made = new SubtreeTally(record, outer)
  // Children come in after their parent, so the pass can begin at it; most are asked about before they have any.
  const first = record.open ? record : oldest
  const last = record.hasChildren ? undefined : record
  for (let at = first; at !== undefined; at = at === last ? undefined : at.next) {
    if (at !== record && !descends(at, record)) continue
    insert(at, made)
    made.enter(at.state === 'planned')
  }
  record.subtree = made
  return made
}

/** Whether an activity lies below another one. */
export function descends(candidate: ActivityRecord, record: ActivityRecord): boolean {
  for (let at = candidate.origin; at !== undefined; at = at.origin) {
    if (at === record) return true
  }
  return false
}

/** Puts a tally into the candidate's chain, below the tallies of activities further down. */
function insert(candidate: ActivityRecord, made: SubtreeTally): void {
  const nearest = candidate.subtree as SubtreeTally | undefined
  if (nearest === made.outer) {
    candidate.subtree = made
    return
  }
  let inner = nearest
  while (inner !== undefined && inner.outer !== made.outer) inner = inner.outer
  if (inner !== undefined && inner !== made) inner.outer = made
}

/** The tallies that a new activity counts into. An ancestor that has ended may have missed tallies made above it since. */
export function inheritedSubtree(origin: ActivityRecord | undefined): SubtreeTally | undefined {
  if (origin === undefined) return undefined
  const own = origin.subtree as SubtreeTally | undefined
  if (origin.open) return own
  const above = inheritedSubtree(origin.origin)
  if (own?.root !== origin) return above
  // What is open below counts into the tallies above that it came in under, so none of those may be let go of.
  if (above !== undefined && !chainHas(own, above)) own.outer = above
  return own
}

/** Whether an activity is among those that a tally of a subtree counts. */
export function countsInto(record: ActivityRecord, tally: Tally): boolean {
  return chainHas(record.subtree as SubtreeTally | undefined, tally)
}

function chainHas(inner: SubtreeTally | undefined, wanted: Tally): boolean {
  for (let at = inner; at !== undefined; at = at.outer) {
    if (at === wanted) return true
  }
  return false
}
