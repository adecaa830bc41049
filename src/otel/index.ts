export { ActivitySpanProcessor, type ActivitySpanProcessorOptions } from './activity-span-processor.js'
export { defaultSpanRules, type SpanRule } from './classification.js'
export type { EventLogger, EventRecord } from './event-logger.js'
export type { EndedForeignSpan, ForeignSpan } from './foreign-span.js'
export { type InstrumentsOptions, registerInstruments } from './instruments.js'
export {
  type ExceptionSignals,
  exceptionSignalsOf,
  type LifecycleLogsOptions,
  registerLifecycleLogs,
} from './lifecycle-logs.js'
export type { SignalRegistration } from './registration.js'
export { recordingSampler, type SamplerLike } from './sampler.js'
