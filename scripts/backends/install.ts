// Builds the backends of `npm run test:backends` from the Go module proxy, and installs those from PyPI, each once per
// version, into a cache outside the repository. Needs Go, Python 3 and a network for what is not there yet; `--keep-going` leaves a failure to the tests, which
// skip with its reason.

import { existsSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheFolder, executablePath, failurePath, type Program, programFolder } from './program.ts'
import { programs } from './programs.ts'
import { createWorkspace, removeAbandoned, removeWorkspace } from './workspace.ts'

const cache = cacheFolder(process.env)
await mkdir(cache, { recursive: true })
await removeAbandoned(cache)

let failures = 0
for (const program of Object.values(programs)) {
  try {
    await install(program)
  } catch (error) {
    failures += 1
    const message = error instanceof Error ? error.message : String(error)
    await writeFile(failurePath(program, cache), message)
    console.error(`${program.name} ${program.version}: failed\n${message}`)
  }
}
process.exitCode = failures > 0 && !process.argv.includes('--keep-going') ? 1 : 0

async function install(program: Program): Promise<void> {
  const label = `${program.name} ${program.version}`
  const executable = executablePath(program, cache)
  if (existsSync(executable)) {
    console.log(`${label}: ready, ${executable}`)
    return
  }
  console.log(`${label}: building, which takes minutes the first time`)
  const startedAt = performance.now()
  const workspace = await createWorkspace(cache, program.name)
  try {
    const result = join(workspace, 'result')
    const building = join(workspace, 'build-here')
    await mkdir(result)
    await mkdir(building)
    await program.build(building, join(result, program.name))
    await publish(result, program)
  } finally {
    await removeWorkspace(workspace)
  }
  await rm(failurePath(program, cache), { force: true })
  console.log(`${label}: built in ${Math.round((performance.now() - startedAt) / 1000)} s, ${executable}`)
}

/** In one step, so that nobody sees half a build. If somebody else was faster, theirs stays. */
async function publish(result: string, program: Program): Promise<void> {
  try {
    await rename(result, programFolder(program, cache))
  } catch (error) {
    if (!existsSync(executablePath(program, cache))) throw error
  }
}
