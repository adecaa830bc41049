import { expect, test } from 'vitest'
import { ActivityTracker, runActivity, startActivity } from '../../src/index.js'
import { eventually } from './support/eventually.js'
import { getJson } from './support/http.js'
import { readTrace, type ShownSpan } from './support/jaeger-query.js'
import { query } from './support/prometheus-query.js'
import { withTraces } from './support/telemetry.js'
import { useStack } from './support/use-stack.js'

const stack = useStack()

async function wholeTrace(traceId: string, size: number): Promise<Map<string, ShownSpan>> {
  return eventually(async () => {
    const spans = await readTrace(stack().jaegerUrl, traceId)
    expect([...spans.keys()]).toHaveLength(size)
    return spans
  })
}

test('a run with its tasks is one tree in Jaeger, with what each was, did and failed of', async () => {
  const { otlpUrl, jaegerUrl } = stack()
  const tracker = new ActivityTracker()
  let traceId = ''
  await withTraces(otlpUrl, 'tree', async () => {
    await runActivity(
      { tracker, module: 'Controller', type: 'run', name: 'training run', plan: '2 epochs' },
      async (run) => {
        traceId = run.traceId
        await runActivity({ tracker, module: 'Trainer', group: 'workers', name: 'epoch' }, async (epoch) => {
          const step = startActivity({ tracker, name: 'step' })
          step.update('half way', { done: 5, total: 10 })
          step.complete('10 batches', { result: { loss: 0.5 } })
          await Promise.resolve()
          epoch.complete('done')
        })
        await runActivity({ tracker, module: 'Validator', name: 'validate' }, async () => {
          throw new RangeError('loss is not a number')
        }).catch(() => undefined)
      },
    )
  })

  const spans = await wholeTrace(traceId, 4)
  const parents = Object.fromEntries([...spans.values()].map(({ name, parent }) => [name, parent]))
  expect(parents).toEqual({
    'training run': undefined,
    epoch: 'training run',
    step: 'epoch',
    validate: 'training run',
  })
  expect(spans.get('training run')?.tags).toMatchObject({
    'activity.module': 'Controller',
    'activity.type': 'run',
    'activity.plan': '2 epochs',
    'activity.state': 'completed',
  })
  expect(spans.get('epoch')?.tags).toMatchObject({
    'activity.module': 'Trainer',
    'activity.group': 'workers',
    'activity.run.name': 'training run',
    'activity.did': 'done',
  })
  expect(spans.get('step')?.tags).toMatchObject({
    'activity.module': 'Trainer',
    'activity.progress.done': 5,
    'activity.progress.total': 10,
    'activity.did': '10 batches',
    'activity.result': '{"loss":0.5}',
  })
  const failed = spans.get('validate')
  expect(failed?.tags).toMatchObject({
    'activity.state': 'failed',
    'error.type': 'RangeError',
    error: true,
    'otel.status_code': 'ERROR',
    'otel.status_description': 'loss is not a number',
  })
  expect(failed?.events).toContainEqual(
    expect.objectContaining({
      'exception.type': 'RangeError',
      'exception.message': 'loss is not a number',
      'exception.stacktrace': expect.stringContaining('traces.test'),
    }),
  )
  expect(await getJson(`${jaegerUrl}/api/services`)).toMatchObject({ data: expect.arrayContaining(['tree']) })
})

test('500 activities of one run all arrive, each below the run', async () => {
  const tracker = new ActivityTracker()
  let traceId = ''
  await withTraces(stack().otlpUrl, 'many', () =>
    runActivity({ tracker, module: 'Queue', type: 'run', name: 'batch' }, async (run) => {
      traceId = run.traceId
      for (let number = 0; number < 500; number += 1) startActivity({ tracker, name: `item ${number}` }).complete()
    }),
  )
  const spans = await wholeTrace(traceId, 501)
  const parents = [...spans.values()].filter(({ name }) => name !== 'batch').map(({ parent }) => parent)
  expect(new Set(parents)).toEqual(new Set(['batch']))
})

test('the Collector counts spans for the monitor tab of Jaeger, under the names that it asks for', async () => {
  const { otlpUrl, jaegerUrl, prometheusUrl } = stack()
  const tracker = new ActivityTracker()
  await withTraces(otlpUrl, 'monitored', () => {
    for (let number = 0; number < 3; number += 1) {
      startActivity({ tracker, module: 'Api', name: 'GET /users', kind: 'server' }).complete()
    }
  })
  const options = { timeoutMillis: 60_000, intervalMillis: 500 }
  await eventually(async () => {
    const [calls] = await query(prometheusUrl, 'traces_span_metrics_calls_total{service_name="monitored"}')
    expect(calls).toMatchObject({ value: 3, labels: { span_name: 'GET /users', span_kind: 'SPAN_KIND_SERVER' } })
    const [duration] = await query(
      prometheusUrl,
      'traces_span_metrics_duration_milliseconds_count{service_name="monitored"}',
    )
    expect(duration?.value).toBe(3)
  }, options)
  const url = `${jaegerUrl}/api/metrics/calls?service=monitored&spanKind=server&step=1000&ratePer=600000&lookback=600000`
  const rate = { name: 'service_call_rate', metrics: [{ labels: [{ name: 'service_name', value: 'monitored' }] }] }
  await eventually(async () => expect(await getJson(`${url}&endTs=${Date.now()}`)).toMatchObject(rate), options)
})
