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
export { activityAwareSampler, recordingSampler, type SamplerLike } from './sampler.js'
export type { ScalarStatus } from './scalar-buffer.js'
export type { ScalarExporter } from './scalar-delivery.js'
export type { ScalarMetricData, ScalarPoint, ScalarScopeMetrics } from './scalar-metrics.js'
export { type ScalarProducer, type ScalarProducerOptions, scalarProducer } from './scalar-producer.js'
export {
  type ResourceShape,
  type ResourceSource,
  type ScalarReader,
  type ScalarReaderOptions,
  type ScalarReaderStatus,
  scalarReader,
} from './scalar-reader.js'
export type { ScalarSourceOptions } from './scalar-source.js'
