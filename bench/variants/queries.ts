import type { Query, Surroundings } from '../workload.ts'

const modules = 1_000

/** Questions to a tracker, from outside of any activity. */
export async function setup({ packages, name }: Surroundings): Promise<Query> {
  const { ActivityTracker, startActivity } = await packages.underway()
  const tracker = new ActivityTracker()
  // One activity that has ended, so that what is filled at first use is filled.
  startActivity({ tracker, module: 'Quiet', name: 'done' }).complete()
  if (name === 'query-quiescent') return { ask: () => tracker.isQuiescent(), answer: true }
  const open = Array.from({ length: modules }, (_, index) =>
    startActivity({ tracker, module: `Module-${index}`, name: 'work', id: `work-${index}` }),
  )
  const summary = tracker.runningSummary()
  const queries: Readonly<Record<string, Query>> = {
    'query-quiescent-busy': { ask: () => tracker.isQuiescent(), answer: false },
    'query-module': { ask: () => tracker.isQuiescent({ module: 'Quiet' }), answer: true },
    'query-module-busy': { ask: () => tracker.isQuiescent({ module: 'Module-500' }), answer: false },
    'query-summary': { ask: () => tracker.runningSummary(), answer: summary },
  }
  const query = queries[name]
  if (query === undefined || tracker.snapshot().open !== open.length || !summary.includes('1000'))
    throw new Error(`${name} is not set up as it should be: ${summary}`)
  return query
}
