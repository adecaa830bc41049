import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { sdk2Folder } from '../test/support/install-sdk2.mjs'
import type { Measured } from './undisturbed.ts'
import { variantNamed } from './variants.ts'

/** What is measured how often. */
export interface Size {
  readonly count: number
  readonly warmUp: number
  /** @defaultValue 250 */
  readonly chunk?: number
}

/** Where `packages.mjs` lies beside the 2.x SDK. */
export const packagesOfSdk2: string = join(sdk2Folder, 'node_modules/bench-packages.mjs')

/** Without the first V8 makes stock bimodal, by the luck of the process. Types are stripped by default from Node 22.18 on. */
export const flags: readonly string[] = [
  '--no-allocation-site-pretenuring',
  '--expose-gc',
  '--experimental-strip-types',
  '--disable-warning=ExperimentalWarning',
]

/**
 * Runs a variant once, in a process of its own.
 *
 * @returns what it took, in the unit of its kind, and how fast the core was
 * @throws if not everything that was started arrived
 */
export async function runVariant(name: string, size: Size): Promise<Measured> {
  const beside = variantNamed(name).sdk === '2' ? ['--packages', pathToFileURL(packagesOfSdk2).href] : []
  const args = [
    ...flags,
    join(import.meta.dirname, 'child.ts'),
    ...[
      '--variant',
      name,
      '--count',
      `${size.count}`,
      '--warm-up',
      `${size.warmUp}`,
      '--chunk',
      `${size.chunk ?? 250}`,
    ],
    ...beside,
  ]
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args)
    return JSON.parse(stdout) as Measured
  } catch (error) {
    const said = `${(error as { stderr?: string }).stderr ?? ''}`
    throw new Error(`${name}: ${/^\w*Error: (.*)$/m.exec(said)?.[1] ?? said}`, { cause: error })
  }
}
