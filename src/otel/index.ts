export { ActivitySpanProcessor, type ActivitySpanProcessorOptions } from './activity-span-processor.js'
export { defaultSpanRules, type SpanRule } from './classification.js'
export type { EndedForeignSpan, ForeignSpan } from './foreign-span.js'
export { recordingSampler, type SamplerLike } from './sampler.js'
