import { randomUUID } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { runNode } from './child-process.js'
import { succeeded } from './installed-project.js'
import { repositoryRoot } from './repository.js'

export interface LoadedFiles {
  /** Files of the repository, by their path in it. */
  readonly own: string[]
  /** Names of packages of which at least one file was loaded. */
  readonly packages: string[]
  /** Everything else that is not a builtin. */
  readonly others: string[]
}

/** What a fresh process loads, with `import` or `require`, to run `source` as a module in the repository's root. */
export async function filesLoadedBy(source: string): Promise<LoadedFiles> {
  const recorder = pathToFileURL(join(repositoryRoot, 'test/package/fixtures/record-loaded-files.mjs')).href
  const record = join(tmpdir(), `underway-loaded-${randomUUID()}.json`)
  const args = ['--import', recorder, '--input-type=module', '--eval', source]
  try {
    succeeded(await runNode(args, { cwd: repositoryRoot, env: { LOADED_FILES_RECORD: record } }))
    return classify(JSON.parse(readFileSync(record, 'utf8')) as string[])
  } finally {
    rmSync(record, { force: true })
  }
}

function classify(urls: readonly string[]): LoadedFiles {
  const own = new Set<string>()
  const packages = new Set<string>()
  const others = new Set<string>()
  for (const url of urls) {
    if (url.startsWith('node:') || /\[eval\d*\]$/.test(decodeURI(url))) continue
    const path = url.startsWith('file:') ? relative(repositoryRoot, fileURLToPath(url)).split(sep).join('/') : url
    const name = /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]
    if (name !== undefined) packages.add(name)
    else if (path.startsWith('..') || !url.startsWith('file:')) others.add(path)
    else own.add(path)
  }
  return { own: [...own].sort(), packages: [...packages].sort(), others: [...others].sort() }
}
