import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventNames, metricNames } from '../../src/activity/semantic-conventions.js'
import type { ActivitySnapshot, ErrorRecord } from '../../src/index.js'
import { repositoryRoot } from '../support/repository.js'
import { eventually } from './support/eventually.js'
import { attributesOf, readLogEvents, type WrittenLogEvent } from './support/log-events.js'
import { expectClose, type Metric, ProcessMetrics, sums, tally } from './support/metrics.js'
import { age, expectedSeries, longest, type Report, secondsTaken, silence } from './support/own-account.js'
import { TalkingProgram } from './support/talking-program.js'
import { useStack } from './support/use-stack.js'

type Message =
  | ({ readonly kind: 'report' } & Report)
  | { readonly kind: 'watched'; readonly activity: ActivitySnapshot; readonly errors: readonly ErrorRecord[] }
type Watched = Extract<Message, { kind: 'watched' }>

const stack = useStack()
let program: TalkingProgram<Message>
let metrics: ProcessMetrics
/** While work is open, and when all has ended. */
let open: Report
let done: Report
let watched: Watched
/** Everything in Prometheus while work is open. */
let shownOpen: Record<Metric, Record<string, number>>

const all = Object.keys(metricNames) as Metric[]

async function readAll(): Promise<Record<Metric, Record<string, number>>> {
  const read = all.map(async (metric) => {
    const suffix = metricNames[metric].kind === 'histogram' ? '_count' : ''
    return [metric, await metrics.read(metric, suffix)] as const
  })
  return Object.fromEntries(await Promise.all(read)) as Record<Metric, Record<string, number>>
}

function watcherEvents(): WrittenLogEvent[] {
  return readLogEvents(stack().logEventsFile).filter((event) => attributesOf(event)['activity.module'] === 'Watcher')
}

async function nextOf<Kind extends Message['kind']>(kind: Kind): Promise<Extract<Message, { kind: Kind }>> {
  const message = await program.next()
  if (message.kind !== kind) throw new Error(`expected ${kind}, got ${message.kind}`)
  return message as Extract<Message, { kind: Kind }>
}

beforeAll(async () => {
  program = new TalkingProgram(join(repositoryRoot, 'test/backends/fixtures/all-signals.mjs'), {
    OTEL_EXPORTER_OTLP_ENDPOINT: stack().otlpUrl,
    OTEL_SERVICE_NAME: 'all-signals',
    OTEL_BLRP_SCHEDULE_DELAY: '100',
  })
  open = await nextOf('report')
  metrics = new ProcessMetrics(stack().prometheusUrl, open.before.snapshot.process.instance)
  shownOpen = await eventually(async () => {
    const shown = await readAll()
    for (const metric of all) expect(Object.keys(shown[metric]), metric).not.toEqual([])
    return shown
  })
  await eventually(() => {
    const names = watcherEvents().map(({ eventName }) => eventName)
    expect(names).toEqual(expect.arrayContaining([eventNames.updated, eventNames.heartbeat]))
  })
  program.tell('go on')
  watched = await nextOf('watched')
  done = await nextOf('report')
}, 60_000)

afterAll(() => program?.kill())

describe('a program under underway/register that has every metric occur', () => {
  test('exports without loss, and ends by itself with nothing on stderr', async () => {
    expect([open.flushed, done.flushed]).toEqual([true, true])
    expect(await program.end()).toEqual({ code: 0, stderr: '' })
  })

  test('is in Prometheus under every name and its labels with the numbers that it counts itself', () => {
    const expected = expectedSeries(open.before)
    expect(expected).toEqual(expectedSeries(open.after))
    const { active, ...others } = expected
    expect(shownOpen).toMatchObject(others)
    // A state that was seen once stays there with 0.
    expect(withoutZeros(shownOpen.active)).toEqual(active)
  })

  test('has there how long things took and waited', async () => {
    expect(shownOpen.duration).toEqual(tally(secondsTaken(open.ended).map(([series]) => series)))
    await eventually(async () => expectClose(await metrics.read('duration', '_sum'), sums(secondsTaken(done.ended))))
    const waited = done.ended.filter(({ name }) => name === 'read' || name === 'write')
    const series = 'Loader | io | task'
    expect(shownOpen.queueDuration).toEqual({ [series]: 1 })
    expect(await metrics.read('queueDuration', '_count')).toEqual({ [series]: waited.length })
    const seconds = waited.map(({ startedAt = 0, createdAt }) => (startedAt - createdAt) / 1_000)
    expectClose(await metrics.read('queueDuration', '_sum'), sums(seconds.map((value) => [series, value])))
  })

  test.each([
    ['oldestAge', age],
    ['silenceMax', silence],
  ] as const)('has there the %s of each module, between what it read itself before and after', (metric, millis) => {
    const shown = withoutZeros(shownOpen[metric])
    const least = withoutZeros(longest(open.before, millis))
    const most = longest(open.after, millis)
    expect(Object.keys(shown).sort()).toEqual(Object.keys(least).sort())
    expect(Object.keys(shown).length).toBeGreaterThan(0)
    for (const [module, seconds] of Object.entries(shown)) {
      expect(seconds).toBeGreaterThanOrEqual(least[module] ?? Number.NaN)
      expect(seconds).toBeLessThanOrEqual(most[module] ?? Number.NaN)
    }
  })

  test('has there in the end that all is done', async () => {
    const { active, runsOpen, runProgress, ...expected } = expectedSeries(done.after)
    expect([active, runsOpen, runProgress]).toEqual([{}, {}, {}])
    await eventually(async () => expect(await metrics.read('quiescent')).toEqual({ '': 1 }))
    const shown = await readAll()
    expect(shown).toMatchObject(expected)
    for (const metric of ['active', 'oldestAge', 'silenceMax', 'runsOpen'] as const)
      expect(withoutZeros(shown[metric]), metric).toEqual({})
    // A run that has ended keeps its last value.
    expect(shown.runProgress).toEqual(expectedSeries(open.after).runProgress)
  })
})

