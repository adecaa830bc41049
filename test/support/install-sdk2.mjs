import { copyFileSync, cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { npmCi } from './npm-ci.mjs'

export const sdk2Folder = join(import.meta.dirname, 'sdk2')

/**
 * Installs the 2.x line of the SDK into `test/support/sdk2/node_modules`, unless that was done from the same lockfile.
 *
 * @returns {string | undefined} why it cannot be had, if so
 */
export function installSdk2() {
  return npmCi(sdk2Folder, 'the 2.x SDK')
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
