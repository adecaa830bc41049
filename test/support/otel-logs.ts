import { type HrTime, logs } from '@opentelemetry/api'
import { hrTimeToMilliseconds } from '@opentelemetry/core'
import {
  InMemoryLogRecordExporter,
  LoggerProvider,
  type LogRecordProcessor,
  type ReadableLogRecord,
  SimpleLogRecordProcessor,
} from '@opentelemetry/sdk-logs'

/** A real logs SDK, registered globally. */
export interface LogsSdk {
  readonly provider: LoggerProvider
  records(): readonly ReadableLogRecord[]
  /** `event body` of every record so far, in order. */
  story(): string[]
  /** The one record of this event. */
  record(eventName: string): ReadableLogRecord
  clear(): void
}

export function registerLogs(processors: readonly LogRecordProcessor[] = []): LogsSdk {
  const exporter = new InMemoryLogRecordExporter()
  const provider = new LoggerProvider({ processors: [...processors, new SimpleLogRecordProcessor({ exporter })] })
  logs.setGlobalLoggerProvider(provider)
  const records = (): readonly ReadableLogRecord[] => exporter.getFinishedLogRecords()
  return {
    provider,
    records,
    story: () => records().map(({ eventName, body }) => `${eventName} ${typeof body === 'string' ? body : ''}`.trim()),
    record(eventName) {
      const [found, ...more] = records().filter((record) => record.eventName === eventName)
      if (found === undefined || more.length > 0)
        throw new Error(
          `expected one ${eventName} among: ${records()
            .map((one) => one.eventName)
            .join(', ')}`,
        )
      return found
    },
    clear: () => exporter.reset(),
  }
}

export function millis(time: HrTime): number {
  return hrTimeToMilliseconds(time)
}
