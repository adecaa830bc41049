import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { type ChildResult, runNpm } from './child-process.js'
import { repositoryRoot } from './repository.js'

/** A folder outside the repository, so that nothing of the repository's node_modules is found from it. */
export class Workbench implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'underway-test-'))
  readonly #cache = join(this.#folder, 'npm-cache')
  #projects = 0

  /** @returns the tarball of the package in `folder`, a path in the repository; `.` is underway itself */
  async pack(folder: string): Promise<string> {
    const [tarball = ''] = await this.packAll([folder])
    return tarball
  }

  /** @returns the tarballs of the packages in several folders */
  async packAll(folders: readonly string[]): Promise<string[]> {
    const destination = mkdtempSync(join(this.#folder, 'tarball-'))
    const paths = folders.map((folder) => resolve(repositoryRoot, folder))
    const args = ['pack', ...paths, '--json', '--pack-destination', destination]
    const { stdout } = succeeded(await runNpm(args, { cwd: this.#folder, cache: this.#cache }))
    return packedFiles(JSON.parse(stdout)).map((file) => join(destination, file))
  }

  /** @returns a fresh project with the tarballs installed and the fixtures, from the folder of this test or a path in the repository, copied into it */
  async project(
    manifest: Readonly<Record<string, unknown>>,
    tarballs: readonly string[],
    fixtures: readonly string[],
  ): Promise<string> {
    this.#projects += 1
    const project = join(this.#folder, `project-${this.#projects}`)
    mkdirSync(project)
    writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, ...manifest }))
    for (const name of fixtures)
      copyFileSync(resolve(repositoryRoot, 'test/package/fixtures', name), join(project, basename(name)))
    succeeded(await runNpm(['install', ...tarballs], { cwd: project, cache: this.#cache }))
    return project
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** npm up to 11 lists what it packed, later ones name it by package. */
function packedFiles(report: unknown): string[] {
  const entries: unknown[] = Object.values(report ?? {})
  return entries.map((entry) => {
    if (typeof entry === 'object' && entry !== null && 'filename' in entry) return String(entry.filename)
    throw new Error(`npm pack did not say what it packed: ${JSON.stringify(report)}`)
  })
}

/** Passes a result through, or fails with everything that the child said. */
export function succeeded(result: ChildResult): ChildResult {
  if (result.code === 0) return result
  throw new Error(`the child process ended with ${result.code}\n${result.stdout}\n${result.stderr}`)
}