describe('the log events of an activity in the file of the Collector', () => {
  let events: WrittenLogEvent[] = []

  beforeAll(async () => {
    events = await eventually(() => {
      const found = watcherEvents()
      expect(found.map(({ eventName }) => eventName)).toContain(eventNames.ended)
      return found
    })
  })

  function theOne(name: string): WrittenLogEvent {
    const found = events.filter(({ eventName }) => eventName === name)
    expect(found, name).toHaveLength(1)
    return found[0] as WrittenLogEvent
  }

  test('are of every kind, and carry the ids of its span', () => {
    expect(new Set(events.map(({ eventName }) => eventName))).toEqual(new Set(Object.values(eventNames)))
    const { traceId, spanId, id } = watched.activity
    for (const event of events) {
      expect(event).toMatchObject({ traceId, spanId })
      expect(attributesOf(event)).toMatchObject({
        'activity.id': id,
        'activity.name': watched.activity.name,
        'activity.module': watched.activity.module,
      })
    }
  })

  test('say what it plans, does and how far it is', () => {
    const { plan, doing, progress } = watched.activity
    expect(theOne(eventNames.started)).toMatchObject({ severityText: 'INFO', body: { stringValue: plan } })
    const updated = theOne(eventNames.updated)
    expect(updated).toMatchObject({ severityText: 'INFO', body: { stringValue: doing } })
    expect(attributesOf(updated)).toMatchObject({
      'activity.state': 'running',
      'activity.doing': doing,
      'activity.progress.done': progress?.done,
      'activity.progress.total': progress?.total,
      'activity.progress.percent': progress?.percent,
    })
  })

  test('say that it is still there, and for how long it has been silent', () => {
    const beats = events.filter(({ eventName }) => eventName === eventNames.heartbeat)
    const most = (watched.activity.durationMillis ?? 0) / 1_000
    for (const beat of beats) {
      expect(beat).toMatchObject({ severityText: 'DEBUG', body: { stringValue: watched.activity.doing } })
      const { 'activity.age': age, 'activity.silence': silence } = attributesOf(beat)
      expect(Number(age)).toBeLessThanOrEqual(most)
      expect(Number(silence)).toBeLessThanOrEqual(Number(age))
      expect(Number(silence)).toBeGreaterThan(0)
    }
  })

  test('say that it has fallen silent', () => {
    const condition = theOne(eventNames.condition)
    expect(condition).toMatchObject({ severityText: 'WARN', body: { stringValue: 'silent' } })
    expect(Number(attributesOf(condition)['activity.silence'])).toBeGreaterThan(0.1)
  })

  test('say how it ended, and which error was reported', () => {
    const { error, state, durationMillis = 0 } = watched.activity
    const ended = theOne(eventNames.ended)
    expect(ended).toMatchObject({ severityText: 'ERROR', body: { stringValue: error?.message } })
    expect(attributesOf(ended)).toMatchObject({
      'activity.state': state,
      'error.type': error?.type,
      'activity.duration': durationMillis / 1_000,
    })
    const [reported] = watched.errors
    const written = theOne(eventNames.error)
    expect(written).toMatchObject({ severityText: 'ERROR', body: { stringValue: reported?.message } })
    expect(attributesOf(written)).toMatchObject({
      'activity.error.id': reported?.id,
      'activity.severity': reported?.severity,
      'error.type': reported?.type,
    })
  })
})

function withoutZeros(series: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(series).filter(([, value]) => value !== 0))
}
