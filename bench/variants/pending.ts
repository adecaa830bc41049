import type { Held, Surroundings } from '../workload.ts'
import { module, type } from './functions.ts'

/** Calls that wait for one promise: few enough to let go at once without the BatchSpanProcessor dropping spans. */
const together = 250

/** An async call that waits for something. */
export async function setup({ packages, name, registerSdk }: Surroundings): Promise<Held> {
  const sdk = await registerSdk()
  const gates: PromiseWithResolvers<void>[] = []
  const gate = (index: number): Promise<void> => {
    const gate = (gates[Math.floor(index / together)] ??= Promise.withResolvers<void>())
    return gate.promise
  }
  const close = (_held: unknown, index: number): void => {
    if ((index + 1) % together === 0) gates[Math.floor(index / together)]?.resolve()
  }
  const spans = async (): Promise<object> => {
    await sdk?.flush()
    return { ...sdk?.counted(), nested: undefined }
  }
  if (name.includes('stock')) {
    const tracer = (await packages.api()).trace.getTracer('bench')
    const file = import.meta.filename
    const open = (index: number): Promise<void> => {
      const attributes = {
        'activity.module': module,
        'activity.type': type,
        'code.file.path': file,
        'code.line.number': 23,
      }
      return tracer.startActiveSpan('pending', { attributes }, async (span) => {
        try {
          await gate(index)
          span.setAttribute('activity.state', 'completed')
        } finally {
          span.end()
        }
      })
    }
    return { open, close, openNow: () => undefined, expected: (count) => ({ exported: count }), counted: spans }
  }
  const { getTracker, trackActivity } = await packages.underway()
  const tracker = getTracker()
  return {
    open: trackActivity({ name: 'pending', module, type }, async (index: number) => {
      await gate(index)
    }),
    close,
    openNow: () => tracker.snapshot().open,
    expected: (count) => ({ completed: count, ...(sdk === undefined ? {} : { exported: count }) }),
    counted: async () => ({ ...(await spans()), completed: tracker.snapshot().totals.completed }),
  }
}
