import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { jsonLinesBackend } from '../../../src/experiment/index.js'
import { ActivityTracker, startUnderway } from '../../../src/index.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'underway-set-up-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const withoutSdk = { OTEL_SDK_DISABLED: 'true', UNDERWAY_LOG_LEVEL: 'none' }

describe('backends of startUnderway', () => {
  // Every signal kept off: what is set up is the backends alone, with an SDK and without one.
  test.each([
    ['with an SDK', {}],
    ['without one', withoutSdk],
  ])('get what is logged, are in status(), and are closed by shutdown(): %s', async (_, env) => {
    const path = join(folder, 'scalars.jsonl')
    const tracker = new ActivityTracker()
    const off = { traces: false, metrics: false, logs: false }
    const set = { tracker, env, ...off, experiment: { backends: [jsonLinesBackend({ path })] } }
    const underway = await startUnderway(set)
    tracker.logScalars({ loss: 1 }, { step: 1, run: 'r' })
    expect(await underway.flush()).toBe(true)
    expect(underway.status().experiment).toMatchObject([{ name: 'jsonl', scalars: { delivered: 1 } }])
    tracker.logScalars({ loss: 2 }, { step: 2, run: 'r' })
    expect(await underway.shutdown()).toBe(true)
    tracker.logScalars({ loss: 3 }, { step: 3, run: 'r' })
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
    expect(lines.map((line) => (JSON.parse(line) as { step: number }).step)).toEqual([1, 2])
  })

  test('come from the file that UNDERWAY_CONFIG names where the code names none', async () => {
    const path = join(folder, 'from-file.jsonl')
    writeFileSync(join(folder, 'c.yaml'), `logger: { backend: jsonl, jsonl: { path: ${path} } }`)
    const tracker = new ActivityTracker()
    const env = { ...withoutSdk, UNDERWAY_CONFIG: join(folder, 'c.yaml') }
    const underway = await startUnderway({ tracker, env })
    tracker.logScalars({ loss: 1 })
    await underway.shutdown()
    expect(readFileSync(path, 'utf8')).toContain('"loss":1')
  })

  test('that a file names and nobody has are a warning, and keep no program from starting', async () => {
    writeFileSync(join(folder, 'c.yaml'), 'logger: { backend: aim }')
    const env = { ...withoutSdk, UNDERWAY_CONFIG: join(folder, 'c.yaml') }
    const underway = await startUnderway({ tracker: new ActivityTracker(), env })
    expect(underway.status()).toMatchObject({ warnings: [expect.stringContaining("got 'aim'")] })
    expect(underway.status().experiment).toBeUndefined()
    await underway.shutdown()
  })

  test('that are wrong in the code are refused, and the next call may do better', async () => {
    const tracker = new ActivityTracker()
    const wrong = startUnderway({ tracker, env: withoutSdk, experiment: { backends: [{ name: 'nothing' }] } })
    await expect(wrong).rejects.toMatchObject({ code: 'OPTIONS_INVALID' })
    const underway = await startUnderway({ tracker, env: withoutSdk, experiment: { backends: [] } })
    expect(await underway.shutdown()).toBe(true)
  })
})
