import { manyErrors, manyModules } from '../health-variants.ts'
import type { Query, Surroundings } from '../workload.ts'

const kept = 1_000
/** So many different things go wrong. */
const works = 200

/** Questions about health after much has gone wrong in many modules. */
export async function setup({ packages, name }: Surroundings): Promise<Query> {
  const { ActivityTracker } = await packages.underway()
  const tracker = new ActivityTracker()
  const [errors, modules] = name === 'health-one' ? [1, 1] : [manyErrors, manyModules]
  for (let index = 0; index < modules; index += 1) tracker.registerModule(`Module-${index}`)
  for (let index = 0; index < errors; index += 1)
    tracker.reportError('cannot be reached', { module: `Module-${index % modules}`, work: `work-${index % works}` })
  const groups = tracker.errorGroups().length
  const queries: Readonly<Record<string, Query>> = {
    'health-one': { ask: () => tracker.errorHealth().errorLevelCount, answer: errors },
    'health-errors': { ask: () => tracker.errorHealth().errorLevelCount, answer: errors },
    'health-latest': { ask: () => tracker.errors({ limit: 10 }).length, answer: 10 },
    'health-of-module': { ask: () => tracker.errors({ module: `Module-${modules - 1}` }).length, answer: 1 },
    'health-groups': { ask: () => tracker.errorGroups({ limit: 10 }).length, answer: 10 },
    'health-modules': { ask: () => tracker.modules().length, answer: modules },
    'health-report': {
      ask: () => typeof tracker.reportError('again', { module: 'Module-1', work: 'work-1' }),
      answer: 'string',
    },
  }
  const query = queries[name]
  if (query === undefined || tracker.snapshot().errors.error !== errors || groups !== Math.min(errors, kept))
    throw new Error(`${name} is not set up as it should be: ${groups} groups`)
  return query
}
