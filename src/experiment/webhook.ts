import { createHmac } from 'node:crypto'
import { checkedOptions, isObject, isTexts, type OptionChecks, settingUp } from '../base/checked-options.js'
import { systemClock } from '../base/clock.js'
import { UnderwayError } from '../base/underway-error.js'
import { DeliveryError, type ExperimentBackend } from './backend.js'
import { isSuccess, send, statusError } from './http.js'
import { connectionChecks, endpointOf, type WebhookConnectionOptions } from './webhook-options.js'

export interface WebhookOptions extends WebhookConnectionOptions {
  readonly url: string | URL
  /**
   * Signs what is sent, as Standard Webhooks says: `whsec_` and 24 to 64 bytes in base64. Several are for a change of
   * secrets: the receiver accepts either. @defaultValue not signed
   */
  readonly secret?: string | readonly string[] | undefined
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

const prefix = 'whsec_'
const secretBytes = { least: 24, most: 64 } as const

function keyOf(secret: unknown): Buffer | undefined {
  if (typeof secret !== 'string') return undefined
  const encoded = secret.startsWith(prefix) ? secret.slice(prefix.length) : secret
  if (!/^[\w+/-]+={0,2}$/.test(encoded)) return undefined
  const key = Buffer.from(encoded, 'base64')
  return key.length >= secretBytes.least && key.length <= secretBytes.most ? key : undefined
}

function secretsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value]
}

const checks: OptionChecks<WebhookOptions> = {
  ...connectionChecks,
  url: [(value) => typeof value === 'string' || isObject(value), 'a URL'],
  secret: [
    (value) => secretsOf(value).length > 0 && secretsOf(value).every((secret) => keyOf(secret) !== undefined),
    `${prefix} and ${secretBytes.least} to ${secretBytes.most} bytes in base64, or a list of such texts`,
  ],
  headers: [isTexts, 'an object of texts'],
}

/** The names that this backend writes itself. */
const ownHeaders = /^(webhook-(id|timestamp|signature)|content-(type|length)|host|connection|transfer-encoding)$/i

function headersOf(given: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(given)) {
    const fits = /^[\w!#$%&'*+.^`|~-]+$/.test(name) && !ownHeaders.test(name) && /^[\t\x20-\x7e]*$/.test(value)
    // Not the value, which may be a secret.
    if (!fits)
      throw new UnderwayError(
        'OPTIONS_INVALID',
        `webhook({ headers }): '${name.slice(0, 80)}' is the webhook's own, or has characters that a header cannot have`,
      )
  }
  return { ...given }
}

/**
 * Sends messages as JSON, `{ type: 'experiment.message', timestamp, data: { title, content } }`, with the headers of
 * Standard Webhooks. A receiver that answers 410 is not called again. Its name is `webhook` unless `name` says otherwise.
 *
 * @throws UnderwayError OPTIONS_INVALID
 */
export function webhook(given: WebhookOptions): ExperimentBackend {
  return settingUp('webhook(options)', () => {
    const options = checkedOptions('webhook', given, checks, ['url'])
    const endpoint = endpointOf('webhook({ url })', options.url, options)
    const headers = headersOf(options.headers)
    const keys = options.secret === undefined ? [] : secretsOf(options.secret).flatMap((secret) => keyOf(secret) ?? [])
    let gone = false
    return {
      name: options.name ?? 'webhook',
      async sendMessage({ title, content, at }, { signal, id }) {
        if (gone) throw new DeliveryError('the webhook has answered 410: it wants no more', { retry: false })
        const body = JSON.stringify({
          type: 'experiment.message',
          timestamp: new Date(at).toISOString(),
          data: { title, content },
        })
        const answer = await send(endpoint, {
          method: 'POST',
          headers: { ...headers, ...signed(id, body) },
          body,
          signal,
        })
        if (answer.status === 410) gone = true
        if (!isSuccess(answer)) throw statusError('the webhook', answer)
      },
    }

    function signed(id: string, body: string): Readonly<Record<string, string>> {
      const timestamp = String(Math.floor(systemClock.wallMillis() / 1_000))
      const sign = (key: Buffer): string =>
        `v1,${createHmac('sha256', key).update(`msg_${id}.${timestamp}.${body}`).digest('base64')}`
      return {
        'content-type': 'application/json',
        'webhook-id': `msg_${id}`,
        'webhook-timestamp': timestamp,
        ...(keys.length === 0 ? {} : { 'webhook-signature': keys.map(sign).join(' ') }),
      }
    }
  })
}
