import type * as Underway from '../../src/index.ts'
import type { SeenSpan, WrappingSubject } from '../../src/testing/index.ts'
import { type FinishedSpan, seenSpans } from './seen-spans.ts'

/** The package itself, with what is needed of it to lose things and find them. */
export interface UnderwayParts {
  readonly underway: Pick<typeof Underway, 'ActivityTracker' | 'currentActivity' | 'trackActivity'>
  /** Makes a clock, and lets so many milliseconds pass on it. */
  readonly clock: () => { readonly clock: Underway.Clock; readonly advance: (millis: number) => Promise<void> }
  /** What an SDK has exported since the last call of `reset`; the tracker itself is asked without one. */
  readonly exported?: { reset(): void; spans(): readonly FinishedSpan[] } | undefined
}

type Snapshot = Underway.ActivitySnapshot

function seenActivities(ended: readonly Snapshot[], names: ReadonlyMap<string, string>): SeenSpan[] {
  return ended.map((activity) => ({
    name: activity.name,
    parent: activity.parentId === undefined ? undefined : names.get(activity.parentId),
    failed: activity.state === 'failed',
    cancelled: activity.state === 'cancelled',
    exceptions: activity.error === undefined ? [] : [activity.error.message],
  }))
}

/** Ourselves as a subject of the suite. */
export function underwaySubject({ underway, clock: makeClock, exported }: UnderwayParts): WrappingSubject {
  return {
    name: 'underway',
    start() {
      exported?.reset()
      const { clock, advance } = makeClock()
      const warnings: string[] = []
      const names = new Map<string, string>()
      const spanNames = new Map<string, string>()
      const ended: Snapshot[] = []
      const tracker = new underway.ActivityTracker({ clock, onWarning: (message) => warnings.push(message) })
      tracker.subscribe((changes) => {
        for (const change of changes) {
          if (change.kind === 'started') {
            names.set(change.activity.id, change.activity.name)
            if (change.activity.spanId !== undefined) spanNames.set(change.activity.spanId, change.activity.name)
          } else if (change.kind === 'ended') ended.push(change.activity)
        }
      })
      const decorator = (name: string) => underway.trackActivity({ tracker, name }) as never
      const { gc } = globalThis
      return {
        wrap: (name, fn) => underway.trackActivity({ tracker, name } as never, fn),
        ended() {
          tracker.flushNow()
          const activities = seenActivities(ended, names)
          if (exported === undefined) return activities
          const states = new Map(ended.map((activity) => [activity.spanId, activity.state]))
          const spans = exported.spans().filter((span) => spanNames.has(span.spanContext().spanId))
          return seenSpans(spans, (id) => spanNames.get(id)).map((span, index) => ({
            ...span,
            cancelled: states.get(spans[index]?.spanContext().spanId) === 'cancelled',
          }))
        },
        current: () => underway.currentActivity()?.name,
        bind: (fn) => underway.currentActivity()?.bind(fn) ?? fn,
        decorator,
        legacyDecorator: decorator,
        signal: () => underway.currentActivity()?.signal ?? AbortSignal.abort(),
        verdict(say) {
          const activity = underway.currentActivity()
          if (say === 'complete') activity?.complete()
          else if (say === 'fail') activity?.fail(new Error('said so'))
          else activity?.cancel()
        },
        warnings: () => warnings,
        collect:
          gc === undefined
            ? undefined
            : async () => {
                for (let round = 0; round < 5; round += 1) {
                  await new Promise((resolve) => {
                    setImmediate(resolve)
                  })
                  gc()
                }
                await advance(5_000)
              },
      }
    },
  }
}
