import { readFileSync } from 'node:fs'

/** The parts of an OTLP/JSON log record that the tests look at. */
export interface WrittenLogEvent {
  readonly eventName?: string
  readonly severityText?: string
  readonly traceId?: string
  readonly spanId?: string
  readonly body?: { readonly stringValue?: string }
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[]
}

interface Batch {
  readonly resourceLogs: readonly {
    readonly resource: Pick<WrittenLogEvent, 'attributes'>
    readonly scopeLogs: readonly { readonly logRecords: readonly WrittenLogEvent[] }[]
  }[]
}

/** Every record in complete lines that the Collector wrote so far. @param instance only those of this process */
export function readLogEvents(file: string, instance?: string): WrittenLogEvent[] {
  const text = readFileSync(file, 'utf8')
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => (JSON.parse(line) as Batch).resourceLogs)
    .filter(({ resource }) => instance === undefined || attributesOf(resource)['service.instance.id'] === instance)
    .flatMap(({ scopeLogs }) => scopeLogs)
    .flatMap(({ logRecords }) => logRecords)
}

type AttributeValue = string | number | boolean | undefined

/** The attributes of a record by name. */
export function attributesOf({ attributes }: Pick<WrittenLogEvent, 'attributes'>): Record<string, AttributeValue> {
  return Object.fromEntries(
    attributes.map(({ key, value: { intValue, stringValue, boolValue, doubleValue } }) => [
      key,
      // OTLP/JSON writes 64-bit integers as text.
      intValue === undefined ? ((stringValue ?? boolValue ?? doubleValue) as AttributeValue) : Number(intValue),
    ]),
  )
}
