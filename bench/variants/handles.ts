import type { Span } from '@opentelemetry/api'
import type { ActivityHandle } from 'underway'
import type { Held, Surroundings } from '../workload.ts'
import { module, type } from './functions.ts'

/** Something that stays open until somebody ends it: a span of the SDK, or a handle of ours. */
export async function setup({ packages, name, registerSdk }: Surroundings): Promise<Held> {
  const sdk = await registerSdk()
  const spans = async (): Promise<object> => {
    await sdk?.flush()
    return { ...sdk?.counted(), nested: undefined }
  }
  if (name.includes('stock')) {
    const tracer = (await packages.api()).trace.getTracer('bench')
    const file = import.meta.filename
    return {
      open: () =>
        tracer.startSpan('handle', {
          attributes: {
            'activity.module': module,
            'activity.type': type,
            'code.file.path': file,
            'code.line.number': 21,
          },
        }),
      close(held) {
        ;(held as Span).setAttribute('activity.state', 'completed').end()
      },
      openNow: () => undefined,
      expected: (count) => ({ exported: count }),
      counted: spans,
    }
  }
  const { getTracker, startActivity } = await packages.underway()
  const tracker = getTracker()
  return {
    open: () => startActivity({ name: 'handle', module, type }),
    close: (held) => (held as ActivityHandle).complete(),
    openNow: () => tracker.snapshot().open,
    expected: (count) => ({ completed: count, ...(sdk === undefined ? {} : { exported: count }) }),
    counted: async () => ({ ...(await spans()), completed: tracker.snapshot().totals.completed }),
  }
}
