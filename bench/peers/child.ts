import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { WrappingSubject } from '../../src/testing/index.ts'
import { packages } from '../packages.mjs'
import { openOwn } from './own-subjects.ts'

// Examines one subject in this process and writes its outcomes to a file: what peers print is theirs.
const { values } = parseArgs({
  options: { subject: { type: 'string', default: '' }, out: { type: 'string', default: '' } },
})
const { runWrappingCases, ManualClock } = await packages.testing()

async function open(name: string): Promise<WrappingSubject> {
  if (name === 'underway' || name === 'by hand') return openOwn(name, ManualClock)
  const { peers } = await import('./peers.mjs')
  const peer = peers[name]
  if (peer === undefined) throw new Error(`there is no peer '${name}'`)
  return peer.open()
}

const outcomes = await runWrappingCases(await open(values.subject), { timeoutMillis: 2_000 })
writeFileSync(values.out, JSON.stringify(outcomes))
// Peers keep timers and sockets.
process.exit(0)
