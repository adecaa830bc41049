import { checkedOptions, isFunction, isObject, type OptionChecks } from '../base/checked-options.js'

/** The part of a sampler we use; fits SDK 2.x and 3.x. */
export interface SamplerLike {
  shouldSample(...args: never[]): { readonly decision: number }
  toString(): string
}

const checks: OptionChecks<{ sampler: SamplerLike }> = {
  sampler: [(value) => isObject(value) && isFunction(value['shouldSample']), 'a sampler with shouldSample()'],
}

const notRecord = 0
const record = 1

/**
 * Makes what `sampler` leaves out reach the span processors all the same, without being exported: so that an
 * `ActivitySpanProcessor` sees every span. It must be the outermost sampler. Activities of your own calls are counted
 * without it.
 *
 * @throws UnderwayError OPTIONS_INVALID
 */
export function recordingSampler<S extends SamplerLike>(given: S): S {
  const { sampler } = checkedOptions('recordingSampler', { sampler: given ?? null } as never, checks) as { sampler: S }
  const outer = Object.create(sampler) as S
  outer.shouldSample = ((...args: never[]) => {
    const result = sampler.shouldSample(...args)
    return result.decision === notRecord ? { ...result, decision: record } : result
  }) as S['shouldSample']
  outer.toString = () => `RecordingSampler{${sampler.toString()}}`
  return outer
}
