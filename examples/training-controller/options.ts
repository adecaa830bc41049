import { parseArgs } from 'node:util'

/** Rollouts that one training step learns from. */
export const batchSize = 16
/** How fast data comes in; with it the number of steps follows from how long the training is to last. */
export const stepsPerSecond = 4
/** The last one plays its rollouts in a thread of its own. */
export const rolloutWorkers = ['rollout-worker-1', 'rollout-worker-2', 'rollout-worker-3'] as const

const failingModules = ['data-loader', ...rolloutWorkers, 'trainer', 'validator', 'environment'] as const
const failingByDefault = 'rollout-worker-2' satisfies FailingModule

export type FailingModule = (typeof failingModules)[number]

export interface DemoOptions {
  readonly seed: number
  readonly steps: number
  readonly validateEvery: number
  /** Which module breaks, and in which step. */
  readonly fail: { readonly module: FailingModule; readonly step: number } | undefined
}

export type CommandLine =
  | { readonly kind: 'run'; readonly options: DemoOptions; readonly mode: 'lines' | 'json' | undefined }
  | { readonly kind: 'help' }
  | { readonly kind: 'invalid'; readonly message: string }

export const usage = `usage: underway demo [options]

A small training framework at work: a loader feeds a queue, rollout workers take
from it, a trainer learns, a validator judges. A controller ends the run once
everything is quiescent, or stops it when something is broken.

  --duration <time>  how long the training goes: 30s, 2m, or seconds (20s)
  --quick            the same in about three seconds
  --steps <number>   how many steps to train instead
  --seed <number>    the source of all random numbers; the same seed gives the
                     same losses and decisions (42)
  --fail [module]    breaks a module after a third of the steps
                     (${failingByDefault})
  --json             every change as a line of JSON, the summary as the last
  --no-live          lines instead of a live view, as in a pipe
  --help             this text

modules that can fail: ${failingModules.slice(0, 3).join(', ')},
  ${failingModules.slice(3).join(', ')}
exit codes: 0 completed, 1 failed, 2 wrong usage, 130 or 143 interrupted
`

const units: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, min: 60, h: 3_600 }
const longestSeconds = 24 * 3_600

function secondsOf(duration: string): number | undefined {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|min|h)?$/.exec(duration) ?? []
  const seconds = Number(number) * (units[unit] ?? Number.NaN)
  return seconds > 0 && seconds <= longestSeconds ? seconds : undefined
}

function wholeNumber(text: string, least: number): number | undefined {
  return /^\d{1,9}$/.test(text) && Number(text) >= least ? Number(text) : undefined
}

/** `--fail` may stand without a value, which `parseArgs` does not know. */
function withDefaults(args: readonly string[]): string[] {
  return args.map((arg, at) =>
    arg === '--fail' && (args[at + 1] ?? '-').startsWith('-') ? `--fail=${failingByDefault}` : arg,
  )
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: withDefaults(args),
    options: {
      duration: { type: 'string' },
      steps: { type: 'string' },
      seed: { type: 'string' },
      fail: { type: 'string' },
      quick: { type: 'boolean' },
      json: { type: 'boolean' },
      'no-live': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  }).values
}

export function readCommandLine(args: readonly string[]): CommandLine {
  try {
    return interpret(parse(args))
  } catch (error) {
    // parseArgs says what it does not know in its first sentence.
    return { kind: 'invalid', message: (error as Error).message.split('. ')[0] ?? 'wrong usage' }
  }
}

function interpret(values: ReturnType<typeof parse>): CommandLine {
  if (values.help === true) return { kind: 'help' }
  const seconds = secondsOf(values.duration ?? (values.quick === true ? '3s' : '20s'))
  if (seconds === undefined) return invalid('--duration', '30s, 2m or a number of seconds', values.duration)
  const steps =
    values.steps === undefined ? Math.max(Math.round(seconds * stepsPerSecond), 4) : wholeNumber(values.steps, 1)
  if (steps === undefined) return invalid('--steps', 'a whole number from 1', values.steps)
  const seed = wholeNumber(values.seed ?? '42', 0)
  if (seed === undefined) return invalid('--seed', 'a whole number', values.seed)
  const failing = failingModules.find((module) => module === values.fail)
  if (values.fail !== undefined && failing === undefined)
    return invalid('--fail', failingModules.join(', '), values.fail)
  return {
    kind: 'run',
    options: {
      seed,
      steps,
      validateEvery: Math.max(Math.round(steps / 10), 3),
      fail: failing === undefined ? undefined : { module: failing, step: Math.ceil(steps / 3) },
    },
    mode: values.json === true ? 'json' : values['no-live'] === true ? 'lines' : undefined,
  }
}

function invalid(option: string, expected: string, given: string | undefined): CommandLine {
  return { kind: 'invalid', message: `${option} expects ${expected}, not '${given ?? ''}'` }
}
