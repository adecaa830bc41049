import { expect, test } from 'vitest'
import { filesLoadedBy } from '../support/loaded-files.js'

const otherSubpaths = /^dist\/(testing|terminal|experiment|cli|examples)\//

test('importing the root loads the OpenTelemetry api, and nothing else that is installed', async () => {
  const { own, packages, others } = await filesLoadedBy(`import 'underway'`)
  expect(own).toContain('dist/index.js')
  expect(packages).toEqual(['@opentelemetry/api'])
  expect(others).toEqual([])
})

test('importing the root loads no file of another subpath, and none from outside dist', async () => {
  const { own } = await filesLoadedBy(`import 'underway'`)
  expect(own.filter((path) => otherSubpaths.test(path) || !path.startsWith('dist/'))).toEqual([])
})

test('importing the root loads the names of the variables of health, and nothing that watches', async () => {
  const { own } = await filesLoadedBy(`import 'underway'`)
  expect(own.filter((path) => path.startsWith('dist/health/'))).toEqual(['dist/health/monitor-variables.js'])
})

test('the record shows what is imported, what is required and what another subpath loads', async () => {
  const source = `
    import { createRequire } from 'node:module'
    import 'underway/testing'
    import 'fast-check'
    createRequire(process.cwd() + '/')('typescript/package.json')
  `
  const { own, packages } = await filesLoadedBy(source)
  expect(own.filter((path) => otherSubpaths.test(path))).toContain('dist/testing/index.js')
  expect(packages).toEqual(expect.arrayContaining(['fast-check', 'typescript']))
})
