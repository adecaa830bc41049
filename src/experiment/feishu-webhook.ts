import { createHmac } from 'node:crypto'
import { checkedOptions, isObject, type OptionChecks, settingUp } from '../base/checked-options.js'
import { systemClock } from '../base/clock.js'
import type { ExperimentMessage } from '../tracker/scalars.js'
import { DeliveryError, type ExperimentBackend } from './backend.js'
import { type HttpAnswer, isSuccess, send, statusError } from './http.js'
import { clip, plain } from './message-text.js'
import { connectionChecks, endpointOf, type WebhookConnectionOptions } from './webhook-options.js'

const formats = ['post', 'text', 'interactive'] as const
/** `post` has a title and lines, `text` is one text, `interactive` a card with a coloured head. */
export type FeishuFormat = (typeof formats)[number]

export interface FeishuWebhookOptions extends WebhookConnectionOptions {
  /** Of a custom bot, `https://open.feishu.cn/open-apis/bot/v2/hook/…` or on `open.larksuite.com`. It is a secret. */
  readonly url: string | URL
  /** From the bot's security settings, where signatures are switched on. */
  readonly secret?: string | undefined
  /** @defaultValue `'post'` */
  readonly format?: FeishuFormat | undefined
}

const checks: OptionChecks<FeishuWebhookOptions> = {
  ...connectionChecks,
  url: [(value) => typeof value === 'string' || isObject(value), 'a URL'],
  secret: [(value) => typeof value === 'string' && value !== '', 'the text of the security settings'],
  format: [(value) => formats.some((format) => format === value), formats.join(', ')],
}

/** A request may have 20 KB: three bytes for each unit of a text, and the rest for what is around its lines. */
const maxText = 4_500
const maxLines = 50
/** Too many messages for the bot, or for the platform. */
const frequencyCodes: ReadonlySet<unknown> = new Set([11232, 99991400])
/** Said of a body that is not understood, and of too many messages too: then only the text tells. */
const badRequest = 9499

/** The key is the time and the secret; what is signed is empty. */
function signatureOf(timestamp: string, secret: string): string {
  return createHmac('sha256', `${timestamp}\n${secret}`).update('').digest('base64')
}

/** In a text, a tag such as `<at user_id="all">` would call everybody. */
function withoutTags(text: string): string {
  return text.replace(/<(?=\/?at\b)/gi, '<\u200b')
}

function bodyOf(format: FeishuFormat, { title, content }: ExperimentMessage): Readonly<Record<string, unknown>> {
  const text = clip(plain(content), maxText)
  if (format === 'text') {
    const parts = [title, text].filter((part) => part !== '')
    return { msg_type: 'text', content: { text: withoutTags(parts.join('\n')) } }
  }
  if (format === 'interactive') {
    const header = { title: { tag: 'plain_text', content: title }, template: 'blue' }
    const elements = [{ tag: 'div', text: { tag: 'plain_text', content: text } }]
    return { msg_type: 'interactive', card: title === '' ? { elements } : { header, elements } }
  }
  const all = text.split('\n')
  const lines = [...all.slice(0, maxLines - 1), all.slice(maxLines - 1).join('\n')].slice(0, all.length)
  const paragraphs = lines.map((line) => [{ tag: 'text', text: line }])
  return { msg_type: 'post', content: { post: { zh_cn: { title, content: paragraphs } } } }
}

/** The code is what counts: a refusal comes with the status 200, and too many messages also with 400 and 429. */
function checkAnswer(answer: HttpAnswer): void {
  const { code: itself, StatusCode: older, msg } = readAnswer(answer.body)
  const code = itself ?? older
  if (isSuccess(answer) && code === 0) return
  const after = answer.headers['x-ogw-ratelimit-reset']
  const headers = typeof after === 'string' ? { 'retry-after': after, ...answer.headers } : answer.headers
  if (typeof code !== 'number' || code === 0) {
    if (!isSuccess(answer)) throw statusError('Feishu', { ...answer, headers })
    throw new DeliveryError('Feishu answered without a code: is the URL that of a custom bot?')
  }
  const said = typeof msg === 'string' && /^[\w ,.'-]{1,120}$/.test(msg) ? `: ${msg}` : ''
  const refused = statusError('Feishu', { ...answer, headers }, `code ${code}${said}`)
  const tooMany = frequencyCodes.has(code) || (code === badRequest && /^too many request/i.test(String(msg)))
  throw tooMany ? new DeliveryError(refused.message, { ...refused, retry: true }) : refused
}

function readAnswer(body: string): Readonly<Record<string, unknown>> {
  try {
    const answer: unknown = JSON.parse(body)
    return isObject(answer) ? answer : {}
  } catch {
    return {}
  }
}

/**
 * Sends messages to a Feishu or Lark group through a custom bot. Its name is `feishu` unless `name` says otherwise.
 *
 * @throws UnderwayError OPTIONS_INVALID
 */
export function feishuWebhook(given: FeishuWebhookOptions): ExperimentBackend {
  return settingUp('feishuWebhook(options)', () => {
    const options = checkedOptions('feishuWebhook', given, checks, ['url'])
    const endpoint = endpointOf('feishuWebhook({ url })', options.url, options)
    const { secret, format = 'post' } = options
    return {
      name: options.name ?? 'feishu',
      async sendMessage(message, { signal }) {
        // At every attempt, as Feishu refuses what was signed an hour ago.
        const timestamp = String(Math.floor(systemClock.wallMillis() / 1_000))
        const signed = secret === undefined ? {} : { timestamp, sign: signatureOf(timestamp, secret) }
        const body = JSON.stringify({ ...signed, ...bodyOf(format, message) })
        const headers = { 'content-type': 'application/json; charset=utf-8' }
        checkAnswer(await send(endpoint, { method: 'POST', headers, body, signal }))
      },
    }
  })
}
