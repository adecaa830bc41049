import type { Counted } from '../proof.ts'
import type { Surroundings, Work } from '../workload.ts'
import { activitiesPerIteration, module, nested, type } from './functions.ts'

/** The same functions wrapped by `trackActivity`. */
export async function setup({ packages, variant, registerSdk }: Surroundings): Promise<Work> {
  const { ActivityTracker, getTracker, trackActivity } = await packages.underway()
  const sdk = await registerSdk()
  const disabled = variant.disabled === true
  // Disabled is an option of a tracker of one's own; all others use the default one.
  const own = disabled ? { tracker: new ActivityTracker({ disabled, onWarning: () => {} }) } : {}
  const tracker = own.tracker ?? getTracker()
  let delivered = 0
  if (variant.subscriber === true)
    tracker.subscribe((items) => {
      for (const item of items) if (item.kind === 'started' || item.kind === 'ended') delivered += 1
    })
  return {
    iteration: nested(variant.async === true, (name, _line, fn) => trackActivity({ name, module, type, ...own }, fn)),
    expected(iterations) {
      const activities = disabled ? 0 : iterations * activitiesPerIteration
      return {
        completed: activities,
        stillOpen: 0,
        ...(disabled ? {} : { faults: 0 }),
        ...(variant.subscriber === true ? { delivered: activities * 2 } : {}),
        ...(sdk === undefined ? {} : { exported: activities, nested: iterations }),
      }
    },
    async counted(): Promise<Counted> {
      tracker.flushNow()
      await sdk?.flush()
      const { totals, open, faults } = tracker.snapshot()
      const kept = Object.keys(faults).length
      return { completed: totals.completed, stillOpen: open, faults: kept, delivered, ...sdk?.counted() }
    },
  }
}
