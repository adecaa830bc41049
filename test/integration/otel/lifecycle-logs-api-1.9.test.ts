import { expect, test, vi } from 'vitest'
import { startActivity } from '../../../src/index.js'
import type { EventRecord } from '../../../src/otel/event-logger.js'
import { registerLifecycleLogs } from '../../../src/otel/lifecycle-logs.js'
import { ManualClock } from '../../../src/testing/index.js'
import { newTracker } from '../../support/otel.js'

// What an api before 1.10 lacks.
vi.mock('@opentelemetry/api', async (original) => {
  const { logs, SeverityNumber, createNoopLogger, ...rest } = await original<typeof import('@opentelemetry/api')>()
  return { ...rest, logs: undefined }
})

test('without logs in the api it says which logger to give, and changes nothing', () => {
  const { tracker, warnings } = newTracker()
  registerLifecycleLogs({ tracker })
  startActivity({ tracker, name: 'work' }).complete()
  tracker.flushNow()
  expect(warnings).toEqual([expect.stringContaining('@opentelemetry/api-logs')])
})

test('a logger that is given gets the records', async () => {
  const clock = new ManualClock()
  const { tracker, warnings } = newTracker({ clock })
  const records: EventRecord[] = []
  registerLifecycleLogs({ tracker, logger: { emit: (record) => records.push(record) } })
  startActivity({ tracker, name: 'work' })
  await clock.advance(1_000)
  expect(records.map(({ eventName, severityNumber }) => [eventName, severityNumber])).toEqual([['activity.started', 9]])
  expect(warnings).toEqual([])
})
