import type { Tally } from './tally.js'

const shownModules = 10

/** Made when it is first needed, which takes long; asked for by `toLocaleString`, each number would look for it. */
let grouped: Intl.NumberFormat | undefined

type Count = (tally: Tally) => number

function before(a: Tally, b: Tally, count: Count): boolean {
  const more = count(a) - count(b)
  return more === 0 ? a.name < b.name : more > 0
}

/** Those that count anything, the busiest first; all of them, or the first few without sorting the rest. */
function busiest(tallies: readonly Tally[], count: Count, limit: number): [Tally[], number] {
  const first: Tally[] = []
  const sort = (): Tally[] => first.sort((a, b) => (before(a, b, count) ? -1 : 1))
  let busy = 0
  // The last of those that are shown.
  let last: Tally | undefined
  for (const tally of tallies) {
    if (count(tally) === 0) continue
    busy += 1
    if (last === undefined) first.push(tally)
    else if (before(tally, last, count)) first[limit - 1] = tally
    else continue
    if (first.length === limit) last = sort()[limit - 1]
  }
  return [last === undefined ? sort() : first, busy]
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
