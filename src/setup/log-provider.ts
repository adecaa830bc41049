import { systemClock } from '../base/clock.js'
import { isRegistered } from './globals.js'
import { Pipeline } from './pipeline.js'
import type { Ingredients, Running } from './running.js'
import type { LoggerProvider } from './sdk-shapes.js'
import { LogQueueProcessor } from './span-queue.js'

export function startLogs({
  sdk: { logs, transformer },
  environment: { targets, logQueue, logLimits },
  exporters,
  resource,
  senderTo,
}: Ingredients): Running<LoggerProvider> | undefined {
  if (logs === undefined) return undefined
  const { api, sdk } = logs
  const isJson = targets.logs.protocol === 'http/json'
  const serializer = isJson ? transformer.JsonLogsSerializer : transformer.ProtobufLogsSerializer
  const pipeline = exporters.includes('otlp')
    ? new Pipeline<object>(senderTo(targets.logs), logQueue, systemClock, (batch) => serializer.serializeRequest(batch))
    : undefined
  const provider = new sdk.LoggerProvider({
    resource,
    logRecordLimits: logLimits,
    processors: [
      ...(pipeline === undefined ? [] : [new LogQueueProcessor(pipeline.queue)]),
      ...(exporters.includes('console')
        ? [new sdk.SimpleLogRecordProcessor({ exporter: new sdk.ConsoleLogRecordExporter() })]
        : []),
    ],
  })
  api.setGlobalLoggerProvider(provider)
  if (!isRegistered('logs')) return undefined
  return { provider, outlet: pipeline, unregister: () => api.disable() }
}
