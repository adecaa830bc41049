import { checkedOptions, isBoolean, isFunction, isObject, isTexts, type OptionChecks } from '../base/checked-options.js'
import { type Clock, systemClock } from '../base/clock.js'
import { getTracker } from '../tracker/default-tracker.js'
import { type ActivityTracker, trackerCheck } from '../tracker/tracker.js'
import { clockCheck } from '../tracker/tracker-options.js'
import type { TerminalOutput } from './output.js'

/** `live` redraws in place, `lines` writes a line where something happened, `json` writes every change as a line. */
export type ViewMode = 'live' | 'lines' | 'json'

export interface TerminalViewOptions {
  /** @defaultValue the default tracker */
  readonly tracker?: ActivityTracker | undefined
  /** @defaultValue `process.stdout` */
  readonly output?: TerminalOutput | undefined
  /** Give it `process.env`, so that CI, NO_COLOR, FORCE_COLOR and TERM are respected. @defaultValue nothing is known */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** @defaultValue `'live'` in a terminal, `'lines'` in a pipe, in CI and where TERM is dumb */
  readonly mode?: ViewMode | undefined
  /** @defaultValue as `env` and the terminal say; FORCE_COLOR is stronger than NO_COLOR, as in Node itself */
  readonly color?: boolean | undefined
  /** `false` draws with ASCII only. @defaultValue true, unless the terminal or the locale cannot */
  readonly unicode?: boolean | undefined
  /** What is shown in the head. @defaultValue the tracker's service name */
  readonly title?: string | undefined
  /** Whether `stop` ends with the summary. @defaultValue true */
  readonly summary?: boolean | undefined
  /** The end of work that took at least so long is worth a line. @defaultValue 10000 */
  readonly longMillis?: number | undefined
  /** @defaultValue the system's clocks */
  readonly clock?: Clock | undefined
}

export interface ResolvedView {
  readonly tracker: ActivityTracker
  readonly output: TerminalOutput
  /** What leads to the same terminal: the program may write to it while a live view is up. */
  readonly sharedStreams: readonly TerminalOutput[]
  readonly mode: ViewMode
  readonly color: boolean
  readonly unicode: boolean
  readonly title: string
  readonly summary: boolean
  readonly longMillis: number
  readonly clock: Clock
}

type Env = Readonly<Record<string, string | undefined>>

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false'
}

function isCapable(output: TerminalOutput, env: Env): boolean {
  return output.isTTY === true && env['TERM'] !== 'dumb'
}

function hasColor(output: TerminalOutput, env: Env): boolean {
  const forced = env['FORCE_COLOR']
  if (forced !== undefined) return forced !== '0' && forced !== 'false'
  const refused = env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== ''
  return !refused && isCapable(output, env)
}

/** Windows' own console and the Linux console have too few glyphs; a locale may say that it is not UTF-8. */
function hasUnicode(env: Env, platform: NodeJS.Platform): boolean {
  if (platform === 'win32') return isSet(env['WT_SESSION']) || env['TERM_PROGRAM'] === 'vscode' || isSet(env['CI'])
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find((value) => value !== undefined && value !== '')
  return (
    env['TERM'] !== 'linux' &&
    (locale === undefined || /utf-?8/i.test(locale) || !/^(C|POSIX)$|iso-?8859/i.test(locale))
  )
}

function sharing(output: TerminalOutput): TerminalOutput[] {
  const standard: readonly TerminalOutput[] = [process.stdout, process.stderr]
  if (!standard.includes(output)) return [output]
  return standard.filter((stream) => stream === output || stream.isTTY === true)
}

const checks: OptionChecks<TerminalViewOptions> = {
  tracker: trackerCheck,
  output: [(value) => isObject(value) && isFunction(value['write']), 'a stream with write()'],
  env: [isTexts, 'an object such as process.env'],
  mode: [(value) => value === 'live' || value === 'lines' || value === 'json', "'live', 'lines' or 'json'"],
  color: [isBoolean, 'true or false'],
  unicode: [isBoolean, 'true or false'],
  title: [(value) => typeof value === 'string', 'a text'],
  summary: [isBoolean, 'true or false'],
  longMillis: [(value) => typeof value === 'number', 'a number'],
  clock: clockCheck,
}

/** @throws UnderwayError OPTIONS_INVALID */
export function resolveView(given: TerminalViewOptions): ResolvedView {
  const options = checkedOptions('terminalView', given, checks)
  const tracker = options.tracker ?? getTracker()
  const output = options.output ?? process.stdout
  const env = options.env ?? {}
  return {
    tracker,
    output,
    sharedStreams: sharing(output),
    mode: options.mode ?? (isCapable(output, env) && !isSet(env['CI']) ? 'live' : 'lines'),
    color: options.color ?? hasColor(output, env),
    unicode: options.unicode ?? hasUnicode(env, process.platform),
    title: options.title ?? tracker.serviceName,
    summary: options.summary ?? true,
    longMillis: Math.max(options.longMillis ?? 10_000, 0),
    clock: options.clock ?? systemClock,
  }
}
