import type { Environment, SamplerName } from './environment.js'
import type { TracePackage } from './sdk-shapes.js'

export function samplerOf({ name, ratio }: Environment['sampler'], sdk: TracePackage): object {
  const roots: Readonly<Record<SamplerName, () => object>> = {
    always_on: () => new sdk.AlwaysOnSampler(),
    always_off: () => new sdk.AlwaysOffSampler(),
    traceidratio: () => new sdk.TraceIdRatioBasedSampler(ratio),
    parentbased_always_on: () => new sdk.ParentBasedSampler({ root: roots.always_on() }),
    parentbased_always_off: () => new sdk.ParentBasedSampler({ root: roots.always_off() }),
    parentbased_traceidratio: () => new sdk.ParentBasedSampler({ root: roots.traceidratio() }),
  }
  return roots[name]()
}
