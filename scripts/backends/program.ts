import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** A program that is built from source into the cache. */
export interface Program {
  readonly name: string
  readonly version: string
  /** Text that the build depends on besides the version; another text is another build. */
  readonly recipe?: string
  /** Builds in the empty folder `workspace` and writes the executable to `output`. */
  build(workspace: string, output: string): Promise<void>
}

/** Where builds are kept, outside the repository. @defaultValue `~/.cache/underway-backends` */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  const chosen = env['UNDERWAY_BACKENDS_CACHE']
  return chosen === undefined || chosen === '' ? join(homedir(), '.cache', 'underway-backends') : chosen
}

export function programFolder(program: Program, cache: string): string {
  const digest =
    program.recipe === undefined ? '' : `-${createHash('sha256').update(program.recipe).digest('hex').slice(0, 8)}`
  return join(cache, `${program.name}-${program.version}${digest}`)
}

export function executablePath(program: Program, cache: string): string {
  return join(programFolder(program, cache), program.name)
}

/** Where the reason is kept why the last build did not work. */
export function failurePath(program: Program, cache: string): string {
  return `${programFolder(program, cache)}.failed.txt`
}

/** Why a test cannot have this program, or `undefined` if it can. */
export function reasonMissing(program: Program, cache: string): string | undefined {
  if (existsSync(executablePath(program, cache))) return undefined
  const failure = failurePath(program, cache)
  const why = existsSync(failure) ? readFileSync(failure, 'utf8').trim() : 'it was not built'
  return `no ${program.name} ${program.version}: ${why} (npm run backends:install)`
}
