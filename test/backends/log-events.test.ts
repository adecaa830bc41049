import { SeverityNumber } from '@opentelemetry/api'
import { expect, test } from 'vitest'
import { eventually } from './support/eventually.js'
import { readLogEvents } from './support/log-events.js'
import { openLoggerProvider } from './support/telemetry.js'
import { useStack } from './support/use-stack.js'

const stack = useStack()

test('log events reach the file of the Collector with name, severity, text and attributes', async () => {
  const { otlpUrl, logEventsFile } = stack()
  const provider = openLoggerProvider(otlpUrl, 'events')
  try {
    const logger = provider.getLogger('test')
    const attributes = { 'activity.module': 'Trainer', 'activity.progress.done': 5 }
    logger.emit({
      eventName: 'activity.started',
      severityNumber: SeverityNumber.INFO,
      severityText: 'INFO',
      attributes,
    })
    logger.emit({
      eventName: 'activity.error',
      severityNumber: SeverityNumber.ERROR,
      body: 'out of memory',
      attributes,
    })
    await provider.forceFlush()
  } finally {
    await provider.shutdown()
  }

  const events = await eventually(() => {
    const found = readLogEvents(logEventsFile)
    expect(found).toHaveLength(2)
    return found
  })
  expect(events.map(({ eventName }) => eventName)).toEqual(['activity.started', 'activity.error'])
  expect(events[0]).toMatchObject({ severityText: 'INFO' })
  expect(events[1]).toMatchObject({ body: { stringValue: 'out of memory' } })
  expect(events[0]?.attributes).toContainEqual({ key: 'activity.module', value: { stringValue: 'Trainer' } })
  expect(events[0]?.attributes).toContainEqual({ key: 'activity.progress.done', value: { intValue: '5' } })
})
