import { expect, test } from 'vitest'
import { runActivity, startActivity } from '../../src/index.js'
import { Limiter } from '../../src/terminal/limiter.js'
import { type Notice, noticeOf } from '../../src/terminal/notices.js'
import { newTracker } from '../support/tracked.js'

/** What is said about what happens in a tracker, each as `tone module: text`. */
function noticed() {
  const tracked = newTracker()
  const said: string[] = []
  tracked.tracker.subscribe((items) => {
    for (const item of items) {
      const notice = noticeOf(item, 10_000)
      if (notice !== undefined) said.push(`${notice.tone} ${notice.module}: ${notice.text}`)
    }
  })
  const now = (): string[] => {
    tracked.tracker.flushNow()
    return said
  }
  return { ...tracked, now }
}

test('a run is told from its start to its end', async () => {
  const { tracker, clock, now } = noticed()
  const run = startActivity({
    tracker,
    module: 'controller',
    name: 'training',
    type: 'run',
    plan: 'train for 80 steps',
  })
  await clock.advance(2_000)
  run.complete('80 steps done')
  expect(now()).toEqual([
    'started controller: training: train for 80 steps',
    'completed controller: training: 80 steps done (2.0 s)',
  ])
})

test('short work that goes well is not worth a line, long work is', async () => {
  const { tracker, clock, now } = noticed()
  const long = startActivity({ tracker, module: 'loader', name: 'load' })
  await clock.advance(9_999)
  startActivity({ tracker, module: 'loader', name: 'shard' }).complete('read')
  await clock.advance(1)
  long.complete('all read')
  expect(now()).toEqual(['completed loader: load: all read (10 s)'])
})

test('an error is told once, by the work that it happened in', () => {
  const { tracker, now } = noticed()
  expect(() =>
    runActivity({ tracker, module: 'trainer', name: 'train' }, () =>
      runActivity({ name: 'step' }, () => {
        throw new RangeError('loss is NaN')
      }),
    ),
  ).toThrow('loss is NaN')
  expect(now()).toEqual(['error trainer: step: RangeError: loss is NaN'])
})

test('a failure while attempts are left is a warning', () => {
  const { tracker, now } = noticed()
  startActivity({ tracker, module: 'worker', name: 'play', attempt: { number: 1, of: 3 } }).fail(new Error('503'))
  expect(now()).toEqual(['warning worker: play: 503'])
})

test('a decision is told with its reason and what was considered', () => {
  const { tracker, now } = noticed()
  const decision = startActivity({ tracker, module: 'trainer', name: 'rate', type: 'decision' })
  decision.update({ considered: ['0.1', '0.01'], reason: 'the loss rose' })
  decision.complete('0.01')
  expect(now()).toEqual(['decided trainer: rate: 0.01, because the loss rose; considered: 0.1, 0.01'])
})

test('work that is cancelled while it runs is told with the reason, planned work is not', () => {
  const { tracker, now } = noticed()
  startActivity({ tracker, module: 'worker', name: 'play' }).cancel('straggler')
  expect(now()).toEqual(['cancelled worker: play: straggler'])
})

test('a log entry of an activity is a line', () => {
  const { tracker, now } = noticed()
  startActivity({ tracker, module: 'worker', name: 'play' }).log('asks again\nand again')
  expect(now()).toEqual(['log worker: asks again and again'])
})

test('a module is told when it goes down and when it is back, not when it is registered', async () => {
  const { tracker, now } = noticed()
  let well = false
  tracker.registerModule('worker', { healthCheck: () => well })
  await tracker.checkModuleLiveness()
  well = true
  await tracker.checkModuleLiveness()
  expect(now()).toEqual(['down worker: health check returned false', 'up worker: answers its health check again'])
})

const notice = (time: number, text: string, key?: string): Notice => ({ time, tone: 'warning', module: 'm', text, key })
const texts = (notices: readonly Notice[]): string[] => notices.map(({ text }) => text)

test('the same again within five seconds is counted, and told with its number later', () => {
  const limiter = new Limiter()
  expect(texts(limiter.admit(notice(0, '503 for 1', '503')))).toEqual(['503 for 1'])
  for (const time of [1_000, 2_000, 3_000]) expect(limiter.admit(notice(time, `503 for ${time}`, '503'))).toEqual([])
  expect(limiter.due(4_999)).toEqual([])
  expect(limiter.due(5_000)).toMatchObject([{ time: 5_000, text: '503 for 3000 (3 more like it)' }])
  expect(limiter.flush(6_000)).toEqual([])
})

test('what has not come again for five seconds is new', () => {
  const limiter = new Limiter()
  limiter.admit(notice(0, 'first', 'key'))
  expect(texts(limiter.admit(notice(5_000, 'second', 'key')))).toEqual(['second'])
})

test('a flood is cut to a stream that can be read, and what was left out is counted', () => {
  const limiter = new Limiter()
  const shown = Array.from({ length: 1_000 }, (_, at) => limiter.admit(notice(at, `${at}`))).flat()
  expect(shown.length).toBeLessThan(50)
  const left = 1_000 - shown.filter(({ tone }) => tone === 'warning').length
  const told = [...shown, ...limiter.flush(1_000)].filter(({ tone }) => tone === 'info')
  expect(told.map(({ text }) => Number.parseInt(text.replace(',', ''), 10)).reduce((a, b) => a + b, 0)).toBe(left)
})
