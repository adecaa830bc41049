import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { ActivitySnapshot, Change } from '../../src/index.js'
import { runNode } from '../support/child-process.js'
import { repositoryRoot } from '../support/repository.js'
import { eventually } from './support/eventually.js'
import { findTraces } from './support/jaeger-query.js'
import { readLogEvents } from './support/log-events.js'
import { query } from './support/prometheus-query.js'
import { useStack } from './support/use-stack.js'

const stack = useStack()
const command = join(repositoryRoot, 'dist/cli/underway.js')

/** Every activity of the demo as it ended, by the demo's own account, and from which state. */
let ended: readonly { readonly activity: ActivitySnapshot; readonly from: string }[] = []

beforeAll(async () => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: stack().otlpUrl, OTEL_SERVICE_NAME: 'demo' }
  const args = ['--import', 'underway/register', command, 'demo', '--quick', '--json']
  const { code, stdout, stderr } = await runNode(args, { cwd: repositoryRoot, env })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const changes = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Change)
  ended = changes.flatMap((change) => (change.kind === 'ended' ? [change] : []))
}, 60_000)

function training(): ActivitySnapshot {
  const root = ended.find(({ activity }) => activity.type === 'run')?.activity
  if (root === undefined) throw new Error('the demo has no run')
  return root
}

function tally(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1
  return counts
}

describe('the demo, with nothing changed in it, seen from outside', () => {
  test('is one tree in Jaeger, every activity below its parent and ended as the demo says', async () => {
    const names = new Map(ended.map(({ activity }) => [activity.id, activity.name]))
    const own = ended.filter(({ activity, from }) => activity.rootId === training().id && from === 'running')
    const expected = tally(
      own.map(({ activity: { name, parentId, state } }) => `${name} (${state}) in ${names.get(parentId ?? '')}`),
    )
    await eventually(async () => {
      const traces = await findTraces(stack().jaegerUrl, 'demo')
      const tree = traces.find((spans) => spans.some(({ name }) => name === 'training')) ?? []
      const shown = tally(tree.map(({ name, parent, tags }) => `${name} (${tags['activity.state']}) in ${parent}`))
      expect(shown).toEqual(expected)
    })
    expect(own.length).toBeGreaterThan(300)
  })

  test('has the errors of what failed in Jaeger', async () => {
    const failed = ended.filter(({ activity }) => activity.state === 'failed')
    expect(failed.length).toBeGreaterThan(0)
    const spans = (await findTraces(stack().jaegerUrl, 'demo')).flat().filter(({ tags }) => tags['error'] === true)
    expect(tally(spans.map(({ tags }) => String(tags['error.type'])))).toEqual(
      tally(failed.map(({ activity }) => activity.error?.type ?? '')),
    )
  })

  test('is counted in Prometheus, by module, group, type and state, as the demo itself counts', async () => {
    const expected = tally(
      ended.map(({ activity: { module, group, type, state } }) => [module, group ?? '', type, state].join(' | ')),
    )
    await eventually(async () => {
      const samples = await query(stack().prometheusUrl, 'activity_ended_total{service_name="demo"}')
      const shown = Object.fromEntries(
        samples.map(({ labels, value }) => [
          [
            labels['activity_module'],
            labels['activity_group'] ?? '',
            labels['activity_type'],
            labels['activity_state'],
          ].join(' | '),
          value,
        ]),
      )
      expect(shown).toEqual(expected)
    })
    const durations = await query(stack().prometheusUrl, 'sum(activity_duration_seconds_count{service_name="demo"})')
    expect(durations.map(({ value }) => value)).toEqual([ended.filter(({ from }) => from === 'running').length])
    const open = await query(stack().prometheusUrl, 'sum(activity_active{service_name="demo"})')
    expect(open.map(({ value }) => value)).toEqual([0])
  })

  test('has sent log events of what took long, in the trace that Jaeger shows', async () => {
    const events = await eventually(() => {
      const found = readLogEvents(stack().logEventsFile).filter(({ traceId }) => traceId === training().traceId)
      expect(found.some(({ eventName }) => eventName === 'activity.ended')).toBe(true)
      return found
    })
    expect(events.map(({ eventName }) => eventName)).toEqual(
      expect.arrayContaining(['activity.started', 'activity.ended']),
    )
  })
})
