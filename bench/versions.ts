import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { sdk2Folder } from '../test/support/install-sdk2.mjs'

const root = join(import.meta.dirname, '..')

function versionIn(folder: string): string {
  return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version
}

function line(folder: string): string {
  const scope = join(folder, 'node_modules/@opentelemetry')
  return `SDK ${versionIn(join(scope, 'sdk-trace'))}, api ${versionIn(join(scope, 'api'))}`
}

/** What the figures depend on, for the page that shows them. */
export function versionsUsed(withSdk2: boolean): readonly string[] {
  return [
    `underway ${versionIn(root)}`,
    `Node ${process.versions.node}, V8 ${process.versions.v8}`,
    line(root),
    ...(withSdk2 ? [line(sdk2Folder)] : []),
    `${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${process.platform} ${process.arch}`,
  ]
}
