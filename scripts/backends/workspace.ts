import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { command } from './go.ts'

const prefix = '.building-'
const withPid = /-(\d+)-[^-]+$/

/** An empty folder for one build, inside the cache, so that its result is published by a rename. */
export function createWorkspace(cache: string, program: string): Promise<string> {
  return mkdtemp(join(cache, `${prefix}${program}-${process.pid}-`))
}

/** A copy of a Go module is read-only until it is made writable, and then cannot be removed. */
export async function removeWorkspace(workspace: string): Promise<void> {
  const remove = () => rm(workspace, { recursive: true, force: true })
  try {
    await remove()
  } catch {
    await command('chmod', ['-R', 'u+w', workspace], { cwd: workspace })
    await remove()
  }
}

/** Removes what installs left that were killed; the folders of those that still run stay. */
export async function removeAbandoned(cache: string): Promise<void> {
  const workspaces = (await readdir(cache)).filter((name) => name.startsWith(prefix))
  for (const name of workspaces) {
    const pid = withPid.exec(name)?.[1]
    if (pid === undefined || !isRunning(Number(pid))) await removeWorkspace(join(cache, name))
  }
}

function isRunning(pid: number): boolean {
  // Whoever had this number before us is gone.
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
