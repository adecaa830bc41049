import { describe, expect, test } from 'vitest'
import {
  type ActivityHandle,
  extract,
  planActivity,
  type RemoteActivity,
  runActivity,
  startActivity,
} from '../../../src/index.js'
import { observe, rejectionOf } from './observe.js'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const spanId = 'b7ad6b7169203331'
const traceparent = `00-${traceId}-${spanId}-01`

/** As the headers look to whoever receives them. */
function sent(activity: ActivityHandle): Record<string, string> {
  return JSON.parse(JSON.stringify(activity.inject({}))) as Record<string, string>
}

function received(activity: ActivityHandle): RemoteActivity {
  const remote = extract(sent(activity))
  if (remote === undefined) throw new Error('nothing was extracted')
  return remote
}

describe('inject', () => {
  test('writes the W3C fields and one field of ours, and returns the carrier', () => {
    const { tracker } = observe()
    const activity = startActivity({ tracker })
    const carrier = { accept: 'text/plain' }
    expect(activity.inject(carrier)).toBe(carrier)
    expect(carrier).toEqual({
      accept: 'text/plain',
      traceparent: `00-${activity.traceId}-${activity.spanId}-00`,
      underway: expect.stringContaining(activity.id),
    })
  })

  test.each(['job 7/ä;%', '1;2', '日本語', '\u0000', 'x'.repeat(254)])(
    'an id of your own survives the way: %j',
    (id) => {
      const { tracker } = observe()
      expect(received(startActivity({ tracker, id })).id).toBe(id)
    },
  )

  test('our field never has more than 256 characters', () => {
    const { tracker } = observe()
    const root = startActivity({ tracker, id: 'r'.repeat(200) })
    const child = startActivity({ tracker, id: 'c'.repeat(200), parent: root })
    expect(sent(child)['underway']?.length).toBeLessThanOrEqual(256)
    expect(received(child).id).toBe(child.id)
    expect(sent(startActivity({ tracker, id: 'ä'.repeat(200) }))).not.toHaveProperty('underway')
  })

  test('Headers and maps are written and read through their methods', () => {
    const { tracker } = observe()
    const activity = startActivity({ tracker })
    for (const carrier of [new Headers({ accept: '*/*' }), new Map<string, string>()]) {
      expect(activity.inject(carrier)).toBe(carrier)
      expect(carrier.get('traceparent')).toBe(`00-${activity.traceId}-${activity.spanId}-00`)
      expect(extract(carrier)).toMatchObject({ id: activity.id, spanId: activity.spanId })
      expect(Object.keys(carrier)).toEqual([])
    }
  })

  test('a carrier that cannot be written to is left alone, counted', () => {
    const { tracker, faults } = observe()
    const carrier = Object.freeze({})
    expect(startActivity({ tracker }).inject(carrier)).toBe(carrier)
    expect(faults('propagation.failed')).toBe(1)
  })
})

describe('extract', () => {
  test('reads what inject wrote', () => {
    const { tracker } = observe()
    const root = startActivity({ tracker })
    const child = startActivity({ tracker, parent: root })
    expect(received(child)).toEqual({ id: child.id, rootId: root.id, ...child.spanContext() })
    expect(received(root)).toEqual({ id: root.id, ...root.spanContext() })
  })

  test('the W3C fields alone are enough', () => {
    expect(extract({ traceparent, tracestate: 'a=b' })).toEqual({ traceId, spanId, traceFlags: 1, traceState: 'a=b' })
  })

  test('our field alone is enough', () => {
    expect(extract({ underway: '1;job-7;run-1' })).toEqual({ id: 'job-7', rootId: 'run-1' })
  })

  test('a header that came several times counts once', () => {
    expect(extract({ traceparent: [traceparent, 'x'], underway: ['1;a', '1;b'] })).toMatchObject({ traceId, id: 'a' })
  })

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a string', traceparent],
    ['a number', 7],
    ['no headers', {}],
    ['foreign headers', { accept: '*/*' }],
    ['a traceparent that is none', { traceparent: 'hello' }],
    ['a traceparent that is a number', { traceparent: 7 }],
    ['an all-zero trace id', { traceparent: `00-${'0'.repeat(32)}-${spanId}-01` }],
    ['an all-zero span id', { traceparent: `00-${traceId}-${'0'.repeat(16)}-01` }],
    ['upper-case ids', { traceparent: traceparent.toUpperCase() }],
    ['the forbidden version', { traceparent: `ff-${traceId}-${spanId}-01` }],
    ['more fields than version 00 has', { traceparent: `${traceparent}-more` }],
    ['an endless traceparent', { traceparent: `${traceparent}-${'x'.repeat(100_000)}` }],
    ['an unknown version of ours', { underway: '2;job-7' }],
    ['no version of ours', { underway: 'job-7' }],
    ['an empty id', { underway: '1;' }],
    ['a broken encoding', { underway: '1;%E0%A4%A' }],
    ['more than 256 characters', { underway: `1;${'x'.repeat(300)}` }],
    [
      'a getter that throws',
      Object.defineProperty({}, 'traceparent', {
        get: () => {
          throw new Error('no')
        },
      }),
    ],
  ])('names no activity: %s', (_, carrier) => {
    expect(extract(carrier)).toBeUndefined()
  })

  test('a future version of the W3C field is read as far as it is known', () => {
    expect(extract({ traceparent: `01-${traceId}-${spanId}-01-more` })).toEqual({ traceId, spanId, traceFlags: 1 })
  })

  test('unknown fields behind ours are ignored', () => {
    expect(extract({ underway: '1;job-7;run-1;shard=3' })).toEqual({ id: 'job-7', rootId: 'run-1' })
  })

  test.each(['2;job-7', '1;%E0%A4%A', `1;${'x'.repeat(300)}`, ''])(
    'a field of ours that cannot be read leaves the trace: %j',
    (underway) => {
      expect(extract({ traceparent, underway })).toEqual({ traceId, spanId, traceFlags: 1 })
    },
  )
})

