import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { runNode } from '../../support/child-process.js'
import { OtlpReceiver } from '../../support/otlp-receiver.js'
import { repositoryRoot } from '../../support/repository.js'

const program = join(import.meta.dirname, 'fixtures/program.mjs')
const register = join(repositoryRoot, 'dist/setup/register.js')

async function receiver(...args: Parameters<typeof OtlpReceiver.start>): Promise<OtlpReceiver> {
  const started = await OtlpReceiver.start(...args)
  onTestFinished(() => started[Symbol.asyncDispose]())
  return started
}

function run(endpoint: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return runNode(args, {
    cwd: repositoryRoot,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SERVICE_NAME: 'trainer', ...env },
  })
}

/** What arrives does not depend on how busy the machine is; how long the end takes is for the benchmark to say. */
const unhurried = { exitTimeoutMillis: 30_000 }

const works = (count: number): string[] => Array.from({ length: count }, () => 'work')

describe('a process that ends', () => {
  test('by itself delivers its spans without any call', async () => {
    const collector = await receiver()
    expect(await run(collector.endpoint, [program, 'natural'])).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(collector.names('traces')).toEqual(['work'])
    expect(collector.received[0]?.resource).toMatchObject({
      'service.name': 'trainer',
      'service.instance.id': expect.stringMatching(/^[\da-f-]{36}$/),
    })
  })

  test('after 10,000 spans in one turn of the event loop delivers 10,000', async () => {
    const collector = await receiver()
    expect(await run(collector.endpoint, [program, 'burst', JSON.stringify(unhurried)])).toMatchObject({
      code: 0,
      stderr: '',
    })
    expect(collector.names('traces')).toHaveLength(10_000)
  })

  test('by process.exit hands over 1,000 of 1,000 spans and keeps its exit code', async () => {
    const collector = await receiver()
    expect(await run(collector.endpoint, [program, 'exit', JSON.stringify(unhurried)])).toMatchObject({
      code: 3,
      stderr: '',
    })
    expect(collector.names('traces')).toEqual(works(1_000))
  })

  test.each(['throw', 'reject'])('by an error that nobody handles hands over 1,000 of 1,000 spans: %s', async (how) => {
    const collector = await receiver()
    const { code, stderr } = await run(collector.endpoint, [program, how, JSON.stringify(unhurried)])
    expect(code).toBe(1)
    expect(stderr).toContain(how === 'throw' ? 'Error: uncaught' : 'Error: unhandled')
    expect(collector.names('traces')).toEqual(works(1_000))
  })

  test.each([
    ['the application handles by shutting down', 'await-shutdown', unhurried, 0, null],
    ['flushOnSignals handles', 'signal', { ...unhurried, flushOnSignals: true }, null, 'SIGTERM'],
  ])('by a signal that %s delivers 10,000 of 10,000 spans', async (_how, what, options, code, signal) => {
    const collector = await receiver()
    const child = spawn(process.execPath, [program, what, JSON.stringify(options)], {
      cwd: repositoryRoot,
      env: { ...process.env, NODE_OPTIONS: '', OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([code, signal])
    expect(collector.names('traces')).toEqual(works(10_000))
  })
})

describe('a collector that does not work delays the end by a second at most', () => {
  /** Generous to a busy machine: the exporters of the SDK hold a process for ten seconds. */
  const mostMillis = 3_000

  test.each([
    ['when it hangs', 'time-exit'],
    ['when it hangs and a flush has run out of time', 'time-exit-after-flush'],
  ])('%s', async (_when, what) => {
    const collector = await receiver(() => {})
    const { code, stdout, stderr } = await run(collector.endpoint, [program, what])
    const { millis, ...queue } = JSON.parse(stdout) as { readonly millis: number }
    expect({ code, queue }).toMatchObject({ code: 0, queue: { failed: 1, pending: 0 } })
    expect(stderr.match(/UNDERWAY_\w+/g)).toEqual(['UNDERWAY_EXPORT_FAILED'])
    expect(millis).toBeLessThan(mostMillis)
  })

  test('when nobody listens', async () => {
    const gone = await OtlpReceiver.start()
    const { endpoint } = gone
    await gone[Symbol.asyncDispose]()
    const { code, stdout, stderr } = await run(endpoint, [program, 'time-exit'])
    const { millis, ...queue } = JSON.parse(stdout) as { readonly millis: number }
    expect({ code, queue }).toMatchObject({ code: 0, queue: { failed: 1, pending: 0 } })
    expect(stderr.match(/UNDERWAY_\w+.*?ECONNREFUSED/g)).toHaveLength(1)
    expect(millis).toBeLessThan(mostMillis)
  })

  test('when it hangs and process.exit is called', async () => {
    const collector = await receiver(() => {})
    expect(await run(collector.endpoint, [program, 'exit'])).toEqual({ code: 3, stdout: '', stderr: '' })
  })
})

test('a process that may start no child ends as it would, without a hand-over', async () => {
  const collector = await receiver()
  const { code, stderr } = await run(collector.endpoint, ['--permission', '--allow-fs-read=*', program, 'exit'])
  expect({ code, stderr }).toEqual({ code: 3, stderr: expect.not.stringContaining('ERR_ACCESS_DENIED') })
  expect(collector.names('traces')).toEqual([])
})

test.each([
  ['debug', 'Registered a global for trace'],
  ['error', ''],
])('under OTEL_LOG_LEVEL=%s the SDK says what it has to say', async (level, says) => {
  const collector = await receiver()
  const { stdout } = await run(collector.endpoint, [program, 'natural'], { OTEL_LOG_LEVEL: level })
  if (says === '') expect(stdout).toBe('')
  else expect(stdout).toContain(says)
})

describe('underway/register', () => {
  test('sets a process up that knows nothing of it', async () => {
    const collector = await receiver()
    expect(await run(collector.endpoint, ['--import', register, program, 'registered'])).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    })
    expect(collector.names('traces')).toEqual(['work'])
    expect(collector.received[0]?.resource['service.name']).toBe('trainer')
  })

  test.each(['worker', 'fork'])('sets a %s up too, under an instance of its own', async (what) => {
    const collector = await receiver()
    const parent = join(import.meta.dirname, 'fixtures/parent.mjs')
    expect(await run(collector.endpoint, ['--import', register, parent, what])).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    })
    expect(collector.names('traces').sort()).toEqual(['parent', 'work'])
    const instances = collector.received.flatMap(({ path, resource }) =>
      path === '/v1/traces' ? [resource['service.instance.id']] : [],
    )
    expect(new Set(instances).size).toBe(2)
  })

  test('through NODE_OPTIONS does the same', async () => {
    const collector = await receiver()
    const { code, stderr } = await run(collector.endpoint, [program, 'registered'], {
      NODE_OPTIONS: `--import=${register}`,
    })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(collector.names('traces')).toEqual(['work'])
  })

  test.each([
    ['warn', 'underway/register set nothing up: nope.yaml: there is no such file'],
    ['none', ''],
  ])('says at the level %s that nothing was set up, and why, and lets the program run', async (level, says) => {
    const collector = await receiver()
    const { code, stderr } = await run(collector.endpoint, ['--import', register, program, 'registered'], {
      UNDERWAY_CONFIG: 'nope.yaml',
      UNDERWAY_LOG_LEVEL: level,
    })
    expect(code).toBe(0)
    if (says === '') expect(stderr).toBe('')
    else expect(stderr).toContain(says)
    expect(collector.received).toEqual([])
  })

  test.each(['UNDERWAY_DISABLED', 'OTEL_SDK_DISABLED'])('exports nothing under %s', async (name) => {
    const collector = await receiver()
    const { code } = await run(collector.endpoint, ['--import', register, program, 'registered'], { [name]: 'true' })
    expect(code).toBe(0)
    expect(collector.received).toEqual([])
  })
})
