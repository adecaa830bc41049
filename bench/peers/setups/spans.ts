import type { Counted } from '../../proof.ts'
import { activitiesPerIteration } from '../../variants/functions.ts'
import type { Work } from '../../workload.ts'

type Spans = Pick<Counted, 'exported' | 'nested'>

/** Something that brings spans out of the process, or counts them where they arrive. */
interface Way {
  flush(): Promise<unknown>
  counted(): Spans | Promise<Spans>
}

/** A run counts if every call was exported as a span, and every inner one with its parent. */
export function spansOf(way: Way | undefined): Pick<Work, 'expected' | 'counted'> {
  return {
    expected: (iterations) => ({ exported: iterations * activitiesPerIteration, nested: iterations }),
    async counted() {
      await way?.flush()
      return (await way?.counted()) ?? {}
    },
  }
}
