import { context, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace'
import { afterEach, describe, expect, test } from 'vitest'
import { attributeNames } from '../../../src/activity/semantic-conventions.js'
import { currentActivity, planActivity, runActivity, startActivity, trackActivity } from '../../../src/index.js'
import { ActivitySpanProcessor } from '../../../src/otel/index.js'
import { newTracker, registerSdk, StartRecorder, turn, unregisterAll } from '../../support/otel.js'

afterEach(unregisterAll)

const otherTracer = () => trace.getTracer('other')

describe('an activity is a span', () => {
  test('with its name, in our scope, of kind internal', () => {
    const sdk = registerSdk()
    const { tracker } = newTracker()
    trackActivity({ tracker }, function load() {})()
    const span = sdk.span('load')
    expect(span.kind).toBe(SpanKind.INTERNAL)
    expect(span.instrumentationScope.name).toBe('underway')
    expect(span.status.code).toBe(SpanStatusCode.UNSET)
    expect(span.ended).toBe(true)
  })

  test.each([
    ['server', SpanKind.SERVER],
    ['client', SpanKind.CLIENT],
    ['producer', SpanKind.PRODUCER],
    ['consumer', SpanKind.CONSUMER],
    ['internal', SpanKind.INTERNAL],
  ] as const)('of kind %s, planned or not', (kind, expected) => {
    const sdk = registerSdk()
    const { tracker } = newTracker()
    startActivity({ tracker, name: 'direct', kind }).complete()
    planActivity({ tracker, name: 'planned', kind }).start().complete()
    expect([sdk.span('direct').kind, sdk.span('planned').kind]).toEqual([expected, expected])
  })

  test('whose ids are those of the span', () => {
    const sdk = registerSdk()
    const { tracker } = newTracker()
    const { traceId, spanId, traceFlags } = runActivity({ tracker, name: 'work' }, (activity) => {
      expect(trace.getActiveSpan()?.spanContext()).toMatchObject(activity.spanContext())
      return { ...activity.spanContext(), traceId: activity.traceId, spanId: activity.spanId }
    })
    expect(sdk.span('work').spanContext()).toMatchObject({ traceId, spanId, traceFlags })
    expect(traceFlags).toBe(1)
  })

  test('that begins when the work really began', () => {
    const sdk = registerSdk()
    const { tracker } = newTracker()
    const startTime = Date.UTC(2020, 0, 1)
    startActivity({ tracker, name: 'work', startTime }).complete()
    expect(sdk.span('work').startTime).toEqual([startTime / 1_000, 0])
    expect(sdk.span('work').duration[0]).toBeGreaterThan(0)
  })

  test('that ends once, when the activity ends', async () => {
    const sdk = registerSdk()
    const { tracker } = newTracker()
    const gate = Promise.withResolvers<void>()
    const pending = runActivity({ tracker, name: 'work' }, async (activity) => {
      activity.complete('early')
      await gate.promise
    })
    expect(sdk.spans()).toHaveLength(0)
    gate.resolve()
    await pending
    expect(sdk.spans()).toHaveLength(1)
  })
})

describe('attributes', () => {
  test('say at the start what is known then', () => {
    const recorder = new StartRecorder()
    registerSdk({ spanProcessors: [recorder] })
    const { tracker } = newTracker()
    runActivity({ tracker, name: 'run', type: 'run', id: 'run-1', module: 'Outer' }, () => {
      startActivity({
        id: 'own-1',
        name: 'work',
        module: 'M',
        group: 'G',
        type: 'work_item',
        plan: 'do it',
        severity: 'critical',
        attempt: { number: 2, of: 3 },
        attributes: { 'user.key': [1, 2] },
        metadata: { secret: 'not on the span' },
      })
    })
    const { span } = recorder.started[1] ?? {}
    expect((span as Span & { attributes: object }).attributes).toEqual({
      [attributeNames.id]: 'own-1',
      [attributeNames.parentId]: 'run-1',
      [attributeNames.runId]: 'run-1',
      [attributeNames.runName]: 'run',
      [attributeNames.module]: 'M',
      [attributeNames.group]: 'G',
      [attributeNames.type]: 'work_item',
      [attributeNames.plan]: 'do it',
      [attributeNames.severity]: 'critical',
      [attributeNames.attempt]: 2,
      'user.key': [1, 2],
      [attributeNames.codeFilePath]: expect.stringMatching(/spans\.test\.ts$/),
      [attributeNames.codeLineNumber]: expect.any(Number),
    })
  })

  test('are on the span before the processors behind ours see it, and by the end of its start without ours', () => {
    const seen: (readonly string[])[] = []
    class Looking extends StartRecorder {
      override onStart(span: Span): void {
        seen.push(Object.keys((span as Span & { attributes: object }).attributes))
      }
    }
    const { tracker } = newTracker()
    const sdk = registerSdk({ spanProcessors: [new Looking(), new ActivitySpanProcessor({ tracker }), new Looking()] })
    startActivity({ tracker, name: 'work', plan: 'do it' }).complete()
    const [before, behind] = seen
    expect(before).toEqual([])
    expect(behind).toEqual([
      attributeNames.module,
      attributeNames.type,
      attributeNames.codeFilePath,
      attributeNames.codeLineNumber,
      attributeNames.plan,
    ])
    expect(Object.keys(sdk.span('work').attributes)).toEqual([...(behind ?? []), attributeNames.state])
  })

  test('say at the end what became of it', () => {
    const sdk = registerSdk()
    const { tracker } = newTracker()
    const activity = startActivity({ tracker, name: 'work' })
    activity.update('half way', { done: 1, total: 4, step: 7, reason: 'because' })
    activity.complete('all written', { result: { files: 3 } })
    expect(sdk.span('work').attributes).toMatchObject({
      [attributeNames.state]: 'completed',
      [attributeNames.doing]: 'half way',
      [attributeNames.did]: 'all written',
      [attributeNames.reason]: 'because',
      [attributeNames.result]: '{"files":3}',
      [attributeNames.step]: 7,
      [attributeNames.progressDone]: 1,
      [attributeNames.progressTotal]: 4,
      [attributeNames.progressPercent]: 25,
    })
  })

  test('every name of ours is written by somebody', () => {
    const sdk = registerSdk()
    const { tracker } = newTracker()
    runActivity({ tracker, name: 'run', type: 'run', id: 'run-1' }, () => {
      const work = startActivity({ id: 'w', name: 'work', group: 'G', plan: 'p', severity: 'error', attempt: 1 })
      work.update('x', { done: 1, total: 2, step: 1 })
      work.fail(new Error('x'), { result: 1, reason: 'r' })
      startActivity({ name: 'done', links: [{ relation: 'follows_from', activity: work }] }).complete('did')
    })
    const written = new Set(
      sdk
        .spans()
        .flatMap(({ attributes, links }) => [
          ...Object.keys(attributes),
          ...links.flatMap((link) => Object.keys(link.attributes ?? {})),
        ]),
    )
    expect(Object.values(attributeNames).filter((name) => !written.has(name))).toEqual([])
  })

  test('the id is left out where the ids of the span are enough', () => {
    const sdk = registerSdk()
    const { tracker } = newTracker()
    runActivity({ tracker, name: 'outer' }, () => runActivity('inner', () => {}))
    for (const { attributes } of sdk.spans()) {
      expect(attributes).not.toHaveProperty([attributeNames.id])
      expect(attributes).not.toHaveProperty([attributeNames.parentId])
    }
  })

  test('set adds attributes while it runs; what OpenTelemetry cannot carry is left out and counted', () => {
    const sdk = registerSdk()
    const { tracker, faults } = newTracker()
    runActivity({ tracker, name: 'work', attributes: { first: 1 } }, (activity) => {
      activity
        .set('key', 'value')
        .set({ list: ['a'], flag: true, object: {}, mixed: [1, 'a'] })
        .set('first', 2)
      activity.set(Symbol('key') as never, 1)
    })
    expect(sdk.span('work').attributes).toMatchObject({ first: 2, key: 'value', list: ['a'], flag: true })
    expect(sdk.span('work').attributes).not.toHaveProperty('object')
    expect(sdk.span('work').attributes).not.toHaveProperty('mixed')
    expect(faults('attribute.dropped')).toBe(2)
  })

  test('attributes of planned work are on its span too', () => {
    const sdk = registerSdk()
    const { tracker } = newTracker()
    planActivity({ tracker, name: 'work', attributes: { a: 1 } })
      .set('b', 2)
      .start()
      .complete()
    expect(sdk.span('work').attributes).toMatchObject({ a: 1, b: 2 })
  })
})

describe('how it ended', () => {
  test('a failure has the status error, the type of the error and the exception', () => {
    const sdk = registerSdk()
    const { tracker } = newTracker()
    const error = new RangeError('too far')
    expect(() =>
      trackActivity({ tracker, name: 'work' }, () => {
        throw error
      })(),
    ).toThrow(error)
    const span = sdk.span('work')
    expect(span.status).toEqual({ code: SpanStatusCode.ERROR, message: 'too far' })
    expect(span.attributes).toMatchObject({
      [attributeNames.state]: 'failed',
      [attributeNames.errorType]: 'RangeError',
    })
    expect(span.events.map(({ name, attributes }) => [name, attributes])).toEqual([
      [
        'exception',
        { 'exception.type': 'RangeError', 'exception.message': 'too far', 'exception.stacktrace': error.stack },
      ],
    ])
  })

  test.each([
    ['cancel', 'cancelled'],
    ['skip', 'skipped'],
    ['complete', 'completed'],
  ] as const)('%s is no error', (end, state) => {
    const sdk = registerSdk()
    const { tracker } = newTracker()
    startActivity({ tracker, name: 'work' })[end]('why')
    expect(sdk.span('work').status.code).toBe(SpanStatusCode.UNSET)
    expect(sdk.span('work').attributes[attributeNames.state]).toBe(state)
    expect(sdk.span('work').events).toHaveLength(0)
  })

  test('a thrown undefined is an error like any other', () => {
    const sdk = registerSdk()
    const { tracker } = newTracker()
    startActivity({ tracker, name: 'work' }).fail(undefined)
    expect(sdk.span('work').status).toEqual({ code: SpanStatusCode.ERROR, message: 'undefined' })
    expect(sdk.span('work').attributes[attributeNames.errorType]).toBe('undefined')
  })
})

describe('parents', () => {
  test('activities nest as spans, over an await', async () => {
    const sdk = registerSdk()
    const { tracker } = newTracker()
    await runActivity({ tracker, name: 'outer' }, async () => {
      await Promise.resolve()
      await runActivity('inner', async () => {})
    })
    expect(sdk.span('inner').parentSpanContext?.spanId).toBe(sdk.span('outer').spanContext().spanId)
    expect(sdk.span('outer').parentSpanContext).toBeUndefined()
  })

  test('a foreign span inside ours, and ours inside a foreign one', async () => {
    const sdk = registerSdk()
    const { tracker } = newTracker()
    await otherTracer().startActiveSpan('http', async (http) => {
      await runActivity({ tracker, name: 'outer' }, async (outer) => {
        await Promise.resolve()
        await otherTracer().startActiveSpan('db', async (db) => {
          await Promise.resolve()
          runActivity('inner', (inner) => expect(inner.parentId).toBe(outer.id))
          expect(currentActivity()).toBe(outer)
          db.end()
        })
      })
      http.end()
    })
    const parentOf = (name: string): string | undefined => sdk.span(name).parentSpanContext?.spanId
    const idOf = (name: string): string => sdk.span(name).spanContext().spanId
    expect([parentOf('outer'), parentOf('db'), parentOf('inner')]).toEqual([idOf('http'), idOf('outer'), idOf('db')])
    expect(new Set(sdk.spans().map((span) => span.spanContext().traceId)).size).toBe(1)
  })

  test('the activity of an active span is the parent, also where only the span was carried over', async () => {
    const sdk = registerSdk()
    const { tracker } = newTracker()
    runActivity({ tracker, name: 'first' }, () => {})
    await turn()
    const outer = startActivity({ tracker, name: 'outer' })
    const span = outer.run(() => {
      const active = trace.getActiveSpan()
      if (active === undefined) throw new Error('no active span')
      const inside = context.active()
      context.with(trace.setSpan(context.active(), active), () => {
        expect(startActivity('same').parentId).toBe(outer.id)
      })
      return { active, inside }
    })
    runActivity({ tracker, name: 'elsewhere' }, () => {
      context.with(span.inside, () => expect(startActivity('in its context').parentId).toBe(outer.id))
      context.with(trace.setSpan(context.active(), span.active), () => {
        expect(startActivity('under its span').parentId).toBe(outer.id)
        expect(currentActivity()).toBe(outer)
      })
      context.with(trace.setSpan(ROOT_CONTEXT, span.active), () => {
        expect(startActivity('under its span alone').parentId).toBe(outer.id)
      })
    })
    expect(sdk.span('outer').spanContext().spanId).toBe(span.active.spanContext().spanId)
  })

  test('parent: null starts a new trace', () => {
    const sdk = registerSdk()
    const { tracker } = newTracker()
    runActivity({ tracker, name: 'outer' }, () =>
      runActivity({ name: 'detached', parent: null }, () => {
        otherTracer().startSpan('below').end()
      }),
    )
    expect(sdk.span('detached').parentSpanContext).toBeUndefined()
    expect(sdk.span('detached').spanContext().traceId).not.toBe(sdk.span('outer').spanContext().traceId)
    expect(sdk.span('below').parentSpanContext?.spanId).toBe(sdk.span('detached').spanContext().spanId)
  })

  test('a parent given by handle or id, also after it ended, also of another tracker', () => {
    const sdk = registerSdk()
    const { tracker } = newTracker()
    const parent = startActivity({ tracker, name: 'parent' })
    startActivity({ tracker, name: 'by handle', parent }).complete()
    startActivity({ tracker, name: 'by id', parent: parent.id }).complete()
    startActivity({ tracker: newTracker().tracker, name: 'by another tracker', parent }).complete()
    parent.complete()
    startActivity({ tracker, name: 'after its end', parent }).complete()
    for (const name of ['by handle', 'by id', 'by another tracker', 'after its end']) {
      expect(sdk.span(name).parentSpanContext?.spanId).toBe(sdk.span('parent').spanContext().spanId)
    }
  })

  test('the span of planned work starts with the work, below what it was planned in', () => {
    const recorder = new StartRecorder()
    const sdk = registerSdk({ spanProcessors: [recorder] })
    const { tracker } = newTracker()
    const job = runActivity({ tracker, name: 'planner' }, () => planActivity('job'))
    expect(recorder.started).toHaveLength(1)
    runActivity({ tracker, name: 'worker' }, () => {
      job.run(() => runActivity('part', () => {}))
    })
    expect(sdk.span('job').parentSpanContext?.spanId).toBe(sdk.span('planner').spanContext().spanId)
    expect(sdk.span('part').parentSpanContext?.spanId).toBe(sdk.span('job').spanContext().spanId)
    expect(job.spanId).toBe(sdk.span('job').spanContext().spanId)
  })

  test('children of planned work that has not started are in the trace in which it was planned', () => {
    const sdk = registerSdk()
    const { tracker } = newTracker()
    const job = runActivity({ tracker, name: 'planner' }, () => planActivity('job'))
    startActivity({ tracker, name: 'early part', parent: job }).complete()
    job.start().complete()
    expect(sdk.span('early part').spanContext().traceId).toBe(sdk.span('planner').spanContext().traceId)
    expect(sdk.span('job').spanContext().traceId).toBe(sdk.span('planner').spanContext().traceId)
  })

  test('planned work that is completed without a start has a span from its planning to its end', () => {
    const sdk = registerSdk()
    const { tracker } = newTracker()
    planActivity({ tracker, name: 'done' }).complete('at once')
    planActivity({ tracker, name: 'withdrawn' }).cancel()
    expect(sdk.spans().map(({ name }) => name)).toEqual(['done'])
    expect(sdk.span('done').attributes[attributeNames.did]).toBe('at once')
  })

  test('generators are current in every step', () => {
    const sdk = registerSdk()
    const { tracker } = newTracker()
    const numbers = trackActivity({ tracker, name: 'numbers' }, function* () {
      otherTracer().startSpan('inside').end()
      yield 1
    })
    for (const _ of numbers()) otherTracer().startSpan('outside').end()
    expect(sdk.span('inside').parentSpanContext?.spanId).toBe(sdk.span('numbers').spanContext().spanId)
    expect(sdk.span('outside').parentSpanContext).toBeUndefined()
  })
})

test('own spans are recognised by the context given to startSpan: it already holds the record, whose span slot is still empty in onStart', () => {
  const activityKey = Symbol.for('underway.activity/1')
  const seen: { name: string; hasRecord: boolean; slot: boolean }[] = []
  class Recogniser extends StartRecorder {
    override onStart(...[span, parentContext]: Parameters<StartRecorder['onStart']>): void {
      const record = parentContext.getValue(activityKey) as { span: unknown } | undefined
      seen.push({
        name: (span as Span & { name: string }).name,
        hasRecord: record !== undefined,
        slot: record?.span !== undefined,
      })
    }
  }
  registerSdk({ spanProcessors: [new Recogniser()] })
  const { tracker } = newTracker()
  runActivity({ tracker, name: 'own' }, () => {
    otherTracer().startSpan('foreign inside').end()
    runActivity('own inside', () => {})
  })
  otherTracer().startSpan('foreign').end()
  planActivity({ tracker, name: 'own planned' }).start().complete()
  expect(seen).toEqual([
    { name: 'own', hasRecord: true, slot: false },
    { name: 'foreign inside', hasRecord: true, slot: true },
    { name: 'own inside', hasRecord: true, slot: false },
    { name: 'foreign', hasRecord: false, slot: false },
    { name: 'own planned', hasRecord: true, slot: false },
  ])
})

describe('with sampling at 0 %', () => {
  test('tracking is the same, and the ids are those of the unsampled spans', async () => {
    const sdk = registerSdk({ sampler: new AlwaysOffSampler() })
    const { tracker } = newTracker()
    const outer = await runActivity({ tracker, name: 'outer' }, async (activity) => {
      await Promise.resolve()
      runActivity('inner', (inner) => {
        expect(inner).toMatchObject({ parentId: activity.id, traceId: activity.traceId })
        expect(trace.getActiveSpan()?.spanContext()).toMatchObject(inner.spanContext())
        expect(tracker.openActivities()).toHaveLength(2)
      })
      expect(activity.spanContext().traceFlags).toBe(0)
      return activity
    })
    expect(sdk.spans()).toHaveLength(0)
    expect(outer.state).toBe('completed')
    expect(outer.traceId).toMatch(/^(?!0+$)[\da-f]{32}$/)
    expect(tracker.snapshot().totals).toMatchObject({ created: 2, completed: 2 })
  })
})
