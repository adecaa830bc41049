import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runNode } from '../../support/child-process.js'

const cwd = join(import.meta.dirname, 'fixtures')
const hooks = ['--disable-warning=ExperimentalWarning', '--import', './source-hooks.mjs']

test('a rejection that nobody handles stays unhandled, once and with the same error; a handled one is quiet', async () => {
  const { stdout, stderr } = await runNode([...hooks, 'unhandled.mjs'], { cwd })
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toEqual({ count: 3, same: true })
})

test('it ends the process as it would without us', async () => {
  const { code, stderr } = await runNode([...hooks, 'crash.mjs'], { cwd })
  expect(code).toBe(1)
  expect(stderr).toContain('RangeError: nobody handles this')
})
