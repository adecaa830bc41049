import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources'
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'

function resource(serviceName: string): Resource {
  return resourceFromAttributes({ 'service.name': serviceName, 'service.instance.id': `${serviceName}-1` })
}

/** Runs `work` with an SDK registered that sends spans to `otlpUrl`, and resolves when they were sent. */
export async function withTraces(otlpUrl: string, serviceName: string, work: () => unknown): Promise<void> {
  const exporter = new OTLPTraceExporter({ url: `${otlpUrl}/v1/traces` })
  const provider = new TracerProvider({
    resource: resource(serviceName),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  })
  trace.setGlobalTracerProvider(provider)
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  try {
    await work()
    await provider.forceFlush()
  } finally {
    trace.disable()
    context.disable()
    await provider.shutdown()
  }
}

/** The reader exports when the provider is flushed; its own interval is too long to matter. */
export function openMeterProvider(otlpUrl: string, serviceName: string): MeterProvider {
  const exporter = new OTLPMetricExporter({ url: `${otlpUrl}/v1/metrics` })
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  return new MeterProvider({ resource: resource(serviceName), readers: [reader] })
}

export function openLoggerProvider(otlpUrl: string, serviceName: string): LoggerProvider {
  const exporter = new OTLPLogExporter({ url: `${otlpUrl}/v1/logs` })
  return new LoggerProvider({
    resource: resource(serviceName),
    processors: [new BatchLogRecordProcessor({ exporter })],
  })
}
