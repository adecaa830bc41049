import { execFile, fork } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { sdk2Folder } from '../test/support/install-sdk2.mjs'
import { inTurns, Taker, type Turns } from './turns.ts'
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

function argumentsFor(name: string, { count, warmUp, chunk = 250 }: Size): string[] {
  const beside = variantNamed(name).sdk === '2' ? ['--packages', pathToFileURL(packagesOfSdk2).href] : []
  const sizes = ['--count', `${count}`, '--warm-up', `${warmUp}`, '--chunk', `${chunk}`]
  return ['--variant', name, ...sizes, ...beside]
}

const program = join(import.meta.dirname, 'child.ts')

/**
 * Runs a variant once, in a process of its own.
 *
 * @returns what it took, in the unit of its kind, and how fast the core was
 * @throws if not everything that was started arrived
 */
export async function runVariant(name: string, size: Size): Promise<Measured> {
  const args = [...flags, program, ...argumentsFor(name, size)]
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args)
    return JSON.parse(stdout) as Measured
  } catch (error) {
    const said = `${(error as { stderr?: string }).stderr ?? ''}`
    throw new Error(`${name}: ${/^\w*Error: (.*)$/m.exec(said)?.[1] ?? said}`, { cause: error })
  }
}

/**
 * Runs variants of which the CPU time is compared, each in a process of its own, in turns.
 *
 * @returns what each took for an activity, in nanoseconds, by its name
 * @throws if of one of them not everything that was started arrived
 */
export async function runInTurns(
  names: readonly string[],
  size: Omit<Size, 'count'>,
  turns: Turns,
): Promise<Map<string, number>> {
  const starts = names.map((name) => {
    const args = argumentsFor(name, { ...size, count: 0 })
    return () => new Taker(name, fork(program, args, { execArgv: [...flags], silent: true }))
  })
  const values = new Map<string, number>()
  for (const [name, value] of await inTurns(starts, turns)) {
    if (typeof value !== 'number') throw value
    values.set(name, value)
  }
  return values
}
