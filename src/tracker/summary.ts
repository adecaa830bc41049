import type { Tally } from './tally.js'

const shownModules = 10

type Order = (a: Tally, b: Tally) => number

function byCount(count: (tally: Tally) => number): Order {
  return (a, b) => count(b) - count(a) || (a.name < b.name ? -1 : 1)
}

/** The first few in this order, without sorting the rest: there may be thousands of modules, and ten are shown. */
function firstFew(tallies: readonly Tally[], order: Order, limit: number): Tally[] {
  if (tallies.length <= limit) return [...tallies].sort(order)
  const first = tallies.slice(0, limit).sort(order)
  for (let index = limit; index < tallies.length; index += 1) {
    const tally = tallies[index] as Tally
    if (order(tally, first[limit - 1] as Tally) > 0) continue
    first[limit - 1] = tally
    first.sort(order)
  }
  return first
}

function part(tallies: readonly Tally[], count: (tally: Tally) => number, all: boolean): string {
  const busy = tallies.filter((tally) => count(tally) > 0)
  const shown = firstFew(busy, byCount(count), all ? busy.length : shownModules)
  const rest = busy.length - shown.length
  const names = shown.map((tally) => `${tally.name}: ${count(tally)}`)
  if (rest > 0) names.push(`… and ${rest.toLocaleString('en')} more`)
  return names.join(', ')
}

/** "Active: 4 (RolloutWorker-1: 3, Trainer: 1); planned: 2 (Queue: 2)", or "Quiescent (no active work)". */
export function summaryOf(whole: Tally, modules: Iterable<Tally>, all: boolean): string {
  const running = whole.open - whole.planned
  const parts: string[] = []
  const listed = [...modules]
  if (running > 0) parts.push(`Active: ${running} (${part(listed, (tally) => tally.open - tally.planned, all)})`)
  if (whole.planned > 0)
    parts.push(
      `${parts.length === 0 ? 'Planned' : 'planned'}: ${whole.planned} (${part(listed, (tally) => tally.planned, all)})`,
    )
  return parts.length === 0 ? 'Quiescent (no active work)' : parts.join('; ')
}
