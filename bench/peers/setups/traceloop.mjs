import * as traceloop from '@traceloop/node-server-sdk'
import { countingExporter } from '../../sdk.ts'
import { nested } from '../../variants/functions.ts'
import { spansOf } from './spans.ts'

/** `withTask` after `initialize`, which brings its own SDK; the prompt registry, which asks its server, is off. */
export async function setup() {
  const { exporter, counted } = countingExporter()
  traceloop.initialize({
    appName: 'bench',
    exporter,
    traceloopSyncEnabled: false,
    silenceInitializationMessage: true,
  })
  const wrap = (name, _line, fn) => (n) => traceloop.withTask({ name }, fn, n)
  return { iteration: nested(true, wrap), ...spansOf({ flush: () => traceloop.forceFlush(), counted }) }
}
