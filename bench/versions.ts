import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { sdk2Folder } from '../test/support/install-sdk2.mjs'

const root = join(import.meta.dirname, '..')

/** The version of the package in a folder. */
export function versionIn(folder: string): string {
  return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version
}

/** The line of the SDK that is installed in a folder. */
export function sdkIn(folder: string): string {
  const scope = join(folder, 'node_modules/@opentelemetry')
  return `SDK ${versionIn(join(scope, 'sdk-trace'))}, api ${versionIn(join(scope, 'api'))}`
}

export function nodeUsed(): string {
  return `Node ${process.versions.node}, V8 ${process.versions.v8}`
}

export function machineUsed(): string {
  return `${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${process.platform} ${process.arch}`
}

/** What the figures depend on, for the page that shows them. */
export function versionsUsed(withSdk2: boolean): readonly string[] {
  return [
    `underway ${versionIn(root)}`,
    nodeUsed(),
    sdkIn(root),
    ...(withSdk2 ? [sdkIn(sdk2Folder)] : []),
    machineUsed(),
  ]
}
