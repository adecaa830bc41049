/// <reference lib="esnext.disposable" preserve="true" />

import type { ActivityRecord } from '../activity/record.js'
import type { ActivityCondition } from '../activity/states.js'
import {
  checkedLater,
  checkedOptions,
  isBoolean,
  type OptionChecks,
  settingUp,
  shown,
} from '../base/checked-options.js'
import type { Timer } from '../base/clock.js'
import { UnderwayError } from '../base/underway-error.js'
import { detached } from '../tracing/current.js'
import { announceCondition, conditionOf } from '../tracker/condition.js'
import { getTracker } from '../tracker/default-tracker.js'
import { type ActivityTracker, lifecycleKey, trackerCheck } from '../tracker/tracker.js'
import { GapStatistics } from './gap-statistics.js'

export interface SilenceOptions {
  /** Budgets of modules, in milliseconds, for activities that declare none. */
  readonly modules?: Readonly<Record<string, number>> | undefined
  /** The least that a learned budget may be, in milliseconds. @defaultValue 30000 */
  readonly floorMillis?: number | undefined
  /** `false`: only declared budgets and those of modules. @defaultValue true */
  readonly learn?: boolean | undefined
  /** How often conditions are looked at, in milliseconds. @defaultValue 1000 */
  readonly intervalMillis?: number | undefined
  /** @defaultValue the default tracker */
  readonly tracker?: ActivityTracker | undefined
}

/** Ends the watching; declared budgets go on to count. */
export interface SilenceWatch extends Disposable {
  close(): void
}

const checks: OptionChecks<SilenceOptions> = {
  tracker: trackerCheck,
  modules: checkedLater,
  floorMillis: checkedLater,
  learn: [isBoolean, 'true or false'],
  intervalMillis: checkedLater,
}

function positive(name: string, value: unknown, fallback: number): number {
  if (value === undefined) return fallback
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value
  throw new UnderwayError(
    'OPTIONS_INVALID',
    `watchSilence({ ${name} }): expected a positive number of milliseconds, got ${shown(value)}`,
  )
}

function moduleBudgets(given: unknown): ReadonlyMap<string, number> {
  if (given === undefined) return new Map()
  if (typeof given !== 'object' || given === null)
    throw new UnderwayError(
      'OPTIONS_INVALID',
      'watchSilence({ modules }): expected an object such as { Trainer: 60_000 }',
    )
  return new Map(
    Object.entries(given).map(([module, budget]) => [module, positive(`modules: { ${module} }`, budget, 0)]),
  )
}

/**
 * Gives every activity a silence budget (its own, else its module's, else one learned from the gaps that activities of its
 * name left) and tells when one becomes silent and when it is heard of again. It never keeps the process alive.
 *
 * @throws UnderwayError OPTIONS_INVALID
 */
export function watchSilence(given: SilenceOptions = {}): SilenceWatch {
  return settingUp('watchSilence(options)', () => {
    const options = checkedOptions('watchSilence', given, checks)
    const lifecycle = (options.tracker ?? getTracker())[lifecycleKey]
    const modules = moduleBudgets(options.modules)
    const intervalMillis = positive('intervalMillis', options.intervalMillis, 1_000)
    const floorMillis = positive('floorMillis', options.floorMillis, 30_000)
    const gaps = options.learn === false ? undefined : new GapStatistics(floorMillis)
    const port = {
      budgetMillis: (record: ActivityRecord) => modules.get(record.module) ?? gaps?.budgetMillis(record.name),
      gap: (record: ActivityRecord, millis: number) => gaps?.add(record.name, millis),
    }
    lifecycle.silence = port
    /** Those that are not progressing, with what was told of them. */
    const told = new Map<ActivityRecord, ActivityCondition>()
    let timer: Timer
    const look = (): void => {
      const now = lifecycle.clock.monotonicMillis()
      for (const record of told.keys()) if (!record.open) told.delete(record)
      for (const record of lifecycle.open) {
        const condition = conditionOf(lifecycle, record, now)
        if (condition === (told.get(record) ?? 'progressing')) continue
        if (condition === 'progressing') told.delete(record)
        else told.set(record, condition)
        announceCondition(lifecycle, record, condition, now)
      }
      next()
    }
    const next = (): void => {
      timer = detached(() => lifecycle.clock.backgroundTimer(look, intervalMillis))
    }
    next()
    const close = (): void => {
      timer.cancel()
      if (lifecycle.silence === port) lifecycle.silence = undefined
    }
    return { close, [Symbol.dispose]: close }
  })
}
