import { expect, test } from 'vitest'
import { webhook } from '../../../src/experiment/index.js'
import { httpReceiver } from '../../support/http-receiver.js'
import { installVerifier } from '../../support/install-webhooks.js'

const verifier = installVerifier()
if (typeof verifier === 'string') console.warn(`skipped: ${verifier}`)

function secretOf(letter: string): string {
  return `whsec_${Buffer.from(letter.repeat(32)).toString('base64')}`
}

async function received(
  secret: string | readonly string[],
): Promise<{ body: string; headers: Record<string, string> }> {
  const { url, received: requests } = await httpReceiver()
  const backend = webhook({ url, secret, allowHttp: true, allowPrivateAddresses: true })
  const call = { id: 'a1b2', signal: new AbortController().signal }
  await backend.sendMessage?.({ title: 'Ünïcode', content: '"quoted" 测试\n', at: Date.now() }, call)
  const [request] = requests
  return { body: request?.body ?? '', headers: request?.headers as Record<string, string> }
}

test.skipIf(typeof verifier === 'string')(
  'the verifier of Standard Webhooks accepts what a webhook signs',
  async () => {
    if (typeof verifier === 'string') return
    const { body, headers } = await received(secretOf('a'))
    expect(verifier(secretOf('a')).verify(body, headers)).toMatchObject({
      type: 'experiment.message',
      data: { title: 'Ünïcode', content: '"quoted" 测试\n' },
    })
    expect(() => verifier(secretOf('b')).verify(body, headers)).toThrow('No matching signature found')
    expect(() => verifier(secretOf('a')).verify(`${body} `, headers)).toThrow('No matching signature found')
    expect(() => verifier(secretOf('a')).verify(body, { ...headers, 'webhook-id': 'msg_other' })).toThrow(
      'No matching signature found',
    )
  },
)

test.skipIf(typeof verifier === 'string')('while a secret is changed, the verifier accepts either', async () => {
  if (typeof verifier === 'string') return
  const { body, headers } = await received([secretOf('a'), secretOf('b')])
  for (const letter of ['a', 'b'])
    expect(verifier(secretOf(letter)).verify(body, headers)).toMatchObject({ type: 'experiment.message' })
})
