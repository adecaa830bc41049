import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { isMainThread } from 'node:worker_threads'
import { systemClock } from '../base/clock.js'
import type { HandOver } from './hand-over.js'
import type { Outlet } from './pipeline.js'

const endingSignals = ['SIGTERM', 'SIGINT'] as const

export interface ExitPlan {
  readonly outlets: readonly Outlet[]
  /** For a hand-over. */
  readonly waitMillis: number
  readonly handOver: boolean
  readonly onSignals: boolean
  /** Has what is held back anywhere put into the outlets. */
  release(): void
  /** Bounded; `false` if something was lost. */
  flush(): Promise<boolean>
  shutdown(): Promise<boolean>
}

/**
 * Exports what is left when the process ends: over the event loop where that has run dry, through a child where it is
 * torn down.
 *
 * @returns what takes the listeners off
 */
export function watchExit(plan: ExitPlan): () => void {
  let running = false
  let gaveUp = false
  let first = true
  const pending = (): boolean => plan.outlets.some((outlet) => outlet.status().pending > 0)
  const onBeforeExit = (): void => {
    // The first time there may be metrics that nobody has collected; after that only what came since.
    if (running || gaveUp || !(first || pending())) return
    running = true
    first = false
    void plan.flush().then((all) => {
      running = false
      gaveUp = !all
    })
  }
  const onExit = (): void => {
    if (!plan.handOver || gaveUp) return
    plan.release()
    if (pending()) handOver(plan.outlets, plan.waitMillis)
  }
  const onSignal = (signal: NodeJS.Signals): void => {
    void plan.shutdown().then(() => {
      // Whoever else listens decides how the process ends; without a listener the signal itself does.
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
    })
  }
  const signals = plan.onSignals && isMainThread ? endingSignals : []
  process.on('beforeExit', onBeforeExit)
  process.on('exit', onExit)
  for (const signal of signals) process.once(signal, onSignal)
  return () => {
    process.off('beforeExit', onBeforeExit)
    process.off('exit', onExit)
    for (const signal of signals) process.off(signal, onSignal)
  }
}

/** In 'exit' nothing asynchronous happens any more, so a child sends what is left, and we wait for it. */
function handOver(outlets: readonly Outlet[], waitMillis: number): void {
  const since = systemClock.monotonicMillis()
  const leftMillis = (): number => waitMillis - (systemClock.monotonicMillis() - since)
  // What cannot be written in half of the time is lost, and counted.
  const left = outlets.map((outlet) => ({ outlet, ...outlet.leftovers(() => leftMillis() > waitMillis / 2) }))
  const payloads = left.flatMap((one) => one.payloads)
  const posts = payloads.map(({ target, payload }) => ({ target, byteLength: payload.byteLength }))
  const head = Buffer.from(`${JSON.stringify({ posts } satisfies HandOver)}\n`)
  const input = Buffer.concat([head, ...payloads.map(({ payload }) => payload)])
  // Only now, as writing a full queue takes its time too.
  const delivered = deliver(input, Math.max(Math.floor(leftMillis()), 1))
  for (const { outlet, count, unwritten } of left) {
    outlet.settle(count, delivered)
    outlet.settle(unwritten, false)
  }
}

function deliver(input: Uint8Array, timeoutMillis: number): boolean {
  try {
    const file = fileURLToPath(new URL('./hand-over.js', import.meta.url))
    const { status } = spawnSync(process.execPath, [file, `${timeoutMillis}`], {
      input,
      stdio: ['pipe', 'ignore', 'ignore'],
      timeout: timeoutMillis,
      killSignal: 'SIGKILL',
      windowsHide: true,
      // Not what was preloaded here: the child would set itself up like us.
      env: { ...process.env, NODE_OPTIONS: '' },
    })
    return status === 0
  } catch {
    // Under Node's permission model it may be refused; an error in 'exit' would change how the process ends.
    return false
  }
}
