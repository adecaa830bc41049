import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from './repository.js'

/** Says what to do, once, instead of failing every test about the built package in its own way. */
export function setup(): void {
  if (!existsSync(join(repositoryRoot, 'dist/index.js'))) {
    throw new Error('these tests use the built package, and there is no dist/: run "npm run build" first')
  }
}
