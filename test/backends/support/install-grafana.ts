import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { installLocked } from '../../support/install-locked.mjs'

declare module 'vitest' {
  interface ProvidedContext {
    /** Why what Grafana publishes on npm cannot be had; empty if it can. */
    grafanaMissing: string
  }
}

export const grafanaFolder = join(import.meta.dirname, '../fixtures/grafana')

/** Once, before the files that need it run at the same time. */
export function setup(project: TestProject): void {
  const reason = installLocked(grafanaFolder)
  if (reason !== undefined) console.warn(`what Grafana publishes is not installed: ${reason}`)
  project.provide('grafanaMissing', reason ?? '')
}
