import type { Span } from '@opentelemetry/api'
import type { ActivityHandle } from 'underway'
import type { Counted } from '../proof.ts'
import type { Surroundings, Work } from '../workload.ts'
import { activitiesPerIteration, module, nested, type } from './functions.ts'

/** Opens and ends what stays open for long. */
interface Opened<T> {
  open(): T
  end(one: T): void
}

/** As many as the variant says, of which the oldest ends each time that another one starts. */
function endingTheOldest<T>({ open, end }: Opened<T>, size: number): (n: number) => number {
  const ring = Array.from({ length: size }, open)
  let oldest = 0
  return (n) => {
    for (let times = 0; times < activitiesPerIteration; times += 1) {
      end(ring[oldest] as T)
      ring[oldest] = open()
      oldest = (oldest + 1) % size
    }
    return n + 2
  }
}

/** Work while much is open: short work on top of it, or ending the oldest of it each time. */
export async function setup({ packages, name, variant, registerSdk }: Surroundings): Promise<Work> {
  const sdk = await registerSdk()
  const size = variant.open ?? 1
  if (name.includes('stock')) {
    const tracer = (await packages.api()).trace.getTracer('bench')
    const attributes = {
      'activity.module': module,
      'activity.type': type,
      'code.file.path': import.meta.filename,
      'code.line.number': 36,
    }
    return {
      iteration: endingTheOldest<Span>(
        {
          open: () => tracer.startSpan('long', { attributes: { ...attributes } }),
          end: (span) => span.setAttribute('activity.state', 'completed').end(),
        },
        size,
      ),
      expected: (iterations) => ({ exported: iterations * activitiesPerIteration }),
      async counted() {
        await sdk?.flush()
        return sdk?.counted() ?? {}
      },
    }
  }
  const { getTracker, startActivity, trackActivity } = await packages.underway()
  const tracker = getTracker()
  let ended = 0
  tracker.subscribe((items) => {
    for (const item of items) if (item.kind === 'ended') ended += 1
  })
  const handles: Opened<ActivityHandle> = {
    open: () => startActivity({ name: 'long', module, type }),
    end: (handle) => handle.complete(),
  }
  const kept = variant.oldest === true ? [] : Array.from({ length: size }, handles.open)
  return {
    iteration:
      variant.oldest === true
        ? endingTheOldest(handles, size)
        : nested(false, (name, _line, fn) => trackActivity({ name, module, type }, fn)),
    expected(iterations) {
      const activities = iterations * activitiesPerIteration
      return { completed: activities, delivered: activities, exported: activities, stillOpen: size, faults: 0 }
    },
    async counted(): Promise<Counted> {
      tracker.flushNow()
      await sdk?.flush()
      const { totals, open, faults } = tracker.snapshot()
      const lost = kept.filter(({ isOpen }) => !isOpen).length + Object.keys(faults).length
      return { completed: totals.completed, delivered: ended, stillOpen: open, faults: lost, ...sdk?.counted() }
    },
  }
}
