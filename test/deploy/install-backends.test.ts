import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { executablePath, programFolder, reasonMissing } from '../../scripts/backends/program.js'
import { programs } from '../../scripts/backends/programs.js'
import { runNode } from '../support/child-process.js'
import { repositoryRoot } from '../support/repository.js'

const all = Object.values(programs)
let cache = ''

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'underway-install-'))
})

afterEach(() => rmSync(cache, { recursive: true, force: true }))

/** Runs the script where no program is on the path, Go neither. */
function install(...args: string[]): ReturnType<typeof runNode> {
  const env = { UNDERWAY_BACKENDS_CACHE: cache, PATH: cache }
  return runNode(['scripts/backends/install.ts', ...args], { cwd: repositoryRoot, env })
}

test('without Go it fails, says so for every program, and leaves no half-built one', async () => {
  const { code, stderr } = await install()
  expect(code).toBe(1)
  for (const { name, version } of all) expect(stderr).toContain(`${name} ${version}: failed\nGo is not installed`)
  expect(readdirSync(cache).filter((name) => !name.endsWith('.failed.txt'))).toEqual([])
})

test('told to keep going it leaves the failure to the tests, which learn the reason', async () => {
  const before = reasonMissing(programs.jaeger, cache)
  expect(before).toBe(`no jaeger ${programs.jaeger.version}: it was not built (npm run backends:install)`)
  expect((await install('--keep-going')).code).toBe(0)
  expect(reasonMissing(programs.jaeger, cache)).toContain('Go is not installed')
})

test('what is there already is not built again', async () => {
  for (const program of all) {
    const executable = executablePath(program, cache)
    mkdirSync(dirname(executable))
    writeFileSync(executable, '')
  }
  const { code, stdout, stderr } = await install()
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout.trim().split('\n')).toHaveLength(all.length)
  expect(reasonMissing(programs.collector, cache)).toBeUndefined()
})

test('another version or another recipe is another folder', () => {
  const { collector } = programs
  const folders = [collector, { ...collector, version: '0.0.1' }, { ...collector, recipe: 'other' }].map((program) =>
    programFolder(program, cache),
  )
  expect(new Set(folders).size).toBe(3)
})
