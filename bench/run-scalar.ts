import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { installLocked } from '../test/support/install-locked.mjs'

const flags = ['--expose-gc', '--experimental-strip-types', '--disable-warning=ExperimentalWarning']

/** @returns why prom-client cannot be had, if so */
export function installPromClient(): string | undefined {
  return installLocked(join(import.meta.dirname, 'scalars'))
}

/** Runs a variant once, in a process of its own. @throws if not everything that was logged is there */
export async function runScalar(name: string, steps: number): Promise<number> {
  const args = [...flags, join(import.meta.dirname, 'scalar-child.ts'), '--variant', name, '--steps', `${steps}`]
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args)
    return (JSON.parse(stdout) as { value: number }).value
  } catch (error) {
    const said = `${(error as { stderr?: string }).stderr ?? ''}`
    throw new Error(`${name}: ${/^\w*Error: (.*)$/m.exec(said)?.[1] ?? said}`, { cause: error })
  }
}
