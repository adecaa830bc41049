import { beforeAll, describe, expect, test } from 'vitest'
import type { ActivitySnapshot } from '../../src/index.js'
import { type DemoAccount, runDemo } from './support/demo.js'
import { eventually } from './support/eventually.js'
import { findTraces, type ShownSpan } from './support/jaeger-query.js'
import { attributesOf, readLogEvents, type WrittenLogEvent } from './support/log-events.js'
import { tally } from './support/metrics.js'
import { useStack } from './support/use-stack.js'

const stack = useStack()
let demo: DemoAccount

beforeAll(async () => {
  demo = await runDemo(stack().otlpUrl)
}, 60_000)

/** The spans of the training, once all are there. */
function trainingSpans(): Promise<ShownSpan[]> {
  return eventually(async () => {
    const traces = await findTraces(stack().jaegerUrl, 'demo')
    const spans = traces.flat().filter(({ instance }) => instance === demo.instance)
    const training = spans.filter(({ tags }) => tags['activity.run.name'] === demo.training.name)
    expect(training).toHaveLength(ofTraining().length)
    return training
  })
}

function ofTraining(): ActivitySnapshot[] {
  return demo.ran.filter(({ rootId }) => rootId === demo.training.id)
}

/** What the documentation says stands on the span of an activity. */
function expectedTags(activity: ActivitySnapshot): Record<string, unknown> {
  const { result, progress } = activity
  const tags = {
    ...activity.attributes,
    'activity.module': activity.module,
    'activity.group': activity.group,
    'activity.type': activity.type,
    'activity.plan': activity.plan,
    'activity.attempt': activity.attempt?.number,
    'activity.severity': activity.severity,
    'activity.run.id': demo.training.id,
    'activity.run.name': demo.training.name,
    'activity.state': activity.state,
    'activity.doing': activity.doing,
    'activity.did': activity.did,
    'activity.reason': activity.reason,
    'activity.result': result === undefined || typeof result === 'string' ? result : JSON.stringify(result),
    'activity.step': activity.step,
    'activity.progress.done': progress?.done,
    'activity.progress.total': progress?.total,
    'activity.progress.percent': progress?.percent,
    'error.type': activity.error?.type,
    'code.file.path': activity.startedFrom?.file,
    'code.line.number': activity.startedFrom?.line,
  }
  return Object.fromEntries(Object.entries(tags).filter(([, value]) => value !== undefined))
}

/** What our code has put on a span, without the ids that are there only if somebody had asked for them before. */
function ownTags({ tags }: ShownSpan, known: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const optional = ['activity.id', 'activity.parent.id']
  const ours = (name: string): boolean => /^(activity|code|error)\./.test(name) && !optional.includes(name)
  return Object.fromEntries(Object.entries(tags).filter(([name]) => ours(name) || name in known))
}

describe('the demo, with nothing changed in it, seen from outside', () => {
  test('is one tree in Jaeger, every activity below its parent and ended as the demo says', async () => {
    const names = new Map(demo.ended.map(({ id, name }) => [id, name]))
    const expected = tally(
      ofTraining().map(({ name, parentId, state }) => `${name} (${state}) in ${names.get(parentId ?? '')}`),
    )
    const spans = await trainingSpans()
    expect(tally(spans.map(({ name, parent, tags }) => `${name} (${tags['activity.state']}) in ${parent}`))).toEqual(
      expected,
    )
    expect(spans.length).toBeGreaterThan(300)
  })

  test('has every attribute of every activity in Jaeger, with the value that the demo tells', async () => {
    const spans = new Map((await trainingSpans()).map((span) => [span.id, span]))
    for (const activity of ofTraining()) {
      const span = spans.get(activity.spanId ?? '')
      if (span === undefined) throw new Error(`no span of ${activity.name} ${activity.id}`)
      const expected = expectedTags(activity)
      expect(ownTags(span, expected)).toEqual(expected)
      expect([activity.id, undefined]).toContain(span.tags['activity.id'])
      expect([activity.parentId, undefined]).toContain(span.tags['activity.parent.id'])
    }
  })

  test('has the errors of what failed in Jaeger: status, message, and the exception with its stack', async () => {
    const failed = ofTraining().filter(({ state }) => state === 'failed')
    expect(failed.length).toBeGreaterThan(0)
    const shown = (await trainingSpans()).filter(({ tags }) => tags['error'] === true)
    const told = failed.map(({ spanId, error }) => ({
      spanId,
      status: ['ERROR', error?.message],
      exceptions: [[error?.type, error?.message, error?.stack]],
    }))
    const seen = shown.map(({ id, tags, events }) => ({
      spanId: id,
      status: [tags['otel.status_code'], tags['otel.status_description']],
      exceptions: events
        .filter(({ event }) => event === 'exception')
        .map((fields) => ['type', 'message', 'stacktrace'].map((name) => fields[`exception.${name}`])),
    }))
    expect(new Set(seen)).toEqual(new Set(told))
  })

  test('has sent log events of what took long, with the ids of its spans and how it ended', async () => {
    const long = (millis: number): ActivitySnapshot[] =>
      demo.ended.filter(({ durationMillis }) => (durationMillis ?? 0) >= millis)
    // Whether one is sent of what took hardly longer than the second before a start is told depends on a timer.
    const surely = long(2_000)
    expect(surely.length).toBeGreaterThan(0)
    const ofKind = (events: readonly WrittenLogEvent[], name: string): string[] =>
      events.filter(({ eventName }) => eventName === name).map((event) => String(attributesOf(event)['activity.id']))
    const events = await eventually(() => {
      const found = readLogEvents(stack().logEventsFile, demo.instance)
      expect(ofKind(found, 'activity.ended')).toEqual(expect.arrayContaining(surely.map(({ id }) => id)))
      return found
    })
    expect(ofKind(events, 'activity.started').sort()).toEqual(ofKind(events, 'activity.ended').sort())
    for (const event of events.filter(({ eventName }) => eventName === 'activity.ended')) {
      const attributes = attributesOf(event)
      const activity = long(1_000).find(({ id }) => id === attributes['activity.id'])
      expect(event).toMatchObject({ traceId: activity?.traceId, spanId: activity?.spanId })
      expect(attributes).toMatchObject({
        'activity.name': activity?.name,
        'activity.module': activity?.module,
        'activity.state': activity?.state,
        'activity.duration': (activity?.durationMillis ?? 0) / 1_000,
      })
    }
  })

  test('has sent a log event of every error that the demo tells of', async () => {
    const told = demo.changes('error').map(({ error }) => [error.id, error.type, error.severity, error.message])
    expect(told.length).toBeGreaterThan(0)
    await eventually(() => {
      const errors = readLogEvents(stack().logEventsFile, demo.instance).filter(
        ({ eventName }) => eventName === 'activity.error',
      )
      const written = errors.map((event) => {
        const attributes = attributesOf(event)
        const names = ['activity.error.id', 'error.type', 'activity.severity']
        return [...names.map((name) => attributes[name]), event.body?.stringValue]
      })
      expect(written.sort()).toEqual(told.sort())
    })
  })
})
