import * as experiment from '../../src/experiment/index.js'
import { ActivityTracker } from '../../src/index.js'
import type { Door, Scene } from './hostile-doors.js'

const limitKeys = [
  'maxWaiting',
  'maxWaitingMessages',
  'maxBatch',
  'delayMillis',
  'timeoutMillis',
  'maxAttempts',
  'exitTimeoutMillis',
]
const webhookKeys = ['name', 'allowHttp', 'allowPrivateAddresses', 'ca', 'secret', 'format', 'headers']

/** Closes it, with as much time as that takes. */
async function ended(clock: Scene['clock'], connected: experiment.ConnectedBackends): Promise<void> {
  let over = false
  const closed = connected.close({ timeoutMillis: 0 }).then(() => {
    over = true
  })
  while (!over) await clock.advance(1)
  await closed
}

/** A connection to one backend of a tracker of its own, which does what `answer` does. */
async function withConnection(
  { clock }: Scene,
  answer: () => unknown,
  use: (connected: experiment.ConnectedBackends, tracker: ActivityTracker) => unknown,
): Promise<void> {
  const tracker = new ActivityTracker({ clock, onWarning: () => undefined })
  const backend = { name: 'hostile', writeScalars: answer, sendMessage: answer, flush: answer, close: answer }
  const connected = experiment.connectBackends({ tracker, backends: [backend], timeoutMillis: 0, maxAttempts: 1 })
  tracker.logScalars({ loss: 1 })
  tracker.notify({ title: 'title', content: 'content' })
  const used = use(connected, tracker)
  await ended(clock, connected)
  await used
}

/** Doors of `underway/experiment` that make something, and may refuse to. */
export const experimentSetUpDoors: Readonly<Record<string, Door>> = {
  'experiment connectBackends': async ({ clock }, draw) => {
    const tracker = new ActivityTracker({ clock, onWarning: () => undefined })
    const good = { tracker, backends: [{ name: 'good', writeScalars: () => draw.value() }] }
    const connected = experiment.connectBackends(draw.options(good, [...limitKeys, 'backends']) as never)
    await ended(clock, connected)
  },
  'experiment configuredBackends': (_, draw) =>
    void experiment.configuredBackends(draw.options({ env: {} }, ['file', 'env']) as never),
  'experiment consoleBackend': (_, draw) => {
    const stream = { write: () => draw.value() }
    void experiment.consoleBackend(draw.options({ stream }, ['name', 'maxRows', 'maxColumns']) as never)
  },
  'experiment jsonLinesBackend': (_, draw) =>
    void experiment.jsonLinesBackend(draw.options({ path: '/nowhere' }, ['name', 'path']) as never),
  'experiment tensorBoardBackend': (_, draw) =>
    void experiment.tensorBoardBackend(draw.options({ logDir: '/nowhere' }, ['name', 'logDir']) as never),
  'experiment wandbBackend': (_, draw) =>
    void experiment.wandbBackend(draw.options({ directory: '/nowhere' }, ['name', 'directory', 'project']) as never),
  'experiment mlflowBackend': (_, draw) => {
    const good = { trackingUri: 'http://127.0.0.1:1', experiment: 'e' }
    const keys = ['trackingUri', 'experiment', 'reuseRuns', 'token', 'headers', 'ca', 'name']
    void experiment.mlflowBackend(draw.options(good, keys) as never)
  },
  'experiment slackWebhook': (_, draw) =>
    void experiment.slackWebhook(draw.options({ url: 'https://example.com' }, [...webhookKeys, 'url']) as never),
  'experiment feishuWebhook': (_, draw) =>
    void experiment.feishuWebhook(draw.options({ url: 'https://example.com' }, [...webhookKeys, 'url']) as never),
  'experiment webhook': (_, draw) =>
    void experiment.webhook(draw.options({ url: 'https://example.com' }, [...webhookKeys, 'url']) as never),
}

/** What connecting returns; its methods throw nothing, whatever the backends do. */
export const connectionDoors: Readonly<Record<string, Door>> = {
  'experiment ConnectedBackends.status': (at, draw) =>
    withConnection(
      at,
      () => draw.value(),
      (connected) => void connected.status(),
    ),
  'experiment ConnectedBackends.flush': (at, draw) =>
    withConnection(
      at,
      () => Promise.reject(draw.value()),
      (connected) => void connected.flush(draw.value() as never),
    ),
  'experiment ConnectedBackends.close': (at, draw) =>
    withConnection(
      at,
      () => {
        throw draw.value()
      },
      (connected) => void connected.close(draw.value() as never),
    ),
  'experiment ConnectedBackends.[asyncDispose]': async ({ clock }) => {
    const tracker = new ActivityTracker({ clock, onWarning: () => undefined })
    await experiment.connectBackends({ tracker, backends: [] })[Symbol.asyncDispose]()
  },
}
