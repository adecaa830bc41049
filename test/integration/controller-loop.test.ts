import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runNode } from '../support/child-process.js'
import { repositoryRoot } from '../support/repository.js'

const program = join(repositoryRoot, 'dist/examples/controller-loop/main.js')
const config = join(repositoryRoot, 'examples/controller-loop/underway.yaml')

async function run(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await runNode([program, '--config', config, ...args], { cwd: repositoryRoot })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout) as Record<string, unknown>
}

describe('the controller loop', () => {
  test('ends as completed when what it has started is quiescent', async () => {
    expect(await run()).toEqual({ words: 120, completed: 21, failed: 0, cancelled: 0, errors: [] })
  })

  test('ends as failed when an error was reported', async () => {
    expect(await run('--fail', 'work')).toMatchObject({
      failed: 2,
      errors: ['this sentence cannot be counted', '1 error and 0 warnings in the last 5 min (policy stop_on_error)'],
    })
  })

  test('ends as failed when a module is down', async () => {
    expect(await run('--fail', 'worker')).toMatchObject({
      failed: 1,
      errors: expect.arrayContaining([
        expect.stringMatching(/GoneError: the worker exited with code 3|Counter is down/),
      ]),
    })
  })
})
