import { describe, expect, test } from 'vitest'
import {
  configuredBackends,
  connectBackends,
  consoleBackend,
  feishuWebhook,
  jsonLinesBackend,
  mlflowBackend,
  slackWebhook,
  tensorBoardBackend,
  wandbBackend,
  webhook,
} from '../../../src/experiment/index.js'
import {
  answerHealthChecks,
  drain,
  drainOnSignals,
  httpHealthCheck,
  monitorHealth,
  startWatchdog,
  stuckLeaves,
  watchSilence,
} from '../../../src/health/index.js'
import { ActivityTracker, startActivity, startUnderway } from '../../../src/index.js'
import { registerInstruments, registerLifecycleLogs, scalarProducer, scalarReader } from '../../../src/otel/index.js'
import { terminalView } from '../../../src/terminal/index.js'
import { expectQuiescent } from '../../../src/testing/index.js'
import { newTracker } from '../../support/tracked.js'

async function messageOf(call: () => unknown): Promise<string> {
  const thrown = await (async () => call())().catch((error: unknown) => error)
  expect(thrown).toMatchObject({ code: 'OPTIONS_INVALID' })
  return (thrown as Error).message
}

const { tracker } = newTracker()

describe('a set-up call refuses an option that it does not have, and names those that it has', () => {
  test.each<[string, (options: never) => unknown]>([
    ['new ActivityTracker', (options) => new ActivityTracker(options)],
    ['registerInstruments', registerInstruments],
    ['registerLifecycleLogs', registerLifecycleLogs],
    ['scalarReader', scalarReader],
    ['scalarProducer', scalarProducer],
    ['terminalView', terminalView],
    ['startUnderway', startUnderway],
    ['expectQuiescent', expectQuiescent],
    ['connectBackends', connectBackends],
    ['configuredBackends', configuredBackends],
    ['consoleBackend', consoleBackend],
    ['jsonLinesBackend', jsonLinesBackend],
    ['tensorBoardBackend', tensorBoardBackend],
    ['wandbBackend', wandbBackend],
    ['mlflowBackend', mlflowBackend],
    ['slackWebhook', slackWebhook],
    ['feishuWebhook', feishuWebhook],
    ['webhook', webhook],
    ['monitorHealth', monitorHealth],
    ['watchSilence', watchSilence],
    ['startWatchdog', startWatchdog],
    ['stuckLeaves', stuckLeaves],
    ['answerHealthChecks', answerHealthChecks],
    ['drain', drain],
    ['drainOnSignals', drainOnSignals],
    ['httpHealthCheck', (options) => httpHealthCheck('http://127.0.0.1', options)],
  ])('%s', async (name, call) => {
    const message = await messageOf(() => call({ mistyped: 1 } as never))
    expect(message).toMatch(/^.*\(\{ mistyped \}\): unknown option; known are \w+/)
    expect(message.startsWith(name)).toBe(true)
  })

  test.each<[string, () => unknown, string]>([
    [
      'a port',
      () => startWatchdog({ port: 9090 } as never),
      'startWatchdog({ port }): unknown option; known are tracker,',
    ],
    [
      'a port of probes',
      () => startWatchdog({ tracker, probes: 9090 as never }),
      'startWatchdog({ probes }): expected an object such as { port: 9090 }',
    ],
    [
      'a mistyped port of probes',
      () => startWatchdog({ tracker, probes: { prot: 9090 } as never }),
      'startWatchdog({ probes: { prot } }): unknown option; known are port, host, details',
    ],
    [
      'a health check',
      () => tracker.registerModule('A', { healthcheck: () => true } as never),
      "registerModule('A', { healthcheck }): unknown option; known are healthCheck, group",
    ],
    [
      'a threshold',
      () => new ActivityTracker({ errorThresholds: { error: 3 } as never }),
      'new ActivityTracker({ errorThresholds }): expected an object { errors, warnings } of numbers',
    ],
  ])('also of %s', async (_what, call, said) => {
    expect(await messageOf(call)).toContain(said)
  })

  test('a name that is long is cut', async () => {
    expect(await messageOf(() => consoleBackend({ ['x'.repeat(10_000)]: 1 } as never))).toHaveLength(
      'consoleBackend({  }): unknown option; known are name, stream, maxRows, maxColumns'.length + 80,
    )
  })
})

describe('what is given in place of the options is refused', () => {
  test('a tracker, of which a test would otherwise ask nothing', async () => {
    startActivity({ tracker, name: 'left open' }).complete()
    expect(await messageOf(() => expectQuiescent(tracker as never))).toBe(
      'expectQuiescent(options): options must be an object, got an instance of ActivityTracker; give { tracker }',
    )
  })

  test('a list of backends', async () => {
    expect(await messageOf(() => connectBackends([consoleBackend()] as never))).toBe(
      'connectBackends(options): options must be an object, got a list; give { backends }',
    )
  })

  test('but an object of a class that has the options is as good as any', () => {
    class Settings {
      name = 'mine'
      get maxRows(): number {
        return 3
      }
    }
    expect(consoleBackend(new Settings()).name).toBe('mine')
  })
})

test('an option that has no default is named where it is missing, with what it may be', async () => {
  expect(await messageOf(() => connectBackends({} as never))).toBe(
    'connectBackends({ backends }): it is missing, and there is no default; expected a list of backends, such as consoleBackend(), each with a name and writeScalars or sendMessage',
  )
  expect(await messageOf(() => mlflowBackend({ trackingUri: 'http://127.0.0.1:5000' } as never))).toBe(
    'mlflowBackend({ experiment }): it is missing, and there is no default; expected a text of 500 characters at most',
  )
})

test('the URL of a tracking server is refused under the name that it was given by', async () => {
  expect(await messageOf(() => mlflowBackend({ trackingUri: 'localhost:5000', experiment: 'x' }))).toBe(
    'mlflowBackend({ trackingUri }): expected an http or https URL, got localhost:',
  )
})
