import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { runNode } from '../../support/child-process.js'
import { copyPackageToSdk2, installSdk2, sdk2Folder } from '../../support/install-sdk2.mjs'
import { succeeded } from '../../support/installed-project.js'
import { OtlpReceiver } from '../../support/otlp-receiver.js'
import { repositoryRoot } from '../../support/repository.js'

const contract = join(import.meta.dirname, 'fixtures/sdk-contract.mjs')

interface Outcome {
  readonly passed: readonly string[]
  readonly api: string
  readonly sdk: string
}

async function runContract(file: string): Promise<Outcome> {
  const { stdout, stderr } = succeeded(await runNode([file], { cwd: repositoryRoot }))
  expect(stderr).toBe('')
  return JSON.parse(stdout) as Outcome
}

test('the built package keeps the contract with SDK 3.x and api 1.10', async () => {
  const outcome = await runContract(contract)
  expect(outcome).toMatchObject({ api: expect.stringMatching(/^1\.10\./), sdk: expect.stringMatching(/^3\./) })
  expect(outcome.passed).toHaveLength(15)
})

const missing = installSdk2()
if (missing !== undefined) console.warn(`skipped: ${missing}`)

describe.skipIf(missing !== undefined)('with the packages of the 2.x line', () => {
  const modules = join(sdk2Folder, 'node_modules')

  beforeAll(() => {
    copyPackageToSdk2()
    copyFileSync(contract, join(modules, 'sdk-contract.mjs'))
    for (const name of ['program.mjs', 'all-signals.mjs'])
      copyFileSync(join(import.meta.dirname, '../setup/fixtures', name), join(modules, name))
  })

  test('the built package keeps the contract with SDK 2.x and api 1.9', async () => {
    const outcome = await runContract(join(modules, 'sdk-contract.mjs'))
    expect(outcome).toMatchObject({ api: expect.stringMatching(/^1\.9\./), sdk: expect.stringMatching(/^2\./) })
    expect(outcome.passed).toHaveLength(15)
  })

  test('what is given to SDK 2.x has its types', async () => {
    const [tsc, source] = ['node_modules/typescript/bin/tsc', 'test/types/scalar-shapes.ts']
    const file = join(modules, 'scalar-shapes.ts')
    copyFileSync(join(repositoryRoot, source), file)
    const options = '--noEmit --strict --exactOptionalPropertyTypes --skipLibCheck --ignoreConfig'.split(' ')
    const target = '--module nodenext --target es2023 --lib es2023,esnext.disposable,dom'.split(' ')
    const result = await runNode([join(repositoryRoot, tsc), ...options, ...target, file], { cwd: modules })
    expect(result).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  test.each([
    ['natural', 0, 1],
    ['burst', 0, 10_000],
    ['exit', 3, 1_000],
  ])('startUnderway sets SDK 2.x up and delivers: %s', async (what, code, spans) => {
    const collector = await OtlpReceiver.start()
    onTestFinished(() => collector[Symbol.asyncDispose]())
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint }
    // What arrives does not depend on how busy the machine is.
    const unhurried = JSON.stringify({ exitTimeoutMillis: 30_000 })
    const result = await runNode([join(modules, 'program.mjs'), what, unhurried], { cwd: repositoryRoot, env })
    expect(result).toEqual({ code, stdout: '', stderr: '' })
    expect(collector.names('traces')).toHaveLength(spans)
  })

  test('startUnderway sends metrics and logs through SDK 2.x', async () => {
    const collector = await OtlpReceiver.start()
    onTestFinished(() => collector[Symbol.asyncDispose]())
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint }
    succeeded(await runNode([join(modules, 'all-signals.mjs')], { cwd: repositoryRoot, env }))
    expect(collector.names('metrics')).toContain('counted')
    expect(collector.names('logs')).toEqual(['written'])
  })
})
