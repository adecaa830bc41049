import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runNode } from '../../support/child-process.js'
import { succeeded } from '../../support/installed-project.js'
import { repositoryRoot } from '../../support/repository.js'

const program = join(import.meta.dirname, 'fixtures/recursion.mjs')

describe.each(['without an SDK', 'with an SDK', 'with an SDK that is not proven yet'])('%s', (place) => {
  test.each([
    ['tracked', 'a tracked function that calls itself without end'],
    ['block', 'blocks within blocks without end'],
    ['plain', 'a function that calls itself without end and tracked ones on the way'],
  ])('%s: throws the RangeError that it would throw anyway, and everything ends', async (shape) => {
    const { stdout } = succeeded(await runNode([program, place, shape], { cwd: repositoryRoot }))
    expect(JSON.parse(stdout)).toEqual({
      thrown: ['RangeError: Maximum call stack size exceeded'],
      quiescent: true,
      open: 0,
      listed: 0,
      waited: true,
      deep: true,
      balanced: true,
      told: true,
      astray: 0,
    })
  })
})
