/** What wants to be told when the process comes to its end. */
export interface EndListener {
  /** Nothing else is left to do; what is begun here is waited for. May be called several times. */
  beforeExit(): void
  /** Nothing asynchronous runs any more. */
  exit(): void
}

const listeners = new Set<EndListener>()

function onBeforeExit(): void {
  for (const listener of listeners) listener.beforeExit()
}

function onExit(): void {
  for (const listener of listeners) listener.exit()
}

/** However many there are, the process has one listener of ours for each event. @returns what ends it */
export function atProcessEnd(listener: EndListener): () => void {
  if (listeners.size === 0) process.on('beforeExit', onBeforeExit).on('exit', onExit)
  listeners.add(listener)
  return () => {
    if (listeners.delete(listener) && listeners.size === 0) process.off('beforeExit', onBeforeExit).off('exit', onExit)
  }
}
