import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { httpReceiver } from '../../support/http-receiver.js'
import { type AppActivity, type AppOutcome, InstrumentedApp } from '../../support/instrumented-app.js'
import { ModelServer } from '../../support/model-server.js'
import { OtlpReceiver } from '../../support/otlp-receiver.js'
import { missingPostgres, type Postgres, startPostgres } from '../../support/postgres.js'

const withoutPostgres = missingPostgres()
if (withoutPostgres !== undefined) console.warn(`skipped: ${withoutPostgres}`)

const lines = [
  { title: 'SDK 3.1', line: 'sdk3', api: /^1\.10\./, sdk: /^3\.1\./ },
  { title: 'SDK 2.12', line: 'sdk2', api: /^1\.9\./, sdk: /^2\.12\./ },
] as const

const scope = {
  http: '@opentelemetry/instrumentation-http',
  undici: '@opentelemetry/instrumentation-undici',
  openai: '@opentelemetry/instrumentation-openai',
  pg: '@opentelemetry/instrumentation-pg',
} as const

describe.each(lines)('the stock instrumentations on $title', ({ line, ...expected }) => {
  const app = new InstrumentedApp(line)
  const missing = app.install()
  if (missing !== undefined) console.warn(`skipped: ${missing}`)

  describe.skipIf(missing !== undefined)('with real calls', () => {
    let postgres: Postgres | undefined
    let model: ModelServer
    let collector: OtlpReceiver
    let outcome: AppOutcome

    beforeAll(async () => {
      if (withoutPostgres === undefined) postgres = await startPostgres()
      model = await ModelServer.start()
      collector = await OtlpReceiver.start()
      const args = [model.url, collector.endpoint, ...(postgres === undefined ? [] : [postgres.url])]
      outcome = (await app.run('main.mjs', args)) as AppOutcome
    })

    afterAll(async () => {
      await collector?.[Symbol.asyncDispose]()
      await model?.[Symbol.asyncDispose]()
      await postgres?.[Symbol.asyncDispose]()
    })

    const named = (name: string): AppActivity => {
      const found = outcome.activities.filter((activity) => activity.name === name)
      expect(found).toHaveLength(1)
      return found[0] as AppActivity
    }
    const spanOf = ({ spanId }: AppActivity) => outcome.spans.find(({ id }) => id === spanId)
    const below = ({ id }: AppActivity): AppActivity[] => outcome.activities.filter(({ parentId }) => parentId === id)
    const seen = (activity: AppActivity) =>
      [activity.type, activity.name, activity.state, activity.module, spanOf(activity)?.scope] as const

    test('are those of the line, and set what the rules read', () => {
      expect(outcome.versions).toEqual({
        api: expect.stringMatching(expected.api),
        sdk: expect.stringMatching(expected.sdk),
      })
      for (const [name, key] of [
        [scope.http, 'http.request.method'],
        [scope.undici, 'http.request.method'],
        [scope.openai, 'gen_ai.operation.name'],
        ...(withoutPostgres === undefined ? [[scope.pg, 'db.system.name']] : []),
      ] as const) {
        const spans = outcome.spans.filter((span) => span.scope === name)
        expect(spans.length).toBeGreaterThan(0)
        for (const { attributes } of spans) expect(attributes).toHaveProperty([key as string])
      }
    })

    test.each([
      ['http ok', 'api_call', 'GET', 'completed', scope.http],
      ['http 500', 'api_call', 'GET', 'failed', scope.http],
      ['http refused', 'api_call', 'GET', 'failed', scope.http],
      ['http silent', 'api_call', 'GET', 'failed', scope.http],
      ['fetch ok', 'api_call', 'GET', 'completed', scope.undici],
      ['fetch 500', 'api_call', 'GET', 'failed', scope.undici],
      ['fetch refused', 'api_call', 'GET', 'failed', scope.undici],
      ['chat', 'ai_inference', 'chat small', 'completed', scope.openai],
      ['chat in a stream', 'ai_inference', 'chat small', 'completed', scope.openai],
      ['chat with a missing model', 'ai_inference', 'chat missing-model', 'failed', scope.openai],
    ])('inside the activity "%s" make one %s "%s" that has %s', (name, type, call, state, by) => {
      expect(below(named(name)).map(seen)).toEqual([[type, call, state, 'Client', by]])
    })

    test('have the status of an answer for the type of the error', () => {
      const failed = ['http 500', 'fetch 500'].flatMap((name) => below(named(name)))
      expect(failed.map(({ error }) => error)).toEqual(['500', '500'])
    })

    test('have the HTTP call of a model call below that', () => {
      for (const [name, state] of [
        ['chat', 'completed'],
        ['chat in a stream', 'completed'],
        ['chat with a missing model', 'failed'],
      ] as const) {
        const calls = below(named(name)).flatMap(below)
        expect(calls.map(seen)).toEqual([['api_call', 'POST', state, 'Client', scope.undici]])
      }
    })

    test.each(['http ok', 'fetch ok'])('for "%s" have our work inside the span of the server', (name) => {
      const [call] = below(named(name))
      const served = outcome.spans.find((span) => span.parentIsRemote && span.parentId === call?.spanId)
      const request = outcome.activities.find(({ spanId }) => spanId === served?.id) as AppActivity
      expect(seen(request)).toEqual(['api_call', 'GET', 'completed', 'app', scope.http])
      expect(request.parentId).toBeUndefined()
      const work = below(request)
      expect(work.map(seen)).toEqual([['task', 'handle /report', 'completed', 'Site', 'underway']])
      expect(spanOf(work[0] as AppActivity)?.parentId).toBe(request.spanId)
    })

    test.skipIf(withoutPostgres !== undefined)('of PostgreSQL make an operation of each query and connection', () => {
      const query = 'pg.query:SELECT postgres'
      for (const [name, call, state] of [
        ['pg connect', 'pg.connect', 'completed'],
        ['pg ok', query, 'completed'],
        ['pg failing', query, 'failed'],
        ['pg lost', query, 'failed'],
      ] as const) {
        expect(below(named(name)).map(seen)).toEqual([['db_operation', call, state, 'Client', scope.pg]])
      }
      const pooled = below(named('pg pool'))
      expect(pooled.map(({ name }) => name).sort()).toEqual(['pg-pool.connect', query])
      expect(below(named('pg-pool.connect')).map(({ name }) => name)).toEqual(['pg.connect'])
      expect(outcome.observed.postgres?.openMeanwhile).toEqual(['db_operation'])
    })

    test('count while they are open, the client and the server of a request that nobody answers', () => {
      expect(outcome.observed.overHttp.openMeanwhile).toEqual(['api_call', 'api_call'])
    })

    test('have the same parents as activities and as spans', () => {
      const bySpan = new Map(outcome.activities.map((activity) => [activity.spanId, activity]))
      for (const { id, parentId, parentIsRemote } of outcome.spans) {
        if (!parentIsRemote) expect(bySpan.get(id)?.parentId).toBe(bySpan.get(parentId ?? '')?.id)
      }
    })

    test('and our own spans count once each, and nothing is left open', () => {
      const { activities, spans, totals, open } = outcome
      expect(open).toBe(0)
      expect(new Set(activities.map(({ spanId }) => spanId)).size).toBe(activities.length)
      expect(totals['created']).toBe(activities.length)
      expect(count(totals, 'completed', 'failed', 'cancelled')).toBe(activities.length)
      // The one span that never ended is not exported.
      const ended = activities.filter(({ reason }) => reason !== 'abandoned').map(({ spanId }) => spanId)
      expect(spans.map(({ id }) => id).sort()).toEqual(ended.sort())
      const ours = spans.filter((span) => span.scope === 'underway').map(({ id }) => id)
      const tasks = activities.filter(({ type }) => type === 'task').map(({ spanId }) => spanId)
      expect(ours.sort()).toEqual(tasks.sort())
    })

    test('fail once together with the activity around them', () => {
      const { overHttp, overFetch, model: chat, postgres: pg } = outcome.observed
      expect(overHttp.refused).toEqual({ thrown: expect.stringContaining('ECONNREFUSED'), errors: 1 })
      expect(overHttp.silent).toEqual({ thrown: 'waited long enough', errors: 1 })
      expect(overFetch.refused).toEqual({ thrown: 'fetch failed', errors: 1 })
      // The answer 404 is a failure of the HTTP call, and the error of the client another one.
      expect(chat.missing).toEqual({ thrown: '404 The model missing-model does not exist', errors: 2 })
      if (withoutPostgres !== undefined) return
      expect(pg?.failed).toEqual({ thrown: 'relation "nowhere" does not exist', errors: 1 })
      expect(pg?.lost).toEqual({ thrown: 'Connection terminated unexpectedly', errors: 1 })
    })

    test('whose span never ends do not leak', () => {
      const { abandoned } = outcome.observed
      expect(abandoned).toMatchObject({ openBefore: ['ai_inference'], openAfter: [] })
      const calls = below(named('chat in a stream that is broken off'))
      expect(calls).toMatchObject([{ type: 'ai_inference', state: 'cancelled', reason: 'abandoned' }])
      expect(outcome.faults).toEqual({ abandoned: 1 })
    })

    test('see the exports of the stock exporter, which are no activities', () => {
      expect(outcome.exportsSeen).toBeGreaterThan(0)
      expect(collector.names('traces').sort()).toEqual(outcome.spans.map(({ name }) => name).sort())
      expect(outcome.later).toEqual({ activities: 0, spans: 0 })
      expect(JSON.stringify(outcome.spans)).not.toContain(collector.endpoint)
    })

    test('see the exports of startUnderway, which are no activities', async () => {
      const own = await OtlpReceiver.start()
      onTestFinished(() => own[Symbol.asyncDispose]())
      const result = (await app.run('own-exports.mjs', [own.endpoint])) as {
        names: string[]
        exportsSeen: number
        totals: Record<string, number>
      }
      const names = ['GET', 'GET', 'handle /report', 'work']
      expect(result).toMatchObject({ flushed: [true, true], open: 0, totals: { created: 4, completed: 4 } })
      expect(result.names.sort()).toEqual(names)
      expect(own.names('traces').sort()).toEqual(names)
      expect(result.exportsSeen).toBeGreaterThan(0)
    })

    test('a request that fetches metrics is no activity, one to a server of the app is', async () => {
      const { ofSite, ofMetrics, text } = (await app.run('fetched.mjs', [model.url, collector.endpoint])) as {
        readonly ofSite: readonly string[]
        readonly ofMetrics: readonly string[]
        readonly text: string
      }
      expect([ofSite, ofMetrics]).toEqual([['GET'], []])
      expect(text).toContain('activity_quiescent 1\n')
    })

    test('see the requests of experiment backends, which are no activities and carry no trace', async () => {
      const own = await OtlpReceiver.start()
      onTestFinished(() => own[Symbol.asyncDispose]())
      const found = { experiment: { experiment_id: '1' }, runs: [], run: { info: { run_id: '1' } } }
      const receiver = await httpReceiver((response) => response.end(JSON.stringify(found)))
      const result = (await app.run('own-backends.mjs', [own.endpoint, receiver.url])) as { requestsSeen: number }
      expect(result).toMatchObject({ names: ['work'], delivered: [1, 1], flushed: true, open: 0 })
      expect(own.names('traces')).toEqual(['work'])
      expect(result.requestsSeen).toBe(receiver.received.length)
      // A message, an experiment, a search, a run, its metrics and its end.
      expect(receiver.received).toHaveLength(6)
      expect(receiver.received.filter(({ headers }) => 'traceparent' in headers)).toEqual([])
    })
  })
})

function count(totals: Readonly<Record<string, number>>, ...columns: readonly string[]): number {
  return columns.reduce((sum, column) => sum + (totals[column] ?? 0), 0)
}
