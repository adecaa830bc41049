import { nested, type Wrap } from '../../variants/functions.ts'
import type { Surroundings, Work } from '../../workload.ts'
import { spansOf } from './spans.ts'

/** A span around the call and nothing else: no attribute, no status, no exception. What all others are compared with. */
export async function setup({ packages, variant, registerSdk }: Surroundings): Promise<Work> {
  const sdk = await registerSdk()
  const tracer = (await packages.api()).trace.getTracer('bench')

  const wrapSync: Wrap = (name, _line, fn) =>
    ((n: number) =>
      tracer.startActiveSpan(name, (span) => {
        try {
          return fn(n)
        } finally {
          span.end()
        }
      })) as typeof fn

  const wrapAsync: Wrap = (name, _line, fn) =>
    ((n: number) =>
      tracer.startActiveSpan(name, async (span) => {
        try {
          return await fn(n)
        } finally {
          span.end()
        }
      })) as typeof fn

  return { iteration: nested(variant.async === true, variant.async === true ? wrapAsync : wrapSync), ...spansOf(sdk) }
}
