import { checkedOptions, isObject, type OptionChecks, settingUp } from '../base/checked-options.js'
import type { ExperimentMessage } from '../tracker/scalars.js'
import type { ExperimentBackend } from './backend.js'
import { isSuccess, send, statusError } from './http.js'
import { pieces } from './message-text.js'
import { connectionChecks, endpointOf, type WebhookConnectionOptions } from './webhook-options.js'

export interface SlackWebhookOptions extends WebhookConnectionOptions {
  /** Of an incoming webhook, `https://hooks.slack.com/services/…`. It is a secret: whoever has it can post. */
  readonly url: string | URL
}

const checks: OptionChecks<SlackWebhookOptions> = {
  ...connectionChecks,
  url: [(value) => typeof value === 'string' || isObject(value), 'a URL'],
}

/** The bounds that Slack documents for a header and for a section. */
const maxHeader = 150
const maxSection = 3_000

/** The three characters that mean something in Slack's texts, mentions such as `<!channel>` among them. */
function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
}

function heading(text: string): string {
  const whole = escaped(text)
  return whole.length <= maxHeader ? whole : `${pieces(whole, maxHeader - 1)[0]}…`
}

function payloadOf({ title, content }: ExperimentMessage): string {
  const header = { type: 'header', text: { type: 'plain_text', text: heading(title), emoji: false } }
  const sections = pieces(escaped(content), maxSection).map((text) => ({
    type: 'section',
    text: { type: 'mrkdwn', text, verbatim: true },
  }))
  return JSON.stringify({
    // Shown where blocks are not, such as in notifications.
    text: heading(title === '' ? content : title),
    blocks: title === '' ? sections : [header, ...sections],
  })
}

/**
 * Sends messages to a Slack channel through an incoming webhook. Its name is `slack` unless `name` says otherwise.
 *
 * @throws UnderwayError OPTIONS_INVALID
 */
export function slackWebhook(given: SlackWebhookOptions): ExperimentBackend {
  return settingUp('slackWebhook(options)', () => {
    const options = checkedOptions('slackWebhook', given, checks, ['url'])
    const endpoint = endpointOf('slackWebhook({ url })', options.url, options)
    return {
      name: options.name ?? 'slack',
      async sendMessage(message, { signal }) {
        const headers = { 'content-type': 'application/json; charset=utf-8' }
        const answer = await send(endpoint, { method: 'POST', headers, body: payloadOf(message), signal })
        if (isSuccess(answer)) return
        // Slack answers with one word, such as `invalid_payload`; anything else may repeat what it was sent.
        throw statusError('Slack', answer, /^[a-z_]{1,60}$/.test(answer.body) ? answer.body : '')
      },
    }
  })
}
