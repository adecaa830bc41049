import { type Context, context, propagation, type TextMapPropagator, trace } from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { extract, planActivity, runActivity, startActivity } from '../../../src/index.js'
import { newTracker, registerSdk, turn, unregisterAll } from '../../support/otel.js'

afterEach(unregisterAll)

describe('through the W3C propagator', () => {
  test('a carrier names the span of the activity and carries its trace state', () => {
    registerSdk({ propagator: new W3CTraceContextPropagator() })
    const { tracker } = newTracker()
    const parent = extract({ traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'vendor=1' })
    const activity = startActivity({ tracker, parent })
    expect(activity.inject({})).toEqual({
      traceparent: `00-${'a'.repeat(32)}-${activity.spanId}-01`,
      tracestate: 'vendor=1',
      underway: expect.stringContaining(activity.id),
    })
  })

  test('any other service can continue the trace', () => {
    const sdk = registerSdk({ propagator: new W3CTraceContextPropagator() })
    const { tracker } = newTracker()
    const carrier = runActivity({ tracker, name: 'caller' }, (activity) => activity.inject({}))
    const received = propagation.extract(context.active(), carrier)
    trace.getTracer('other').startSpan('server', {}, received).end()
    expect(sdk.span('server').parentSpanContext?.spanId).toBe(sdk.span('caller').spanContext().spanId)
  })

  test('what another service injected is the parent span of ours, by extract or by its context', async () => {
    const sdk = registerSdk({ propagator: new W3CTraceContextPropagator() })
    const { tracker } = newTracker()
    const carrier: Record<string, string> = {}
    const client = trace.getTracer('other').startSpan('client')
    propagation.inject(trace.setSpan(context.active(), client), carrier)
    client.end()
    startActivity({ tracker, name: 'by extract', parent: extract(carrier) }).complete()
    await turn()
    context.with(propagation.extract(context.active(), carrier), () =>
      runActivity({ tracker, name: 'by context' }, () => {}),
    )
    for (const name of ['by extract', 'by context']) {
      expect(sdk.span(name).parentSpanContext).toMatchObject({ spanId: client.spanContext().spanId, isRemote: true })
    }
  })

  test('planned work can be injected before it starts, and its trace is that in which it was planned', () => {
    const sdk = registerSdk({ propagator: new W3CTraceContextPropagator() })
    const { tracker } = newTracker()
    const carrier = runActivity({ tracker, name: 'planner' }, () => planActivity('job').inject({}))
    const there = newTracker().tracker
    runActivity({ tracker: there, name: 'worker', from: extract(carrier) }, () => {})
    expect(sdk.span('worker').spanContext().traceId).toBe(sdk.span('planner').spanContext().traceId)
  })

  test('a hand-off keeps the id and the trace, and says so on the span', () => {
    const sdk = registerSdk({ propagator: new W3CTraceContextPropagator() })
    const here = newTracker().tracker
    const there = newTracker().tracker
    const job = startActivity({ tracker: here, name: 'offered' })
    runActivity({ tracker: there, name: 'taken', from: extract(job.inject({})) }, (activity) => {
      expect(activity.id).toBe(job.id)
    })
    job.complete()
    expect(sdk.span('taken').attributes['activity.id']).toBe(job.id)
    expect(sdk.span('taken').parentSpanContext?.spanId).toBe(sdk.span('offered').spanContext().spanId)
  })

  test('an unsampled trace stays unsampled', () => {
    registerSdk({ propagator: new W3CTraceContextPropagator(), sampler: new AlwaysOffSampler() })
    const { tracker } = newTracker()
    const activity = startActivity({ tracker })
    expect(activity.inject({})).toMatchObject({ traceparent: `00-${activity.traceId}-${activity.spanId}-00` })
  })
})

describe('through a propagator of another kind', () => {
  const seen: Context[] = []
  const other: TextMapPropagator = {
    inject: (active, carrier, setter) => {
      seen.push(active)
      setter.set(carrier, 'x-own', trace.getSpanContext(active)?.spanId ?? '')
    },
    extract: (active) => active,
    fields: () => ['x-own'],
  }
  beforeEach(() => {
    seen.length = 0
  })

  test('its fields are written, and the W3C fields beside them', () => {
    registerSdk({ propagator: other })
    const { tracker } = newTracker()
    const activity = startActivity({ tracker })
    expect(activity.inject({})).toMatchObject({
      'x-own': activity.spanId,
      traceparent: expect.stringContaining(activity.spanId),
    })
    expect(seen).toHaveLength(1)
  })

  test('one that throws costs neither the other fields nor the call', () => {
    const throwing: TextMapPropagator = {
      ...other,
      inject: () => {
        throw new Error('propagator')
      },
    }
    registerSdk({ propagator: throwing })
    const { tracker, faults } = newTracker()
    const activity = startActivity({ tracker })
    expect(extract(activity.inject({}))).toMatchObject({ id: activity.id, spanId: activity.spanId })
    expect(faults('propagation.failed')).toBe(1)
  })
})

test('a carrier that went through several hands names the last activity', () => {
  registerSdk({ propagator: new W3CTraceContextPropagator() })
  const { tracker } = newTracker()
  const first = startActivity({ tracker, name: 'first' })
  const second = startActivity({ tracker, name: 'second', parent: first })
  const headers = second.inject(first.inject({}))
  expect(extract(headers)).toMatchObject({ id: second.id, spanId: second.spanId })
})

test('without a propagator too', () => {
  const { tracker } = newTracker()
  const first = startActivity({ tracker, name: 'first' })
  const second = startActivity({ tracker, name: 'second', parent: first })
  expect(extract(second.inject(first.inject({})))).toMatchObject({ id: second.id, spanId: second.spanId })
})
