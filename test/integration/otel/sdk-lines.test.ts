import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { runNode } from '../../support/child-process.js'
import { copyPackageToSdk2, installSdk2, sdk2Folder } from '../../support/install-sdk2.mjs'
import { succeeded } from '../../support/installed-project.js'
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
  expect(outcome.passed).toHaveLength(11)
})

const missing = installSdk2()
if (missing !== undefined) console.warn(`skipped: ${missing}`)

describe.skipIf(missing !== undefined)('with the packages of the 2.x line', () => {
  const modules = join(sdk2Folder, 'node_modules')

  beforeAll(() => {
    copyPackageToSdk2()
    copyFileSync(contract, join(modules, 'sdk-contract.mjs'))
  })

  test('the built package keeps the contract with SDK 2.x and api 1.9', async () => {
    const outcome = await runContract(join(modules, 'sdk-contract.mjs'))
    expect(outcome).toMatchObject({ api: expect.stringMatching(/^1\.9\./), sdk: expect.stringMatching(/^2\./) })
    expect(outcome.passed).toHaveLength(11)
  })
})
