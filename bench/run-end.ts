import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { OtlpReceiver } from '../test/support/otlp-receiver.ts'
import type { Collector, End } from './ends.ts'

export interface EndOutcome {
  /** From the start of the process to its end. */
  readonly wholeMillis: number
  /** From the last line of the application, or from the signal, until the process is gone. */
  readonly endMillis: number
  /** Spans at the receiver. */
  readonly arrived: number
}

const nothing = { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' }

function receiverFor(collector: Collector): Promise<OtlpReceiver> {
  return collector === 'hanging' ? OtlpReceiver.start(() => {}) : OtlpReceiver.start()
}

/** Runs an application once and measures its end. @throws if it did not come to the end of its work */
export async function runEnd({ app, how, collector, spans }: End): Promise<EndOutcome> {
  const receiver = await receiverFor(collector)
  const { endpoint } = receiver
  // The port of a receiver that was closed refuses connections.
  if (collector === 'dead') await receiver[Symbol.asyncDispose]()
  try {
    const since = Date.now()
    const child = spawn(process.execPath, [join(import.meta.dirname, 'ends', `${app}.mjs`), how, `${spans}`], {
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
        ...(collector === 'off' ? nothing : {}),
      },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const gone = once(child, 'exit').then(() => Date.now())
    const said = await Promise.race([
      once(child.stdout, 'data').then(([line]) => Number(line)),
      gone.then(() => Number.NaN),
    ])
    const signalled = Date.now()
    if (how === 'signal') child.kill('SIGTERM')
    const ended = await gone
    if (Number.isNaN(said)) throw new Error(`${app}, ${how}: ended before its work was done`)
    return {
      wholeMillis: ended - since,
      endMillis: ended - (how === 'signal' ? signalled : said),
      arrived: receiver.names('traces').length,
    }
  } finally {
    if (collector !== 'dead') await receiver[Symbol.asyncDispose]()
  }
}
