import { writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'
import { mainThreadStack } from './blocked-stack.js'
import { LoopWatch } from './loop-watch.js'
import { createProbeServer } from './probe-server.js'
import {
  type BlockedReport,
  type FromWatchdog,
  type HealthState,
  slots,
  type WatchdogData,
} from './watchdog-protocol.js'

const data = workerData as WatchdogData
const memory = new Int32Array(data.memory)
const watch = new LoopWatch(data.beatMillis, data.blockedAfterMillis, performance.now())
let last: HealthState | undefined
let report: BlockedReport | undefined
let reporting = false

function tell(message: FromWatchdog): void {
  parentPort?.postMessage(message)
}

parentPort?.on('message', (state: HealthState) => {
  last = state
})

async function writeReport(blockedMillis: number): Promise<void> {
  const stack = data.captureStack ? await mainThreadStack() : []
  report = { time: Date.now(), pid: process.pid, blockedMillis, stack, last }
  if (data.reportFile === undefined) return
  try {
    writeFileSync(data.reportFile, `${JSON.stringify(report, undefined, 2)}\n`)
  } catch (error) {
    tell({ kind: 'unwritten', message: (error as Error).message })
  }
}

function look(): void {
  const now = performance.now()
  const blockedBefore = watch.blockedMillis(now)
  watch.look(now, Atomics.load(memory, slots.beats), Atomics.load(memory, slots.busy) / 1_000)
  if (watch.state(now) === 'wedged') {
    if (!reporting) {
      reporting = true
      void writeReport(watch.blockedMillis(now))
    }
  } else if (reporting && report !== undefined) {
    tell({ kind: 'recovered', report: { ...report, blockedMillis: Math.max(report.blockedMillis, blockedBefore) } })
    reporting = false
    report = undefined
  }
}

setInterval(look, data.beatMillis)

if (data.probes === undefined) {
  tell({ kind: 'listening', url: undefined })
} else {
  const { host, port, details } = data.probes
  const server = createProbeServer(() => {
    const now = performance.now()
    return {
      loop: watch.state(now),
      blockedMillis: watch.blockedMillis(now),
      livenessFailsAfterMillis: data.livenessFailsAfterMillis,
      ready: Atomics.load(memory, slots.ready) === 1,
      started: Atomics.load(memory, slots.started) === 1,
      draining: Atomics.load(memory, slots.draining) === 1,
      details,
      last,
    }
  })
  server.on('error', (error) => tell({ kind: 'failed', message: error.message }))
  server.listen(port, host, () => {
    const { address, family, port: bound } = server.address() as AddressInfo
    tell({ kind: 'listening', url: `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}` })
  })
}
