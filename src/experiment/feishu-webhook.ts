import { createHmac } from 'node:crypto'
import { checkedOptions, isObject, type OptionChecks, settingUp } from '../base/checked-options.js'
import { systemClock } from '../base/clock.js'
import type { ExperimentMessage } from '../tracker/scalars.js'
import { DeliveryError, type ExperimentBackend } from './backend.js'
import { requireOptions } from './backend-options.js'
import { isSuccess, send, statusError } from './http.js'
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
const frequencyCodes: ReadonlySet<number> = new Set([11232, 99991400])

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

/** The code is what counts: a refusal comes with the status 200. */
function checkCode(body: string): void {
  const answer = readAnswer(body)
  const code = answer['code'] ?? answer['StatusCode']
  if (code === 0) return
  if (typeof code !== 'number')
    throw new DeliveryError('Feishu answered without a code: is the URL that of a custom bot?')
  const said = typeof answer['msg'] === 'string' && /^[\w ,.'-]{1,120}$/.test(answer['msg']) ? `: ${answer['msg']}` : ''
  throw new DeliveryError(`Feishu refused it with code ${code}${said}`, { retry: frequencyCodes.has(code) })
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
    const options = requireOptions('feishuWebhook', checkedOptions('feishuWebhook', given, checks), ['url'])
    const endpoint = endpointOf('feishuWebhook', options.url, options)
    const { secret, format = 'post' } = options
    return {
      name: options.name ?? 'feishu',
      async sendMessage(message, { signal }) {
        // At every attempt, as Feishu refuses what was signed an hour ago.
        const timestamp = String(Math.floor(systemClock.wallMillis() / 1_000))
        const signed = secret === undefined ? {} : { timestamp, sign: signatureOf(timestamp, secret) }
        const body = JSON.stringify({ ...signed, ...bodyOf(format, message) })
        const headers = { 'content-type': 'application/json; charset=utf-8' }
        const answer = await send(endpoint, { method: 'POST', headers, body, signal })
        if (isSuccess(answer)) return checkCode(answer.body)
        throw statusError('Feishu', answer)
      },
    }
  })
}
