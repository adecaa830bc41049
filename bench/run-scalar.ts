import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cacheFolder, programFolder, reasonMissing } from '../scripts/backends/program.ts'
import { programs } from '../scripts/backends/programs.ts'
import { installLocked } from '../test/support/install-locked.mjs'
import { scalarVariants } from './scalars.ts'

const flags = ['--expose-gc', '--experimental-strip-types', '--disable-warning=ExperimentalWarning']

/** @returns why prom-client cannot be had, if so */
export function installPromClient(): string | undefined {
  return installLocked(join(import.meta.dirname, 'scalars'))
}

/** @returns why MLflow cannot be had, if so */
export function missingMlflow(): string | undefined {
  return reasonMissing(programs.mlflow, cacheFolder(process.env))
}

/** Its client takes so much longer that fewer steps do. */
const mlflowShare = 20

/** What its client sends to its makers on its own is none of what is measured. */
const mlflowEnvironment = { MLFLOW_DISABLE_TELEMETRY: 'true', DO_NOT_TRACK: 'true', NO_PROXY: '127.0.0.1' }

/** Runs a variant once, in a process of its own. @throws if not everything that was logged is there */
export async function runScalar(name: string, steps: number): Promise<number> {
  const { subject, measure, gzip } = scalarVariants[name] ?? {}
  const mlflow = subject === 'mlflow'
  const script = join(import.meta.dirname, 'scalars/mlflow_client.py')
  const python = join(programFolder(programs.mlflow, cacheFolder(process.env)), 'environment/bin/python')
  const args = mlflow
    ? // -B: nothing is left beside the script.
      ['-B', script, gzip === true ? 'gzip' : `${measure}`, `${Math.ceil(steps / mlflowShare)}`]
    : [...flags, join(import.meta.dirname, 'scalar-child.ts'), '--variant', name, '--steps', `${steps}`]
  const env = mlflow ? { ...process.env, ...mlflowEnvironment } : process.env
  try {
    const { stdout } = await promisify(execFile)(mlflow ? python : process.execPath, args, { env })
    return (JSON.parse(stdout) as { value: number }).value
  } catch (error) {
    const said = `${(error as { stderr?: string }).stderr ?? ''}`
    throw new Error(`${name}: ${/^\w*Error: (.*)$/m.exec(said)?.[1] ?? said}`, { cause: error })
  }
}
