import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  connectBackends,
  type ExperimentBackend,
  feishuWebhook,
  slackWebhook,
  webhook,
} from '../../../src/experiment/index.js'
import { httpReceiver } from '../../support/http-receiver.js'
import { newTracker, turn } from '../../support/tracked.js'

const local = { allowHttp: true, allowPrivateAddresses: true }
const message = { title: 'Run 7', content: 'done', at: Date.UTC(2030, 0, 1) }
const secret = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`

function call(id = 'id', signal: AbortSignal = new AbortController().signal): { id: string; signal: AbortSignal } {
  return { id, signal }
}

/** Each kind of webhook, to a URL. */
const kinds: readonly [string, (url: string, options?: object) => ExperimentBackend][] = [
  ['webhook', (url, options) => webhook({ url, ...local, ...options })],
  ['slackWebhook', (url, options) => slackWebhook({ url, ...local, ...options })],
  ['feishuWebhook', (url, options) => feishuWebhook({ url, ...local, ...options })],
]

describe.each(kinds)('%s', (name, open) => {
  test('sends one request of JSON for a message', async () => {
    const { url, received } = await httpReceiver((response) => response.end('{"code":0}'))
    await open(`${url}/hook/1?a=b`).sendMessage?.(message, call())
    expect(received.map(({ path }) => path)).toEqual(['/hook/1?a=b'])
    expect(received[0]?.headers['content-type']).toMatch(/^application\/json/)
    expect(JSON.stringify(JSON.parse(received[0]?.body ?? ''))).toContain('Run 7')
  })

  test('follows no redirect, and says where the trouble is', async () => {
    const elsewhere = await httpReceiver()
    const { url } = await httpReceiver((response) => response.writeHead(307, { location: elsewhere.url }).end())
    await expect(open(url).sendMessage?.(message, call())).rejects.toMatchObject({
      message: expect.stringContaining('307, a redirect, which is not followed'),
      retry: false,
    })
    expect(elsewhere.received).toEqual([])
  })

  test.each([
    [500, {}, { retry: true }],
    [503, { 'retry-after': '7' }, { retry: true, retryAfterMillis: 7_000 }],
    [429, { 'retry-after': '30' }, { retry: true, retryAfterMillis: 30_000 }],
    [
      429,
      { 'retry-after': 'Tue, 01 Jan 2030 00:01:00 GMT', date: 'Tue, 01 Jan 2030 00:00:00 GMT' },
      { retry: true, retryAfterMillis: 60_000 },
    ],
    [400, {}, { retry: false }],
    [404, {}, { retry: false }],
  ])(
    'takes the status %i as failed, and knows whether another attempt is worth it',
    async (status, headers, expected) => {
      const { url } = await httpReceiver((response) => response.writeHead(status, headers).end('no'))
      const sending = open(url).sendMessage?.(message, call())
      await expect(sending).rejects.toMatchObject({ message: expect.stringContaining(String(status)), ...expected })
    },
  )

  test('is given up when its time is over, whether the answer or its body does not come', async () => {
    for (const answer of ['nothing', 'a body without an end'] as const) {
      const reached = Promise.withResolvers<void>()
      const { url } = await httpReceiver((response) => {
        if (answer !== 'nothing') response.writeHead(200).write('{')
        reached.resolve()
      })
      const timeout = new AbortController()
      const sending = open(url).sendMessage?.(message, call('id', timeout.signal)) as Promise<void>
      const outcome = expect(sending).rejects.toThrow('the time is over')
      await reached.promise
      timeout.abort(new Error('the time is over'))
      await outcome
    }
  })

  test('reads only the beginning of an answer that is too long', async () => {
    const { url } = await httpReceiver((response) => {
      const more = (): void => {
        if (response.destroyed) return
        response.write('x'.repeat(65_536), () => setImmediate(more))
      }
      response.writeHead(404)
      more()
    })
    await expect(open(url).sendMessage?.(message, call())).rejects.toThrow('answered 404')
  })

  test.each(['127.0.0.1', '2130706433', '0x7f.1', '0177.0.0.1', '[::ffff:127.0.0.1]', 'localhost', '127.1'])(
    'does not call this machine as %s unless it is allowed to',
    async (host) => {
      const { port, received } = await httpReceiver()
      const sending = open(`http://${host}:${port}`, { allowPrivateAddresses: false }).sendMessage?.(message, call())
      await expect(sending).rejects.toMatchObject({
        message: expect.stringContaining('allowPrivateAddresses'),
        retry: false,
      })
      expect(received).toEqual([])
    },
  )

  test('says what the network says where nobody answers, and that another attempt is worth it', async () => {
    const sending = open('http://127.0.0.1:1/secret-path').sendMessage?.(message, call())
    await expect(sending).rejects.toThrow(/^connect ECONNREFUSED 127\.0\.0\.1:1$/)
  })

  test('tells its secrets to nobody', async () => {
    const { url } = await httpReceiver((response, _, request) =>
      response.writeHead(400).end(request.path + JSON.stringify(request.headers) + request.body),
    )
    const said: string[] = []
    const { tracker } = newTracker({ onWarning: (warning) => said.push(warning) })
    const backend = open(`${url}/very-secret-path`, name === 'slackWebhook' ? {} : { secret })
    const connected = connectBackends({ tracker, backends: [backend] })
    tracker.notify(message)
    expect(await connected.flush()).toBe(false)
    said.push(JSON.stringify(connected.status()), JSON.stringify(backend), JSON.stringify(tracker.snapshot()))
    for (const text of said) expect(text).not.toMatch(/very-secret|whsec|MDEyMz/)
    expect(said.join()).toContain('400')
  })

  const refused: readonly (readonly [options: object, said: string])[] = [
    [{ url: undefined }, 'url'],
    [{ url: 'no url' }, 'a text that is no URL'],
    [{ url: 'ftp://example.com' }, 'ftp:'],
    [{ url: 'http://example.com/secret', allowHttp: false }, 'set allowHttp'],
    [{ url: 'https://user:secret@example.com' }, 'user name or password'],
    [{ url: 'https://example.com/secret', name: '' }, 'name'],
    [{ url: 'https://example.com/secret', ca: 'secret' }, 'ca'],
    ...(name === 'slackWebhook' ? [] : [[{ url: 'https://example.com', secret: 7 }, 'secret'] as const]),
  ]
  test.each(refused)('refuses %j, without repeating what may be secret', (options, said) => {
    const opening = () => open('https://example.com', { url: 'https://example.com', ...options })
    expect(opening).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID', message: expect.stringContaining(said) }),
    )
    expect(opening).toThrow(expect.objectContaining({ message: expect.not.stringMatching(/\/secret|:secret/) }))
  })
})

