import { Duplex, PassThrough, Readable } from 'node:stream'
import {
  endedSpan,
  expectEqual,
  expectFailed,
  expectOpen,
  expectSame,
  expectSucceeded,
  expectThat,
  thrownBy,
  turns,
} from './expectations.js'
import { wrappingCase } from './wrapping-case.js'

async function textOf(stream: Readable): Promise<string> {
  const parts: string[] = []
  for await (const part of stream) parts.push(String(part))
  return parts.join('')
}

export const streamCases = [
  wrappingCase('stream.itself', 'the very stream is returned', ({ wrap }) => {
    const stream = Readable.from(['a'])
    expectSame(wrap('work', () => stream)(), stream, 'stream')
  }),
  wrappingCase('stream.open', 'the span is open until the stream has been read', async (trial) => {
    const stream = trial.wrap('work', () => Readable.from(['a', 'b']))()
    await turns()
    expectOpen(trial, 'work', 'before anybody read')
    expectSame(await textOf(stream), 'ab', 'text')
    await turns()
    expectSucceeded(trial, 'work')
  }),
  wrappingCase('stream.no-flow', 'it is not made to flow, and has no `data` listener', async ({ wrap }) => {
    const stream = wrap('work', () => Readable.from(['a']))()
    await turns()
    expectSame(stream.readableFlowing, null, 'flowing')
    expectSame(stream.listenerCount('data') + stream.listenerCount('readable'), 0, 'listeners')
  }),
  wrappingCase('stream.error-status', 'an error of the stream is an error status and one exception', async (trial) => {
    const stream = trial.wrap('work', () => new PassThrough())()
    stream.on('error', () => {})
    stream.destroy(new RangeError('boom'))
    await turns()
    expectFailed(trial, 'work', 'boom')
  }),
  wrappingCase('stream.error-unhandled', 'an error that nobody listens for still crashes', ({ wrap }) => {
    const error = new Error('nobody listens')
    const stream = wrap('work', () => new PassThrough())()
    expectSame(thrownBy(() => stream.emit('error', error)).error, error, 'error')
  }),
  wrappingCase('stream.destroyed', 'one that is destroyed half-way ends, without an error', async (trial) => {
    const stream = trial.wrap('work', () => Readable.from(['a', 'b']))()
    for await (const _ of stream) break
    await turns()
    expectSucceeded(trial, 'work')
  }),
  wrappingCase('stream.over', 'one that is over already ends with the call', async (trial) => {
    const stream = Readable.from(['a'])
    await textOf(stream)
    await turns()
    trial.wrap('work', () => stream)()
    expectSucceeded(trial, 'work')
  }),
  wrappingCase('stream.duplex', 'of a duplex it is the readable side that counts', async (trial) => {
    const made = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done(), allowHalfOpen: true })
    const stream = trial.wrap('work', () => made)()
    stream.push('a')
    stream.push(null)
    await turns()
    expectOpen(trial, 'work', 'before anybody read')
    stream.resume()
    await turns()
    expectThat(!stream.writableEnded, 'its writable side was ended')
    expectSucceeded(trial, 'work')
    stream.destroy()
  }),
  wrappingCase('stream.promised', 'one that a promise brings is followed too', async (trial) => {
    const stream = await trial.wrap('work', async () => Readable.from(['a']))()
    await turns()
    expectOpen(trial, 'work', 'before anybody read')
    expectSame(await textOf(stream), 'a', 'text')
    await turns()
    expectSucceeded(trial, 'work')
  }),
  wrappingCase('stream.piped', 'one that is piped on ends with its last part', async (trial) => {
    const stream = trial.wrap('work', () => Readable.from(['a', 'b']))()
    expectSame(await textOf(stream.pipe(new PassThrough())), 'ab', 'text')
    await turns()
    expectSucceeded(trial, 'work')
  }),
  wrappingCase('stream.events', 'its events come in their order', async ({ wrap }) => {
    const seen: string[] = []
    const stream = wrap('work', () => Readable.from(['a']))()
    for (const event of ['data', 'end', 'close']) stream.on(event, () => seen.push(event))
    await turns()
    expectEqual(seen, ['data', 'end', 'close'], 'events')
  }),
  wrappingCase(
    'stream.collected',
    'one that is dropped unread is found, and its span ended',
    async (trial) => {
      const drop = (): void => void trial.wrap('work', () => new PassThrough())()
      drop()
      expectOpen(trial, 'work', 'before it was collected')
      await trial.collect()
      endedSpan(trial, 'work')
    },
    ['collect'],
  ),
]
