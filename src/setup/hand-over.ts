import { readFileSync } from 'node:fs'
import { systemClock } from '../base/clock.js'
import { beforeDeadline } from '../base/deadline.js'
import type { OtlpTarget } from './otlp-environment.js'
import { OtlpSender } from './otlp-sender.js'

/**
 * What a process that ends gives to the child that runs this file, as a line of JSON on its standard input, which
 * the payloads follow as they are. The argument is how many milliseconds it waits.
 */
export interface HandOver {
  readonly posts: readonly { readonly target: OtlpTarget; readonly byteLength: number }[]
}

const timeoutMillis = Number(process.argv[2])
const input = readFileSync(0)
const headLength = input.indexOf('\n')
const { posts } = JSON.parse(input.toString('utf8', 0, headLength)) as HandOver

const outcome = await beforeDeadline(systemClock, timeoutMillis, async () => {
  let lost = 0
  let from = headLength + 1
  for (const { target, byteLength } of posts) {
    const payload = input.subarray(from, from + byteLength)
    from += byteLength
    // Nobody waits for another attempt that comes after the deadline.
    const hurried = { ...target, timeoutMillis: Math.min(target.timeoutMillis, timeoutMillis) }
    if (!(await new OtlpSender(hurried, systemClock).send(payload))) lost += 1
  }
  return lost
})
process.exit(outcome.kind === 'settled' && outcome.value === 0 ? 0 : 1)
