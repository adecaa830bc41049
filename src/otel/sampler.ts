/** The part of a sampler we use; fits SDK 2.x and 3.x. */
export interface SamplerLike {
  shouldSample(...args: never[]): { readonly decision: number }
  toString(): string
}

const notRecord = 0
const record = 1

/**
 * Makes what `sampler` leaves out reach the span processors all the same, without being exported: so that an
 * `ActivitySpanProcessor` sees every span. It must be the outermost sampler. Activities of your own calls are counted
 * without it.
 */
export function recordingSampler<S extends SamplerLike>(sampler: S): S {
  const outer = Object.create(sampler) as S
  outer.shouldSample = ((...args: never[]) => {
    const result = sampler.shouldSample(...args)
    return result.decision === notRecord ? { ...result, decision: record } : result
  }) as S['shouldSample']
  outer.toString = () => `RecordingSampler{${sampler.toString()}}`
  return outer
}
