import { setTimeout } from 'node:timers/promises'
import tracer from 'dd-trace'
import { activitiesPerIteration, nested } from '../../variants/functions.ts'
import { spansOf } from './spans.ts'

const patienceMillis = 30_000

/** `wrap` after `init` with everything that is on by default; the agent is on loopback. */
export async function setup({ variant, askAgent }) {
  tracer.init({ service: 'bench', env: 'production' })
  const wrapped = nested(variant.async, (name, _line, fn) => tracer.wrap(name, fn))
  let calls = 0
  const way = {
    // It has no public way to flush: it sends every two seconds.
    async flush() {
      const until = performance.now() + patienceMillis
      while (performance.now() < until && (await askAgent()).exported < calls * activitiesPerIteration)
        await setTimeout(250)
    },
    counted: askAgent,
  }
  const iteration = (n) => {
    calls += 1
    return wrapped(n)
  }
  return { iteration, ...spansOf(way) }
}