test('a message is sent again until it is taken, under one id', async () => {
  const { url, received } = await httpReceiver((response, count) => {
    if (count === 1) response.destroy()
    else response.writeHead(count === 2 ? 500 : 204).end()
  })
  const { tracker, clock } = newTracker()
  const connected = connectBackends({ tracker, backends: [webhook({ url, ...local })] })
  tracker.notify({ title: 'again', content: '' })
  while (connected.status()[0]?.messages.delivered !== 1) {
    await turn()
    if (clock.timers > 0 && connected.status()[0]?.lastError !== undefined) await clock.advance(500)
  }
  expect([received.length, new Set(received.map(({ headers }) => headers['webhook-id'])).size]).toEqual([3, 1])
  expect(connected.status()[0]).toMatchObject({ retries: 2, messages: { delivered: 1, failed: 0 } })
})

describe('webhook', () => {
  test('has a type, the time of the message and its texts', async () => {
    const { url, received } = await httpReceiver()
    await webhook({ url, ...local, headers: { 'x-team': 'a' } }).sendMessage?.(message, call('7'))
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({
      type: 'experiment.message',
      timestamp: '2030-01-01T00:00:00.000Z',
      data: { title: 'Run 7', content: 'done' },
    })
    expect(received[0]?.headers).toMatchObject({ 'x-team': 'a', 'webhook-id': 'msg_7' })
    expect(received[0]?.headers['webhook-signature']).toBeUndefined()
  })

  test('does not call again who has answered 410', async () => {
    const { url, received } = await httpReceiver((response) => response.writeHead(410).end())
    const backend = webhook({ url, ...local })
    await expect(backend.sendMessage?.(message, call())).rejects.toMatchObject({ retry: false })
    await expect(backend.sendMessage?.(message, call())).rejects.toThrow('wants no more')
    expect(received).toHaveLength(1)
  })

  test.each(['Webhook-Id', 'content-type', 'host', 'a b', 'x\n', ''])('refuses the header %j', (name) => {
    expect(() => webhook({ url: 'https://example.com', headers: { [name]: 'secret' } })).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID', message: expect.not.stringContaining('secret') }),
    )
  })

  test.each(['whsec_', 'whsec_short', `whsec_${'A'.repeat(100)}`, 'whsec_!!!!', []])(
    'refuses the secret %j',
    (refused) => {
      expect(() => webhook({ url: 'https://example.com', secret: refused })).toThrow('24 to 64 bytes')
    },
  )
})

