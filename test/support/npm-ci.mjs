import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Installs what a folder's lockfile names, unless that was done from the same lockfile.
 *
 * @param {string} folder
 * @param {string} what for the message
 * @returns {string | undefined} why it cannot be had, if so
 */
export function npmCi(folder, what) {
  const stamp = join(folder, 'node_modules', '.installed-lock.json')
  const lock = readFileSync(join(folder, 'package-lock.json'), 'utf8')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return undefined
  const options = ['--prefer-offline', '--fetch-retries=1', '--fetch-retry-mintimeout=1000', '--no-audit', '--no-fund']
  try {
    execFileSync('npm', ['ci', ...options, '--ignore-scripts', '--loglevel=error'], {
      cwd: folder,
      encoding: 'utf8',
      stdio: 'pipe',
      timeout: 120_000,
      shell: process.platform === 'win32',
    })
  } catch (error) {
    const said = `${error.stderr ?? ''}`.trim().split('\n').slice(0, 3).join(' | ')
    return `${what} is not installed: "npm ci" failed in ${folder}: ${said || error.message}`
  }
  writeFileSync(stamp, lock)
  return undefined
}
