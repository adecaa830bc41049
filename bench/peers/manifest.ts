import { readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Manifest {
  /** Why the newest version of a package is not used, by its name. */
  readonly latestNotUsed: Readonly<Record<string, string>>
}

/** Which packages are not the newest, and why, for the pages. */
export function notLatest(): readonly string[] {
  const manifest = JSON.parse(readFileSync(join(import.meta.dirname, 'package.json'), 'utf8')) as Manifest
  return Object.entries(manifest.latestNotUsed).map(([name, reason]) => `${name} ${reason}`)
}
