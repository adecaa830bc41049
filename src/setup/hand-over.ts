import { readFileSync } from 'node:fs'
import { systemClock } from '../base/clock.js'
import { beforeDeadline } from '../base/deadline.js'
import type { OtlpTarget } from './otlp-environment.js'
import { OtlpSender } from './otlp-sender.js'

/**
 * What a process that ends gives to the child that runs this file, as JSON on its standard input. The argument is how
 * many milliseconds it waits.
 */
export interface HandOver {
  readonly posts: readonly { readonly target: OtlpTarget; readonly base64: string }[]
}

const timeoutMillis = Number(process.argv[2])
const { posts } = JSON.parse(readFileSync(0, 'utf8')) as HandOver

const outcome = await beforeDeadline(systemClock, timeoutMillis, async () => {
  let lost = 0
  for (const { target, base64 } of posts) {
    // Nobody waits for another attempt that comes after the deadline.
    const hurried = { ...target, timeoutMillis: Math.min(target.timeoutMillis, timeoutMillis) }
    if (!(await new OtlpSender(hurried, systemClock).send(Buffer.from(base64, 'base64')))) lost += 1
  }
  return lost
})
process.exit(outcome.kind === 'settled' && outcome.value === 0 ? 0 : 1)
