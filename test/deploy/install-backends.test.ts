import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { executablePath, programFolder, reasonMissing } from '../../scripts/backends/program.js'
import { programs } from '../../scripts/backends/programs.js'
import { eventually } from '../backends/support/eventually.js'
import { plainEnvironment, runNode } from '../support/child-process.js'
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

test('without Go and Python it fails, says so for every program, and leaves no half-built one', async () => {
  const { code, stderr } = await install()
  expect(code).toBe(1)
  const needs = (name: string): string => (['tensorboard', 'mlflow', 'wandb'].includes(name) ? 'Python 3' : 'Go')
  for (const { name, version } of all)
    expect(stderr).toContain(`${name} ${version}: failed\n${needs(name)} is not installed`)
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

/** What is in the cache besides builds: workspaces and failures. */
function leftovers(): string[] {
  const folders = all.map((program) => programFolder(program, cache))
  return readdirSync(cache).filter((name) => !folders.includes(join(cache, name)))
}

describe('with a Go and a Python that build at once', () => {
  let tools = ''

  beforeEach(() => {
    tools = mkdtempSync(join(tmpdir(), 'underway-tools-'))
    const fake = join(repositoryRoot, 'test/deploy/fixtures/fake-tools.mjs')
    for (const tool of ['go', 'python3'])
      writeFileSync(join(tools, tool), `#!/bin/sh\nexec "${process.execPath}" "${fake}" "$@"\n`, { mode: 0o755 })
  })

  afterEach(() => rmSync(tools, { recursive: true, force: true }))

  function environment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
    return { UNDERWAY_BACKENDS_CACHE: cache, PATH: `${tools}:${process.env['PATH'] ?? ''}`, ...more }
  }

  test('two installs at the same time build the same, both succeed, and nothing is left over', async () => {
    const meetingPlace = join(tools, 'meet')
    const env = environment({ RENDEZVOUS: meetingPlace })
    const one = () => runNode(['scripts/backends/install.ts'], { cwd: repositoryRoot, env })
    const outcomes = await Promise.all([one(), one()])
    expect(outcomes.map(({ code, stderr }) => [code, stderr])).toEqual([
      [0, ''],
      [0, ''],
    ])
    for (const program of all) expect(reasonMissing(program, cache)).toBeUndefined()
    expect(leftovers()).toEqual([])
    expect(readdirSync(meetingPlace).length).toBeGreaterThanOrEqual(all.length)
  })

  test('what a killed install has left is removed by the next, unless it still runs', async () => {
    const env = { ...plainEnvironment(), ...environment({ HANG: tools }) }
    const killed = spawn(process.execPath, ['scripts/backends/install.ts'], {
      cwd: repositoryRoot,
      env,
      stdio: 'ignore',
    })
    const goPid = await eventually(() => {
      const text = readFileSync(join(tools, 'pid'), 'utf8')
      expect(text).not.toBe('')
      return Number(text)
    })
    try {
      const [hanging] = leftovers()
      expect((await install('--keep-going')).code).toBe(0)
      expect(existsSync(join(cache, hanging ?? ''))).toBe(true)
    } finally {
      killed.kill('SIGKILL')
      process.kill(goPid, 'SIGKILL')
      if (killed.exitCode === null && killed.signalCode === null) await once(killed, 'exit')
    }
    expect(leftovers().some((name) => name.startsWith('.building-'))).toBe(true)
    await install('--keep-going')
    expect(leftovers().filter((name) => name.startsWith('.building-'))).toEqual([])
  })
})
