import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { addAbortSignal, PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { ReadableStream } from 'node:stream/web'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { currentActivity, runActivity, startActivity, trackActivity } from '../../../src/index.js'
import { collectGarbage, observe, rejectionOf, turn } from './observe.js'

function quiet(stream: Readable): Readable {
  return stream.on('error', () => {})
}

describe('a stream that a function returns', () => {
  test('keeps the tracker from being quiescent until it was read', async () => {
    const { tracker, only } = observe()
    const stream = trackActivity({ tracker }, () => Readable.from(['a', 'b']))()
    expect(tracker.isQuiescent()).toBe(false)
    expect(await text(stream)).toBe('ab')
    expect(tracker.isQuiescent()).toBe(true)
    expect(only().state).toBe('completed')
  })

  test('is asked for `did` and `result` when it is over', async () => {
    const { tracker, only } = observe()
    const options = { tracker, did: (stream: PassThrough) => `${stream.readableLength} bytes left` }
    const stream = trackActivity(options, () => new PassThrough())()
    stream.end('12345')
    stream.resume()
    await turn()
    expect(only()).toMatchObject({ state: 'completed', did: '0 bytes left' })
  })

  test('is followed in a block, on a handle, and when a lazy thenable brings it', async () => {
    const { tracker, ended } = observe()
    const handle = startActivity({ tracker, name: 'handle' })
    const lazy = () => ({
      // biome-ignore lint/suspicious/noThenProperty: it is what is tested
      then: (resolve: (stream: Readable) => unknown) => void resolve(Readable.from(['c'])),
    })
    const streams = [
      runActivity({ tracker, name: 'block' }, () => Readable.from(['a'])),
      handle.run(() => Readable.from(['b'])),
      await (trackActivity({ tracker, name: 'lazy' }, lazy)() as unknown as PromiseLike<Readable>),
    ]
    await turn()
    expect(ended()).toHaveLength(0)
    expect(await Promise.all(streams.map((stream) => text(stream)))).toEqual(['a', 'b', 'c'])
    expect(ended().map(({ state }) => state)).toEqual(['completed', 'completed', 'completed'])
  })

  test('ends with the verdict that was noted', async () => {
    const { tracker, only } = observe()
    const stream = trackActivity({ tracker }, () => {
      currentActivity()?.fail(new Error('bad rows'))
      return Readable.from(['a'])
    })()
    expect(tracker.isQuiescent()).toBe(false)
    await text(stream)
    expect(only()).toMatchObject({ state: 'failed', error: { message: 'bad rows' } })
  })

  test('that the own signal breaks is cancelled; that of another fails it', async () => {
    const { tracker, ended } = observe()
    const own = startActivity({ tracker, name: 'own' })
    quiet(own.run(({ signal }) => addAbortSignal(signal, new PassThrough())))
    const another = new AbortController()
    quiet(trackActivity({ tracker, name: 'another' }, () => addAbortSignal(another.signal, new PassThrough()))())
    own.cancel()
    another.abort()
    await turn()
    expect(ended().map(({ name, state }) => `${name} ${state}`)).toEqual(['own cancelled', 'another failed'])
  })

  test('that failed before it was returned fails the activity at once', () => {
    const { tracker, only } = observe()
    const broken = quiet(new PassThrough())
    broken.destroy(new Error('gone'))
    trackActivity({ tracker }, () => broken)()
    expect(only()).toMatchObject({ state: 'failed', error: { message: 'gone' } })
  })

  test.each(['code', 'cause'])('that breaks with an error whose %s cannot be read fails with it', async (key) => {
    const { tracker, only } = observe()
    const error = Object.defineProperty(new Error('gone'), key, {
      get() {
        throw new Error('no')
      },
    })
    const heard: unknown[] = []
    const stream = trackActivity({ tracker }, () => new PassThrough())()
    stream.on('error', (what) => heard.push(what))
    stream.destroy(error)
    await turn()
    expect(heard).toEqual([error])
    expect(only()).toMatchObject({ state: 'failed', error: { message: 'gone' } })
  })

  test('that many calls return ends them all, and is listened to once', async () => {
    const { tracker, ended } = observe()
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const shared = new PassThrough()
    const share = trackActivity({ tracker }, () => shared)
    for (let call = 0; call < 50; call += 1) share()
    expect(shared.listenerCount('close')).toBeLessThan(10)
    shared.destroy()
    await turn()
    expect(warned).not.toHaveBeenCalled()
    warned.mockRestore()
    expect(ended()).toHaveLength(50)
  })

  test.each(['destroyed', 'broken', 'read'])('that does not say when it closes ends once it is %s', async (how) => {
    const { tracker, only } = observe()
    const made = quiet(new Readable({ read() {}, emitClose: false }))
    const stream = trackActivity({ tracker }, () => made)()
    stream.push('a')
    stream.push(null)
    expect(tracker.isQuiescent()).toBe(false)
    if (how === 'read') expect(await text(stream)).toBe('a')
    else stream.destroy(how === 'broken' ? new Error('gone') : undefined)
    await turn()
    expect(only().state).toBe(how === 'broken' ? 'failed' : 'completed')
    expect(Reflect.ownKeys(stream)).not.toContain('_destroy')
  })

  test.each(['read', 'destroyed', 'broken'])('that is rid of all its listeners ends once it is %s', async (how) => {
    const { tracker, only } = observe()
    const stream = trackActivity({ tracker }, () => Readable.from(['a']))()
    quiet(stream.removeAllListeners())
    if (how === 'read') expect(await text(stream)).toBe('a')
    else stream.destroy(how === 'broken' ? new Error('gone') : undefined)
    await turn()
    expect(only().state).toBe(how === 'broken' ? 'failed' : 'completed')
  })

  test('inside a response of another library, which has its tag from a getter, is followed', async () => {
    const { tracker, only } = observe()
    class Response {
      readonly #body = Readable.from(['a'])
      get body(): Readable {
        return this.#body
      }
      get [Symbol.toStringTag](): string {
        return 'Response'
      }
    }
    const response = trackActivity({ tracker }, () => new Response())()
    expect(tracker.isQuiescent()).toBe(false)
    expect(await text(response.body)).toBe('a')
    await turn()
    expect(only().state).toBe('completed')
  })

  test('that is frozen is returned as it is, and its activity ends with the call', () => {
    const { tracker, only, warnings } = observe()
    const frozen = Object.freeze(new PassThrough())
    expect(trackActivity({ tracker }, () => frozen)()).toBe(frozen)
    expect(only().state).toBe('completed')
    expect(warnings).toEqual([])
  })

  test('that is only writable is a value like any other', () => {
    const { tracker, only } = observe()
    const { writable } = new TransformStream()
    trackActivity({ tracker }, () => writable)()
    expect(only().state).toBe('completed')
  })

  test('that is lost is cancelled as abandoned, one that is held is not', async () => {
    const { tracker, clock, ended } = observe()
    const make = trackActivity({ tracker }, () => new PassThrough())
    const held = make()
    const lose = (): void => void make()
    lose()
    await collectGarbage()
    await clock.advance(5_000)
    expect(ended().map(({ state, reason }) => `${state} ${reason}`)).toEqual(['cancelled abandoned'])
    held.destroy()
    await turn()
    expect(ended().map(({ state }) => state)).toEqual(['cancelled', 'completed'])
  })
})

describe('a web stream that a function returns', () => {
  test('is over at once if it was read before', async () => {
    const { tracker, only } = observe()
    const stream = new ReadableStream({ start: (controller) => controller.close() })
    trackActivity({ tracker }, () => stream)()
    expect(only().state).toBe('completed')
  })

  test('that nobody of Node can tell the state of ends with the call', () => {
    const { tracker, only } = observe()
    const foreign = Object.create({ [Symbol.toStringTag]: 'ReadableStream', getReader: () => undefined }) as object
    expect(trackActivity({ tracker }, () => foreign)()).toBe(foreign)
    expect(only().state).toBe('completed')
  })
})

describe('calls that return no stream', () => {
  test('set no timer and are guarded by nothing', () => {
    const { tracker, clock } = observe()
    for (const value of [1, 'a', {}, [], new Map(), new Date(), null])
      expect(trackActivity({ tracker }, () => value)()).toBe(value)
    // The one timer that a guard would need is not set either.
    const before = clock.timers
    trackActivity({ tracker }, () => new (class Row {})())()
    expect(clock.timers).toBe(before)
    expect(tracker.isQuiescent()).toBe(true)
  })
})

describe('a response of fetch', () => {
  const server = createServer((request, response) => {
    if (request.url === '/broken') {
      response.writeHead(200, { 'content-length': '10' })
      response.write('12345', () => response.destroy())
    } else response.end('{"a":1}')
  })
  let address = ''
  beforeAll(async () => {
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => server.close())

  test('stays open until its body was read', async () => {
    const { tracker, only } = observe()
    const response = await trackActivity({ tracker, did: ({ status }) => `HTTP ${status}` }, () => fetch(address))()
    expect(tracker.isQuiescent()).toBe(false)
    expect(await response.json()).toEqual({ a: 1 })
    expect(await tracker.waitQuiescent()).toBe(true)
    expect(only()).toMatchObject({ state: 'completed', did: 'HTTP 200' })
  })

  test('whose body breaks fails with the same error', async () => {
    const { tracker, only } = observe()
    const response = await trackActivity({ tracker }, () => fetch(`${address}/broken`))()
    const { error } = await rejectionOf(response.text())
    expect(await tracker.waitQuiescent()).toBe(true)
    expect(only()).toMatchObject({ state: 'failed', error: { message: (error as Error).message } })
  })
})