describe('slackWebhook', () => {
  async function sent(
    title: string,
    content: string,
  ): Promise<{ text: string; blocks: { type: string; text: { text: string } }[] }> {
    const { url, received } = await httpReceiver((response) => response.end('ok'))
    await slackWebhook({ url, ...local }).sendMessage?.({ title, content, at: 0 }, call())
    return JSON.parse(received[0]?.body ?? '')
  }

  test('has a header and a section, in which nobody is called', async () => {
    expect(await sent('R&D', '<!channel> a > b')).toEqual({
      text: 'R&amp;D',
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: 'R&amp;D', emoji: false } },
        { type: 'section', text: { type: 'mrkdwn', text: '&lt;!channel&gt; a &gt; b', verbatim: true } },
      ],
    })
  })

  test('has as many sections as a long text takes, each within what Slack allows, and loses nothing', async () => {
    const content = `${'&'.repeat(700)}${'😀'.repeat(1_500)}${'line\n'.repeat(300)}`.slice(0, 4_096)
    const { text, blocks } = await sent('&'.repeat(256), content)
    expect(Math.max(...blocks.slice(1).map((block) => block.text.text.length))).toBeLessThanOrEqual(3_000)
    expect([blocks[0]?.text.text.length ?? 999, text.length].every((length) => length <= 150)).toBe(true)
    const joined = blocks
      .slice(1)
      .map((block) => block.text.text)
      .join('')
    expect(joined.replaceAll('&amp;', '&')).toBe(content)
    for (const block of blocks) expect(block.text.text.isWellFormed()).toBe(true)
  })

  test('says the word that Slack refuses with', async () => {
    const { url } = await httpReceiver((response) => response.writeHead(404).end('no_service'))
    await expect(slackWebhook({ url, ...local }).sendMessage?.(message, call())).rejects.toThrow(
      'Slack answered 404: no_service',
    )
  })
})

