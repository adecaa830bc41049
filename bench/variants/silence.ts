import type { Query, Surroundings } from '../workload.ts'

const activities = 200
const names = 20

/** Long work that is heard of again and again, with and without somebody who learns how often. */
export async function setup({ packages, name }: Surroundings): Promise<Query> {
  const { ActivityTracker, startActivity } = await packages.underway()
  const { watchSilence } = await packages.health()
  const tracker = new ActivityTracker()
  if (name === 'silence-watched') watchSilence({ tracker })
  const handles = Array.from({ length: activities }, (_, index) =>
    startActivity({ tracker, module: 'Trainer', name: `step-${index % names}`, id: `step-${index}` }),
  )
  if (tracker.snapshot().open !== activities) throw new Error(`${name} is not set up as it should be`)
  let next = 0
  return {
    ask() {
      next = (next + 1) % activities
      const handle = handles[next]
      return handle?.heartbeat() === handle
    },
    answer: true,
  }
}
