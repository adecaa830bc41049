import { checkedOptions, isFunction, isObject, type OptionChecks } from '../base/checked-options.js'
import type { ActivityContext } from '../tracing/activity-context.js'
import { startAttributes } from '../tracing/span.js'

/** The part of a sampler we use; fits SDK 2.x and 3.x. */
export interface SamplerLike {
  shouldSample(...args: never[]): { readonly decision: number }
  toString(): string
}

const checks: OptionChecks<{ sampler: SamplerLike }> = {
  sampler: [(value) => isObject(value) && isFunction(value['shouldSample']), 'a sampler with shouldSample()'],
}

/** Among the arguments of `shouldSample` after the context: trace id, name, kind, attributes, links. */
const attributesAt = 3
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

/**
 * Makes the attributes that an activity's span will carry (`activity.module`, `activity.type`, your own, …) known to a
 * sampler that decides by them. They are set just after the start of the span, which is cheaper; so any other sampler
 * sees the name, the kind and the links only.
 *
 * @throws UnderwayError OPTIONS_INVALID
 */
export function activityAwareSampler<S extends SamplerLike>(given: S): S {
  const { sampler } = checkedOptions('activityAwareSampler', { sampler: given ?? null } as never, checks) as {
    sampler: S
  }
  const aware = Object.create(sampler) as S
  aware.shouldSample = ((context: Partial<ActivityContext>, ...rest: unknown[]) => {
    if (context.starting === true && context.record !== undefined)
      rest[attributesAt] = { ...startAttributes(context.record), ...(rest[attributesAt] as object | undefined) }
    return sampler.shouldSample(...([context, ...rest] as never[]))
  }) as S['shouldSample']
  aware.toString = () => `ActivityAwareSampler{${sampler.toString()}}`
  return aware
}
