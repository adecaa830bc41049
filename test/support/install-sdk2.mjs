import { execFileSync } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const sdk2Folder = join(import.meta.dirname, 'sdk2')

/**
 * Installs the 2.x line of the SDK into `test/support/sdk2/node_modules`, unless that was done from the same lockfile.
 *
 * @returns {string | undefined} why it cannot be had, if so
 */
export function installSdk2() {
  const modules = join(sdk2Folder, 'node_modules')
  const stamp = join(modules, '.installed-lock.json')
  const lock = readFileSync(join(sdk2Folder, 'package-lock.json'), 'utf8')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return undefined
  try {
    execFileSync(
      'npm',
      [
        'ci',
        '--prefer-offline',
        '--fetch-retries=1',
        '--fetch-retry-mintimeout=1000',
        '--no-audit',
        '--no-fund',
        '--ignore-scripts',
        '--loglevel=error',
      ],
      {
        cwd: sdk2Folder,
        encoding: 'utf8',
        stdio: 'pipe',
        timeout: 120_000,
        shell: process.platform === 'win32',
      },
    )
  } catch (error) {
    const said = `${error.stderr ?? ''}`.trim().split('\n').slice(0, 3).join(' | ')
    return `the 2.x SDK is not installed: "npm ci" failed in ${sdk2Folder}: ${said || error.message}`
  }
  writeFileSync(stamp, lock)
  return undefined
}

/** Puts the built package beside the 2.x SDK. A copy and not a link: what it imports must be found from there. */
export function copyPackageToSdk2() {
  const root = join(import.meta.dirname, '../..')
  const copy = join(sdk2Folder, 'node_modules/underway')
  rmSync(copy, { recursive: true, force: true })
  mkdirSync(copy, { recursive: true })
  cpSync(join(root, 'dist'), join(copy, 'dist'), { recursive: true })
  copyFileSync(join(root, 'package.json'), join(copy, 'package.json'))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const reason = installSdk2()
  console.log(reason ?? `the 2.x SDK is installed in ${sdk2Folder}`)
  process.exitCode = reason === undefined ? 0 : 1
}
