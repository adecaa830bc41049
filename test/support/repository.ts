import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve, sep } from 'node:path'

export const repositoryRoot = resolve(import.meta.dirname, '../..')

/** The text of every TypeScript file in `folder` and below, by its path in the repository with forward slashes. */
export function readSources(folder: string): Map<string, string> {
  const paths = readdirSync(join(repositoryRoot, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(ts|tsx|mts)$/.test(path))
    .map((path) => `${folder}/${path.split(sep).join('/')}`)
    .sort()
  return new Map(paths.map((path) => [path, readFileSync(join(repositoryRoot, path), 'utf8')]))
}
