import {
  checkedOptions,
  isObject,
  isTexts,
  type OptionChecks,
  refuseUnknown,
  settingUp,
  shown,
} from '../base/checked-options.js'
import { isUnderwayError, UnderwayError } from '../base/underway-error.js'
import { readYamlFile } from '../base/yaml-file.js'
import type { ExperimentBackend } from './backend.js'
import { consoleBackend } from './console-backend.js'
import { feishuWebhook } from './feishu-webhook.js'
import { jsonLinesBackend } from './json-lines-backend.js'
import { mlflowBackend } from './mlflow-backend.js'
import { slackWebhook } from './slack-webhook.js'
import { tensorBoardBackend } from './tensorboard-backend.js'
import { wandbBackend } from './wandb-backend.js'
import { webhook } from './webhook.js'

export interface ConfiguredBackendsOptions {
  /** A YAML file. @defaultValue what `UNDERWAY_CONFIG` names */
  readonly file?: string | undefined
  /** Where `UNDERWAY_CONFIG` and what the file names as `${NAME}` are looked up. @defaultValue `process.env` */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
}

type Values = Readonly<Record<string, unknown>>
type Environment = NonNullable<ConfiguredBackendsOptions['env']>

const checks: OptionChecks<ConfiguredBackendsOptions> = {
  file: [(value) => typeof value === 'string' && value !== '', 'a path'],
  env: [isTexts, 'an object such as process.env'],
}

/** What a file can name. The options come from it and are checked by whom they are given to. */
const makers: Readonly<Record<string, (options: never) => ExperimentBackend>> = {
  console: consoleBackend,
  jsonl: jsonLinesBackend,
  tensorboard: tensorBoardBackend,
  mlflow: mlflowBackend,
  wandb: wandbBackend,
  slack: slackWebhook,
  feishu: feishuWebhook,
  webhook,
}

function refuse(place: string, wanted: string, value: unknown): never {
  throw new UnderwayError('OPTIONS_INVALID', `${place}: expected ${wanted}, got ${shown(value)}`)
}

/** `tracking_uri` is `trackingUri`, and a text `${NAME}` is what the variable says, so that no secret is in the file. */
function optionsIn(place: string, section: unknown, env: Environment): Values {
  if (section === undefined || section === null) return {}
  if (!isObject(section) || Array.isArray(section)) return refuse(place, 'a mapping of options', section)
  const entries = Object.entries(section).map(([key, value]) => {
    const variable = typeof value === 'string' ? /^\$\{(\w+)\}$/.exec(value)?.[1] : undefined
    if (variable !== undefined && env[variable] === undefined)
      throw new UnderwayError('OPTIONS_INVALID', `${place}.${key}: the variable ${variable} is not set`)
    const name = key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
    return [name, variable === undefined ? value : env[variable]] as const
  })
  return Object.fromEntries(entries)
}

/**
 * The backends that a YAML file names under `logger: { backend }`, one or a list, each with the options that stand under
 * its name beside it. The experiment of MLflow and the project of Weights & Biases are
 * `experiment_name` of the file, unless their options say otherwise.
 *
 * @throws UnderwayError OPTIONS_INVALID, naming the file and the key
 */
export function configuredBackends(given: ConfiguredBackendsOptions = {}): readonly ExperimentBackend[] {
  return settingUp('configuredBackends(options)', () => {
    const { file, env = process.env } = checkedOptions('configuredBackends', given, checks)
    const path = file ?? (env['UNDERWAY_CONFIG']?.trim() || undefined)
    if (path === undefined) return []
    const content = readYamlFile(path)
    return placed(path, () => backendsIn(content, env), '; none of the backends in the file is used')
  })
}

const loggerKeys: readonly string[] = ['backend', ...Object.keys(makers)]

function backendsIn(content: Values, env: Environment): readonly ExperimentBackend[] {
  const logger = content['logger'] ?? undefined
  if (logger === undefined) {
    const meant = Object.keys(content).find((key) => isMistyped(key, 'logger'))
    if (meant !== undefined) throw new UnderwayError('OPTIONS_INVALID', `${meant.slice(0, 80)}: did you mean logger?`)
    return []
  }
  if (!isObject(logger) || Array.isArray(logger)) return refuse('logger', 'a mapping with backend', logger)
  refuseUnknown((key) => `logger.${key}`, logger, loggerKeys)
  const chosen = logger['backend'] ?? []
  return (Array.isArray(chosen) ? chosen : [chosen]).map((name: unknown) => {
    const maker = typeof name === 'string' && Object.hasOwn(makers, name) ? makers[name] : undefined
    if (typeof name !== 'string' || maker === undefined)
      return refuse('logger.backend', Object.keys(makers).join(', '), name)
    const place = `logger.${name}`
    const defaults = defaultsFrom(content)[name] ?? {}
    const options = optionsIn(place, logger[name], env)
    return placed(place, () => maker({ ...defaults, ...options } as never))
  })
}

/** Whether a key is a word with a letter more, less, other, or two of them swapped. The file may have keys of other programs. */
function isMistyped(key: string, word: string): boolean {
  const given = key.toLowerCase()
  const spots = [...word, ''].map((_, at) => at)
  const without = (text: string, at: number): string => text.slice(0, at) + text.slice(at + 1)
  const swapped = (at: number): string =>
    word.slice(0, at) + (word[at + 1] ?? '') + (word[at] ?? '') + word.slice(at + 2)
  return (
    key !== word &&
    (given === word ||
      spots.some(
        (at) =>
          without(word, at) === given ||
          without(given, at) === word ||
          (given.length === word.length && without(given, at) === without(word, at)) ||
          swapped(at) === given,
      ))
  )
}

/** What the file says in one place for all. */
function defaultsFrom({ experiment_name: experiment }: Values): Readonly<Record<string, Values>> {
  return experiment === undefined ? {} : { mlflow: { experiment }, wandb: { project: experiment } }
}

/** Says where in the file the options stand that were refused. */
function placed<T>(place: string, make: () => T, addition = ''): T {
  try {
    return make()
  } catch (error) {
    if (!isUnderwayError(error)) throw error
    throw new UnderwayError('OPTIONS_INVALID', `${place}: ${error.message}${addition}`, { cause: error })
  }
}
