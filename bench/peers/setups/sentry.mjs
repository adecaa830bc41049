import * as sentry from '@sentry/node'
import { nested } from '../../variants/functions.ts'
import { spansOf } from './spans.ts'

/** Counts the spans of the envelopes that it is given. */
function countingTransport() {
  const counts = { exported: 0, nested: 0 }
  const transport = () => ({
    send([, items]) {
      for (const [{ type }, payload] of items) {
        if (type !== 'span') continue
        counts.exported += payload.items.length
        for (const { parent_span_id } of payload.items) if (parent_span_id !== undefined) counts.nested += 1
      }
      return Promise.resolve({ statusCode: 200 })
    },
    flush: () => Promise.resolve(true),
  })
  return { transport, counts }
}

/** `startSpan` after `init` with everything that is on by default, every trace sampled. */
export async function setup({ name, variant }) {
  const { transport, counts } = countingTransport()
  const integrations = (all) =>
    name === 'sentry-no-context' ? all.filter((integration) => integration.name !== 'Context') : all
  sentry.init({ dsn: 'http://public@127.0.0.1:9/1', tracesSampleRate: 1, transport, integrations })
  const wrap = (span, _line, fn) => (n) => sentry.startSpan({ name: span }, () => fn(n))
  const way = { flush: () => sentry.flush(10_000), counted: () => counts }
  return { iteration: nested(variant.async, wrap), ...spansOf(way) }
}