describe('feishuWebhook', () => {
  afterEach(() => void vi.useRealTimers())

  async function sent(options: object, given: object = message): Promise<Record<string, unknown>> {
    const { url, received } = await httpReceiver((response) => response.end('{"code":0,"msg":"success"}'))
    await feishuWebhook({ url, ...local, ...options }).sendMessage?.({ ...message, ...given }, call())
    return JSON.parse(received[0]?.body ?? '')
  }

  test('has a title and a paragraph for each line', async () => {
    expect(await sent({}, { content: 'one\ntwo' })).toEqual({
      msg_type: 'post',
      content: {
        post: { zh_cn: { title: 'Run 7', content: [[{ tag: 'text', text: 'one' }], [{ tag: 'text', text: 'two' }]] } },
      },
    })
  })

  test('is a text or a card where that is asked for, in which nobody is called', async () => {
    const content = '<at user_id="all">everyone</at> a < b'
    const text = (await sent({ format: 'text' }, { content })) as { content: { text: string } }
    expect(text.content.text).not.toMatch(/<\/?at/)
    expect(text.content.text.replaceAll('\u200b', '')).toBe(`Run 7\n${content}`)
    expect(await sent({ format: 'interactive' })).toEqual({
      msg_type: 'interactive',
      card: {
        header: { title: { tag: 'plain_text', content: 'Run 7' }, template: 'blue' },
        elements: [{ tag: 'div', text: { tag: 'plain_text', content: 'done' } }],
      },
    })
  })

  test('is signed with the time and the secret as the key, and nothing as the text', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_900_000_000_999 })
    // From hmac.new(b'1900000000\ndemo', digestmod=sha256) of Python.
    expect(await sent({ secret: 'demo' })).toMatchObject({
      timestamp: '1900000000',
      sign: 'QF0yjprS8qW42cpYYTjs0GyP08tro27EnkbBkqDPZsU=',
    })
  })

  test.each(['post', 'text', 'interactive'])('stays below 20 KB as %s, whatever the message', async (format) => {
    for (const content of ['测'.repeat(4_096), '\n'.repeat(4_096), '\u0001'.repeat(4_096), '"\\'.repeat(2_048)]) {
      const { content: body, card } = await sent({ format, secret: 'demo' }, { title: '测'.repeat(256), content })
      expect(Buffer.byteLength(JSON.stringify(body ?? card))).toBeLessThan(20_000)
    }
  })

  test.each([
    [
      '{"code":19021,"msg":"sign match fail or timestamp is not within one hour from current time"}',
      'code 19021: sign match',
      false,
    ],
    ['{"code":19024,"msg":"Key Words Not Found"}', 'code 19024', false],
    ['{"code":11232,"msg":"frequency limited"}', 'code 11232', true],
    ['{"StatusCode":9499}', 'code 9499', false],
    ['<html>', 'without a code', true],
  ])('takes %j as failed, although its status is 200', async (body, said, retry) => {
    const { url } = await httpReceiver((response) => response.end(body))
    const sending = feishuWebhook({ url, ...local }).sendMessage?.(message, call())
    await expect(sending).rejects.toMatchObject({ message: expect.stringContaining(said), retry })
  })

  test.each([
    [400, {}, '{"code":9499,"msg":"too many request","data":{}}', 'answered 400: code 9499: too many request', {}],
    [
      400,
      { 'x-ogw-ratelimit-reset': '52' },
      '{"code":99991400,"msg":"request trigger frequency limit"}',
      'answered 400: code 99991400: request trigger',
      { retryAfterMillis: 52_000 },
    ],
    [429, { 'x-ogw-ratelimit-reset': '3' }, '', 'answered 429', { retryAfterMillis: 3_000 }],
  ])(
    'waits and tries again where the answer is that there are too many: %i %j %s',
    async (status, headers, body, said, more) => {
      const { url } = await httpReceiver((response) => response.writeHead(status, headers).end(body))
      const sending = feishuWebhook({ url, ...local }).sendMessage?.(message, call())
      await expect(sending).rejects.toMatchObject({ message: expect.stringContaining(said), retry: true, ...more })
    },
  )

  test('says the code also where the status says that it failed', async () => {
    const { url } = await httpReceiver((response) =>
      response.writeHead(400).end('{"code":9499,"msg":"Bad Request","data":{}}'),
    )
    await expect(feishuWebhook({ url, ...local }).sendMessage?.(message, call())).rejects.toMatchObject({
      message: 'Feishu answered 400: code 9499: Bad Request',
      retry: false,
    })
  })
})
