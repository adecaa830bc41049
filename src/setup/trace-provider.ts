import * as otel from '@opentelemetry/api'
import { systemClock } from '../base/clock.js'
import { ActivitySpanProcessor } from '../otel/activity-span-processor.js'
import { Pipeline } from './pipeline.js'
import type { Ingredients, Running } from './running.js'
import { samplerOf } from './sampler.js'
import { type SampledSpan, SpanQueueProcessor } from './span-queue.js'

export function startTraces({
  sdk,
  environment,
  exporters,
  resource,
  tracker,
  senderTo,
}: Ingredients): Running<otel.TracerProvider> | undefined {
  const { traces, transformer } = sdk
  if (traces === undefined) return undefined
  const { spanQueue, targets, sampler, spanLimits } = environment
  const isJson = targets.traces.protocol === 'http/json'
  const serializer = isJson ? transformer.JsonTraceSerializer : transformer.ProtobufTraceSerializer
  const pipeline = exporters.includes('otlp')
    ? new Pipeline<SampledSpan>(senderTo(targets.traces), spanQueue, systemClock, (batch) =>
        serializer.serializeRequest(batch),
      )
    : undefined
  const activities = new ActivitySpanProcessor({ tracker })
  const provider = new traces.TracerProvider({
    resource,
    sampler: samplerOf(sampler, traces),
    spanLimits,
    spanProcessors: [
      activities,
      ...(pipeline === undefined ? [] : [new SpanQueueProcessor(pipeline.queue)]),
      ...(exporters.includes('console')
        ? [new traces.SimpleSpanProcessor({ exporter: new traces.ConsoleSpanExporter() })]
        : []),
    ],
  })
  if (!otel.trace.setGlobalTracerProvider(provider)) {
    void activities.shutdown()
    return undefined
  }
  return { provider, outlet: pipeline, unregister: () => otel.trace.disable() }
}
