import type { Tally } from './tally.js'

const shownModules = 10

/** Made when it is first needed, which takes long; asked for by `toLocaleString`, each number would look for it. */
let grouped: Intl.NumberFormat | undefined

type Count = (tally: Tally) => number

/**
 * Those that count anything, the busiest first; all of them, or the first few without sorting the rest.
 *
 * @param tallies by name, as those that are equally busy are then
 */
function busiest(tallies: readonly Tally[], count: Count, limit: number): [Tally[], number] {
  const first: Tally[] = []
  let busy = 0
  // What the last of those counts that are shown, once there are so many.
  let least = 0
  for (const tally of tallies) {
    const counted = count(tally)
    if (counted === 0) continue
    busy += 1
    if (first.length < limit) first.push(tally)
    else if (counted > least) first[limit - 1] = tally
    else continue
    if (first.length < limit) continue
    first.sort((a, b) => count(b) - count(a))
    least = count(first[limit - 1] as Tally)
  }
  if (first.length < limit) first.sort((a, b) => count(b) - count(a))
  return [first, busy]
}

function part(tallies: readonly Tally[], count: Count, all: boolean): string {
  const [shown, busy] = busiest(tallies, count, all ? Number.POSITIVE_INFINITY : shownModules)
  const names = shown.map((tally) => `${tally.name}: ${count(tally)}`)
  if (busy > shown.length) {
    grouped ??= new Intl.NumberFormat('en')
    names.push(`… and ${grouped.format(busy - shown.length)} more`)
  }
  return names.join(', ')
}

/** "Active: 4 (RolloutWorker-1: 3, Trainer: 1); planned: 2 (Queue: 2)", or "Quiescent (no active work)". */
export function summaryOf(whole: Tally, modules: readonly Tally[], all: boolean): string {
  const running = whole.open - whole.planned
  const parts: string[] = []
  if (running > 0) parts.push(`Active: ${running} (${part(modules, (tally) => tally.open - tally.planned, all)})`)
  if (whole.planned > 0)
    parts.push(
      `${parts.length === 0 ? 'Planned' : 'planned'}: ${whole.planned} (${part(modules, (tally) => tally.planned, all)})`,
    )
  return parts.length === 0 ? 'Quiescent (no active work)' : parts.join('; ')
}
