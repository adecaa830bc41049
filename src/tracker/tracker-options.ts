import { types } from 'node:util'
import type { Redact } from '../activity/values.js'
import {
  checkedOptions,
  isBoolean,
  isFunction,
  isObject,
  type OptionChecks,
  unknownKeys,
} from '../base/checked-options.js'
import type { Clock } from '../base/clock.js'
import type { WarningListener } from '../base/faults.js'
import type { ErrorHealthThresholds } from './error-health.js'

export interface TrackerOptions {
  /** The module of activities that name none. @defaultValue `'unknown_service'` */
  readonly serviceName?: string | undefined
  /** Errors kept in memory; the oldest leaves first. @defaultValue 1000 */
  readonly maxErrors?: number | undefined
  /**
   * Open activities whose details (log, metadata, attributes, result and other texts) are kept; over it the oldest lose
   * theirs and go on being counted. @defaultValue 100000
   */
  readonly maxDetails?: number | undefined
  /** Registered modules. @defaultValue 10000 */
  readonly maxModules?: number | undefined
  /** How far back `errorHealth` looks; a day at most. @defaultValue 300000 (5 min) */
  readonly errorWindowMillis?: number | undefined
  readonly errorThresholds?: ErrorHealthThresholds | undefined
  /** Sees every text, attribute and JSON property once, before anything else does; what it returns is kept. */
  readonly redact?: Redact | undefined
  /** Calls functions directly, hands out inert handles and answers that all is quiescent. @defaultValue false */
  readonly disabled?: boolean | undefined
  /** Where time comes from. @defaultValue the system's clocks */
  readonly clock?: Clock | undefined
  /** Where the counters lie: 64 bytes per combination of module, group and type. @defaultValue a buffer that grows */
  readonly counterBuffer?: ArrayBuffer | SharedArrayBuffer | undefined
  /** Told what was kept away from your code: once per kind, or per kind and option, backend or name. @defaultValue `process.emitWarning` */
  readonly onWarning?: WarningListener | undefined
}

const dayMillis = 86_400_000
const clockMethods = ['wallMillis', 'monotonicMillis', 'timer', 'backgroundTimer', 'defer'] as const

function countUpTo(most: number): (value: unknown) => boolean {
  return (value) => typeof value === 'number' && value >= 1 && value <= most
}

function areThresholds(value: unknown): boolean {
  if (!isObject(value) || unknownKeys(value, ['errors', 'warnings']).length > 0) return false
  return [value['errors'], value['warnings']].every(
    (count) => count === undefined || (typeof count === 'number' && count >= 0),
  )
}

function isBuffer(value: unknown): boolean {
  return types.isAnyArrayBuffer(value) && value.byteLength >= 64 && value.byteLength % 8 === 0
}

/** What a clock must be. */
export const clockCheck: OptionChecks<{ clock: unknown }>['clock'] = [
  (value) => isObject(value) && clockMethods.every((name) => typeof value[name] === 'function'),
  `an object with ${clockMethods.join(', ')}`,
]

const checks: OptionChecks<TrackerOptions> = {
  serviceName: [(value) => typeof value === 'string' && value !== '', 'a text'],
  maxErrors: [countUpTo(1e9), 'a number of at least 1'],
  maxDetails: [countUpTo(1e9), 'a number of at least 1'],
  maxModules: [countUpTo(1e9), 'a number of at least 1'],
  errorWindowMillis: [countUpTo(dayMillis), `a number from 1 to ${dayMillis}`],
  errorThresholds: [areThresholds, 'an object { errors, warnings } of numbers'],
  redact: [isFunction, 'a function (key, value) => value'],
  disabled: [isBoolean, 'true or false'],
  clock: clockCheck,
  counterBuffer: [isBuffer, 'an ArrayBuffer or SharedArrayBuffer of at least 64 bytes, a multiple of 8'],
  onWarning: [isFunction, 'a function (message, code) => void'],
}

/** Reads the options once. @throws UnderwayError OPTIONS_INVALID, naming the option and what it may be */
export function checkTrackerOptions(given: TrackerOptions): TrackerOptions {
  return checkedOptions('new ActivityTracker', given, checks)
}
