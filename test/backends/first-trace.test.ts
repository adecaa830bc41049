import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { runNode } from '../support/child-process.js'
import { repositoryRoot } from '../support/repository.js'
import { eventually } from './support/eventually.js'
import { findTraces } from './support/jaeger-query.js'
import { useStack } from './support/use-stack.js'

const stack = useStack()

test('the program in docs/backends.md, on the built package, makes the trace that the page describes', async () => {
  const page = readFileSync(join(repositoryRoot, 'docs/backends.md'), 'utf8')
  const program = /```js\n(.*?)```/s.exec(page)?.[1] ?? ''
  expect(program).toContain('http://127.0.0.1:4318/')
  // Inside the repository, so that its imports are found.
  const cache = join(repositoryRoot, '.cache')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'first-trace-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'first.mjs')
  writeFileSync(file, program.replace('http://127.0.0.1:4318/', `${stack().otlpUrl}/`))

  expect(await runNode([file], { cwd: folder })).toMatchObject({ code: 0, stderr: '' })
  const traces = await eventually(async () => {
    const found = await findTraces(stack().jaegerUrl, 'first')
    expect(found[0]).toHaveLength(4)
    return found
  })
  expect(traces).toHaveLength(1)
  const spans = traces[0] ?? []
  expect(spans.find(({ name }) => name === 'first run')?.tags).toMatchObject({ 'activity.plan': '3 steps' })
  const steps = spans.filter(({ parent }) => parent === 'first run')
  expect(steps.map(({ tags }) => tags['activity.did']).sort()).toEqual(['step 1', 'step 2', 'step 3'])
})
