import { createRequire } from 'node:module'
import { join } from 'node:path'
import { installLocked } from '../../support/install-locked.mjs'

export const grafanaFolder = join(import.meta.dirname, '../fixtures/grafana')

export const loadFromGrafana = createRequire(join(grafanaFolder, 'package.json'))

/** Why what Grafana publishes on npm cannot be had, if so. The types of its version are those of the image. */
export function reasonGrafanaMissing(): string | undefined {
  const reason = installLocked(grafanaFolder)
  if (reason !== undefined) console.warn(`skipped: ${reason}`)
  return reason
}
