import { execFileSync } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Installs what a folder's lockfile says into its `node_modules`, unless that was done from the same lockfile.
 *
 * @param {string} folder
 * @param {number} timeoutMillis how long npm may take
 * @returns {string | undefined} why it cannot be had, if so
 */
export function installLocked(folder, timeoutMillis = 120_000) {
  const stamp = join(folder, 'node_modules/.installed-lock.json')
  const lock = readFileSync(join(folder, 'package-lock.json'), 'utf8')
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
        cwd: folder,
        encoding: 'utf8',
        stdio: 'pipe',
        timeout: timeoutMillis,
        shell: process.platform === 'win32',
      },
    )
  } catch (error) {
    const said = `${error.stderr ?? ''}`.trim().split('\n').slice(0, 3).join(' | ')
    return `"npm ci" failed in ${folder}: ${said || error.message}`
  }
  writeFileSync(stamp, lock)
  return undefined
}

/**
 * Puts the built package beside the packages of a folder. A copy and not a link: what it imports must be found from there.
 *
 * @param {string} folder
 */
export function copyPackageTo(folder) {
  const root = join(import.meta.dirname, '../..')
  const copy = join(folder, 'node_modules/underway')
  rmSync(copy, { recursive: true, force: true })
  mkdirSync(copy, { recursive: true })
  cpSync(join(root, 'dist'), join(copy, 'dist'), { recursive: true })
  copyFileSync(join(root, 'package.json'), join(copy, 'package.json'))
}
