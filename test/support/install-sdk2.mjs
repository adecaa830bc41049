import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { copyPackageTo, installLocked } from './install-locked.mjs'

export const sdk2Folder = join(import.meta.dirname, 'sdk2')

/**
 * Installs the 2.x line of the SDK into `test/support/sdk2/node_modules`.
 *
 * @returns {string | undefined} why it cannot be had, if so
 */
export function installSdk2() {
  const reason = installLocked(sdk2Folder)
  return reason === undefined ? undefined : `the 2.x SDK is not installed: ${reason}`
}

export function copyPackageToSdk2() {
  copyPackageTo(sdk2Folder)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const reason = installSdk2()
  console.log(reason ?? `the 2.x SDK is installed in ${sdk2Folder}`)
  process.exitCode = reason === undefined ? 0 : 1
}
