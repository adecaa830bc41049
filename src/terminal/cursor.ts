import type { Output } from './output.js'

const hide = '\x1b[?25l'
const show = '\x1b[?25h'
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Hides the cursor, and gives it back whatever ends the process. @returns gives it back now */
export function hideCursor(output: Output): () => void {
  const giveBack = (): void => output.write(show)
  const onSignal = (signal: NodeJS.Signals): void => {
    // Whoever else listens decides what the signal means, and stops the view in time.
    if (process.listenerCount(signal) > 1) return
    restore()
    process.kill(process.pid, signal)
  }
  const restore = (): void => {
    process.off('exit', giveBack)
    for (const signal of signals) process.off(signal, onSignal)
    giveBack()
  }
  process.on('exit', giveBack)
  for (const signal of signals) process.on(signal, onSignal)
  output.write(hide)
  return restore
}