describe('as a parent', () => {
  test('an activity of another process is named, and its trace goes on', () => {
    const there = startActivity({ tracker: observe().tracker, name: 'caller' })
    const child = startActivity({ tracker: observe().tracker, parent: received(there) })
    expect(child).toMatchObject({ parentId: there.id, rootId: there.id, traceId: there.traceId })
    expect(child.spanId).not.toBe(there.spanId)
    expect(startActivity({ parent: child }).rootId).toBe(there.id)
  })

  test('a trace without an activity goes on without a parent', () => {
    const child = startActivity({ tracker: observe().tracker, parent: extract({ traceparent }) })
    expect(child).toMatchObject({ traceId, parentId: undefined })
    expect(child.spanContext().traceFlags).toBe(1)
  })

  test('no carrier is no parent given: the current activity is it', () => {
    runActivity({ tracker: observe().tracker }, (outer) => {
      expect(startActivity({ parent: extract({}) }).parentId).toBe(outer.id)
    })
  })

  test('ids that are none of the W3C are not passed on', () => {
    const { tracker } = observe()
    const child = startActivity({ tracker, parent: { id: 'p', traceId: 'zz', spanId: '1', traceFlags: Number.NaN } })
    expect(child.parentId).toBe('p')
    expect(child.traceId).toMatch(/^[\da-f]{32}$/)
    expect(sent(child)['traceparent']).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/)
    expect(received(child).traceId).toBe(child.traceId)
  })
})

describe('as the activity that goes on', () => {
  test('it keeps its id, its root and its trace', () => {
    const here = observe()
    const root = startActivity({ tracker: here.tracker, id: 'run-1' })
    const job = planActivity({ tracker: here.tracker, name: 'job', parent: root })
    const there = observe()
    runActivity({ tracker: there.tracker, name: 'job', from: received(job) }, (activity) => {
      expect(activity).toMatchObject({ id: job.id, rootId: 'run-1', traceId: job.traceId })
      expect(activity.parentId).not.toBe(job.id)
      expect(there.tracker.activity(job.id)).toBe(activity)
      expect(startActivity('part')).toMatchObject({ parentId: job.id, rootId: 'run-1', traceId: job.traceId })
    })
    expect(there.ended().find(({ name }) => name === 'job')).toMatchObject({ id: job.id, state: 'completed' })
    // What was handed off stays counted where it came from, until that side hears of the end.
    expect(here.tracker.isQuiescent()).toBe(false)
    here.tracker.activity(job.id)?.complete()
    expect(job.state).toBe('completed')
  })

  test('without an id in the carrier it is a new activity in that trace', () => {
    const { tracker } = observe()
    const activity = startActivity({ tracker, from: extract({ traceparent }) })
    expect(activity).toMatchObject({ traceId, parentId: undefined })
    expect(activity.id).toMatch(/^[\da-f-]{36}$/)
  })
})

describe('ending by id from elsewhere', () => {
  test('ends a handle at once; the first end wins', () => {
    const { tracker, only, faults } = observe()
    const activity = startActivity({ tracker, id: 'job-1' })
    tracker.activity('job-1')?.fail(new Error('from outside'))
    activity.complete('from inside')
    expect(only()).toMatchObject({ state: 'failed', error: { message: 'from outside' } })
    expect(faults('end.ignored')).toBe(1)
  })

  test('cancels a function that runs, which ends when it settles', async () => {
    const { tracker, only } = observe()
    const work = runActivity({ tracker, id: 'job-1' }, async ({ signal }) => {
      await new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error))
      })
    })
    tracker.activity('job-1')?.cancel('operator')
    expect(tracker.isQuiescent()).toBe(false)
    await rejectionOf(work)
    expect(only()).toMatchObject({ state: 'cancelled', reason: 'operator' })
  })

  test('what has ended, or never was, is not found', () => {
    const { tracker } = observe()
    const activity = startActivity({ tracker, id: 'job-1' })
    activity.complete()
    expect(tracker.activity('job-1')).toBeUndefined()
    expect(tracker.activity('job-2')).toBeUndefined()
    expect(tracker.activity(undefined as never)).toBeUndefined()
  })
})
