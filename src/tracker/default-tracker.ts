import { ActivityTracker, lifecycleKey } from './tracker.js'

/** What all copies of the package in one thread share. Only fields may be added while the number stays. */
interface SharedSlot {
  tracker?: ActivityTracker
}

const slotKey: unique symbol = Symbol.for('underway.tracker/1') as never

let known: SharedSlot | undefined

/** Looked up once, as every call that names no tracker asks for it. */
function slot(): SharedSlot {
  const holder = globalThis as { [slotKey]?: SharedSlot }
  known ??= holder[slotKey] ??= {}
  return known
}

/** The tracker that everything uses that names no other; made when first asked for, one per thread. */
export function getTracker(): ActivityTracker {
  const shared = slot()
  shared.tracker ??= new ActivityTracker()
  return shared.tracker
}

/**
 * Tells the default tracker what set-up found out. A tracker that somebody holds already is changed, not replaced; what
 * it counted before keeps its module.
 */
export function configureDefaultTracker(serviceName: string | undefined, disabled: boolean): ActivityTracker {
  const shared = slot()
  shared.tracker ??= new ActivityTracker({ serviceName, disabled })
  // Another version of the package may have made it.
  shared.tracker[lifecycleKey].configure?.(serviceName, disabled)
  return shared.tracker
}
