import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { installLocked } from './install-locked.mjs'

const folder = join(import.meta.dirname, 'nodes')

export interface NodeVersion {
  readonly version: string
  /** Its executable, or why there is none. */
  readonly path: string | undefined
  readonly missing: string | undefined
}

/** Other versions of Node, installed from a lockfile. npm leaves out those for another platform, without a word. */
export function installNodes(): readonly NodeVersion[] {
  const reason = installLocked(folder)
  const failed = reason === undefined ? undefined : `another version of Node is not installed: ${reason}`
  return [
    ['22.15.0', 'node-22'],
    ['26.10.0', 'node-26'],
  ].map(([version = '', name]) => {
    const path = join(folder, 'node_modules', `${name}-${process.platform}-${process.arch}`, 'bin/node')
    if (failed === undefined && existsSync(path)) return { version, path, missing: undefined }
    const missing = failed ?? `Node ${version} is not in the lockfile for ${process.platform} ${process.arch}`
    return { version, path: undefined, missing }
  })
}
