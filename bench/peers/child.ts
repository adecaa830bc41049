import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { WrappingOutcome, WrappingSubject } from '../../src/testing/index.ts'
import { packages } from '../packages.mjs'
import { openOwn } from './own-subjects.ts'

// Examines one subject in this process and writes its outcomes to a file: what peers print is theirs.
const { values } = parseArgs({
  options: { subject: { type: 'string', default: '' }, out: { type: 'string', default: '' } },
})
const suite = await packages.testing()

async function open(name: string): Promise<WrappingSubject> {
  if (name === 'underway' || name === 'by hand') return openOwn(name, suite.ManualClock)
  const { peers } = await import('./peers.mjs')
  const peer = peers[name]
  if (peer === undefined) throw new Error(`there is no peer '${name}'`)
  return peer.open()
}

const { wrappingCases, runWrappingCase } = suite

/** What ends the process where nobody listens counts against the case that runs. */
const stray: unknown[] = []
process.on('unhandledRejection', (error) => stray.push(error))
process.on('uncaughtException', (error) => stray.push(error))

const subject = await open(values.subject)
const outcomes: WrappingOutcome[] = []
for (const one of wrappingCases) {
  stray.length = 0
  const outcome = await runWrappingCase(one, subject, { timeoutMillis: 2_000 })
  const crashed = outcome.outcome === 'passed' && stray.length > 0
  outcomes.push(crashed ? { id: one.id, outcome: 'failed', reason: 'it left an error that ends the process' } : outcome)
}
writeFileSync(values.out, JSON.stringify(outcomes))
// Peers keep timers and sockets.
process.exit(0)
