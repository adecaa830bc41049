import type { Tally } from './tally.js'

const shownModules = 10

type Order = (a: Tally, b: Tally) => number

function byCount(count: (tally: Tally) => number): Order {
  return (a, b) => count(b) - count(a) || (a.name < b.name ? -1 : 1)
}

/** Those that count anything, the busiest first; all of them, or the first few without sorting the rest. */
function busiest(tallies: Iterable<Tally>, count: (tally: Tally) => number, limit: number): [Tally[], number] {
  const order = byCount(count)
  const first: Tally[] = []
  let busy = 0
  for (const tally of tallies) {
    if (count(tally) === 0) continue
    busy += 1
    if (first.length < limit) {
      first.push(tally)
      if (first.length === limit) first.sort(order)
    } else if (order(tally, first[limit - 1] as Tally) < 0) {
      first[limit - 1] = tally
      first.sort(order)
    }
  }
  if (first.length < limit) first.sort(order)
  return [first, busy]
}

function part(tallies: Iterable<Tally>, count: (tally: Tally) => number, all: boolean): string {
  const [shown, busy] = busiest(tallies, count, all ? Number.POSITIVE_INFINITY : shownModules)
  const names = shown.map((tally) => `${tally.name}: ${count(tally)}`)
  if (busy > shown.length) names.push(`… and ${(busy - shown.length).toLocaleString('en')} more`)
  return names.join(', ')
}

/** "Active: 4 (RolloutWorker-1: 3, Trainer: 1); planned: 2 (Queue: 2)", or "Quiescent (no active work)". */
export function summaryOf(whole: Tally, modules: () => Iterable<Tally>, all: boolean): string {
  const running = whole.open - whole.planned
  const parts: string[] = []
  if (running > 0) parts.push(`Active: ${running} (${part(modules(), (tally) => tally.open - tally.planned, all)})`)
  if (whole.planned > 0)
    parts.push(
      `${parts.length === 0 ? 'Planned' : 'planned'}: ${whole.planned} (${part(modules(), (tally) => tally.planned, all)})`,
    )
  return parts.length === 0 ? 'Quiescent (no active work)' : parts.join('; ')
}
