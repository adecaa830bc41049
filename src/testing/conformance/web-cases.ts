import { ReadableStream } from 'node:stream/web'
import {
  endedSpan,
  expectFailed,
  expectOpen,
  expectSame,
  expectSucceeded,
  expectThat,
  rejectionOf,
  turns,
} from './expectations.js'
import { wrappingCase } from './wrapping-case.js'

/** Gives a part whenever it is asked, and ends after two. */
function twoParts(): ReadableStream<string> {
  let given = 0
  return new ReadableStream({
    pull(controller) {
      given += 1
      if (given > 2) controller.close()
      else controller.enqueue(`${given}`)
    },
  })
}

async function textOf(stream: ReadableStream<string>): Promise<string> {
  const parts: string[] = []
  for await (const part of stream) parts.push(part)
  return parts.join('')
}

function failing(error: unknown): ReadableStream<string> {
  return new ReadableStream({
    pull(controller) {
      controller.error(error)
    },
  })
}

export const webCases = [
  wrappingCase('web.itself', 'the very stream is returned, neither locked nor read', async ({ wrap }) => {
    const stream = twoParts()
    expectSame(wrap('work', () => stream)(), stream, 'stream')
    await turns()
    expectThat(!stream.locked, 'it is locked')
    expectSame(await textOf(stream), '12', 'text')
  }),
  wrappingCase('web.open', 'the span is open until the stream has been read', async (trial) => {
    const stream = trial.wrap('work', twoParts)()
    await turns()
    expectOpen(trial, 'work', 'before anybody read')
    await textOf(stream)
    await turns()
    expectSucceeded(trial, 'work')
  }),
  wrappingCase('web.reader', 'a reader that is drained by hand ends it', async (trial) => {
    const reader = trial.wrap('work', twoParts)().getReader()
    while (!(await reader.read()).done) expectOpen(trial, 'work', 'between two parts')
    await turns()
    expectSucceeded(trial, 'work')
  }),
  wrappingCase('web.error-status', 'an error of the stream is an error status and one exception', async (trial) => {
    const error = new RangeError('boom')
    const stream = trial.wrap('work', () => failing(error))()
    expectSame((await rejectionOf(textOf(stream))).error, error, 'error')
    await turns()
    expectFailed(trial, 'work', 'boom')
  }),
  wrappingCase('web.error-undefined', 'an error of `undefined` is a failure too', async (trial) => {
    const stream = trial.wrap('work', () => failing(undefined))()
    await rejectionOf(textOf(stream))
    await turns()
    expectThat(endedSpan(trial, 'work').failed, 'there is no error status')
  }),
  wrappingCase('web.cancelled', 'one that its reader leaves half-way ends, without an error', async (trial) => {
    for await (const _ of trial.wrap('work', twoParts)()) break
    await turns()
    expectSucceeded(trial, 'work')
  }),
  wrappingCase('web.tee', 'both branches of a tee work, and it ends with them', async (trial) => {
    const [left, right] = trial.wrap('work', twoParts)().tee()
    expectSame(await textOf(left), '12', 'left')
    expectSame(await textOf(right), '12', 'right')
    await turns()
    expectSucceeded(trial, 'work')
  }),
  wrappingCase('web.piped', 'one that is piped through ends with its last part', async (trial) => {
    const upper = new TransformStream<string, string>({
      transform: (part, controller) => controller.enqueue(`${part}!`),
    })
    const piped = trial
      .wrap('work', twoParts)()
      .pipeThrough(upper as never) as ReadableStream<string>
    expectSame(await textOf(piped), '1!2!', 'text')
    await turns()
    expectSucceeded(trial, 'work')
  }),
  wrappingCase('web.inside-response', 'one that becomes the body of a response ends with that', async (trial) => {
    const bytes = trial.wrap('work', () => twoParts().pipeThrough(new TextEncoderStream() as never))()
    expectSame(await new Response(bytes as never).text(), '12', 'text')
    await turns()
    expectSucceeded(trial, 'work')
  }),
  wrappingCase('web.response', 'a response is returned itself, its body unread', ({ wrap }) => {
    const response = new Response('text')
    expectSame(wrap('work', () => response)(), response, 'response')
    expectThat(!response.bodyUsed, 'its body was read')
  }),
  wrappingCase('web.response-open', 'the span is open until the body has been read', async (trial) => {
    const response = await trial.wrap('work', async () => new Response('{"a":1}'))()
    await turns()
    expectOpen(trial, 'work', 'before anybody read')
    await response.json()
    await turns()
    expectSucceeded(trial, 'work')
  }),
  wrappingCase('web.response-empty', 'a response without a body ends with the call', (trial) => {
    trial.wrap('work', () => new Response(null, { status: 204 }))()
    expectSucceeded(trial, 'work')
  }),
  wrappingCase(
    'web.response-clone',
    'of a cloned response both bodies can be read, and it ends with them',
    async (trial) => {
      const response = trial.wrap('work', () => new Response('text'))()
      const copy = response.clone()
      expectSame(await response.text(), 'text', 'text')
      expectSame(await copy.text(), 'text', 'text of the clone')
      await turns()
      expectSucceeded(trial, 'work')
    },
  ),
  wrappingCase('web.response-error', 'a body that breaks is an error status and one exception', async (trial) => {
    const response = trial.wrap('work', () => new Response(failing(new RangeError('boom')) as never))()
    await rejectionOf(response.text())
    await turns()
    expectFailed(trial, 'work', 'boom')
  }),
  wrappingCase(
    'web.collected',
    'a stream that is dropped unread is found, and its span ended',
    async (trial) => {
      const drop = (): void => void trial.wrap('work', twoParts)()
      drop()
      expectOpen(trial, 'work', 'before it was collected')
      await trial.collect()
      endedSpan(trial, 'work')
    },
    ['collect'],
  ),
]
