import type { DeliveryFailure } from './backend.js'

function isWorthAnother(failure: unknown): boolean {
  return (failure as DeliveryFailure | undefined)?.retry !== false
}

/**
 * Does the work for one run after the other, also where it failed for a run before: one that cannot be written must not
 * take the others along. Throws what is worth another attempt, else what came first.
 */
export async function forEachRun<Run>(runs: Iterable<Run>, work: (run: Run) => Promise<void>): Promise<void> {
  const failures: unknown[] = []
  for (const run of runs) await work(run).catch((failure: unknown) => failures.push(failure))
  if (failures.length > 0) throw failures.find(isWorthAnother) ?? failures[0]
}
