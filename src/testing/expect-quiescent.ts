import { checkedOptions, isBoolean, isFunction, isObject, type OptionChecks } from '../base/checked-options.js'
import { UnderwayError } from '../base/underway-error.js'
import type { Blocker } from '../tracker/blockers.js'
import { getTracker } from '../tracker/default-tracker.js'
import type { Scope } from '../tracker/scope.js'
import { type ActivityTracker, trackerCheck } from '../tracker/tracker.js'

export interface ExpectQuiescentOptions extends Scope {
  /** @defaultValue the default tracker */
  readonly tracker?: ActivityTracker | undefined
}

const shown = 10

const isText = (value: unknown): boolean => typeof value === 'string'

const checks: OptionChecks<ExpectQuiescentOptions> = {
  tracker: trackerCheck,
  module: [isText, 'a text'],
  group: [isText, 'a text'],
  type: [isText, 'a text'],
  within: [(value) => isText(isObject(value) ? value['id'] : value), 'a handle or an id'],
  attributes: [isObject, 'an object'],
  where: [isFunction, 'a function'],
  planned: [isBoolean, 'true or false'],
  self: [isBoolean, 'true or false'],
}

function line(blocker: Blocker): string {
  const from = blocker.startedFrom === undefined ? '' : `, started at ${blocker.startedFrom}`
  const plan = blocker.plan === undefined ? '' : `, plan: ${blocker.plan}`
  const doing = blocker.doing === undefined ? '' : `, doing: ${blocker.doing}`
  return `  ${blocker.module} ${blocker.path.join(' > ')} (${blocker.state}, open for ${Math.round(blocker.ageMillis)} ms, silent for ${Math.round(blocker.silenceMillis)} ms${plan}${doing}${from})`
}

/**
 * Fails a test that leaves work open: put it at the end, or in `afterEach`.
 *
 * @throws UnderwayError OPTIONS_INVALID; NOT_QUIESCENT, with what is still open and where it was started
 */
export function expectQuiescent(options: ExpectQuiescentOptions = {}): void {
  const { tracker = getTracker(), ...scope } = checkedOptions('expectQuiescent', options, checks)
  const blockers = tracker.blockers(scope)
  if (blockers.length === 0) return
  const lines = blockers.slice(0, shown).map(line)
  if (blockers.length > shown) lines.push(`  … and ${blockers.length - shown} more`)
  const noun = blockers.length === 1 ? 'activity is' : 'activities are'
  throw new UnderwayError(
    'NOT_QUIESCENT',
    `${blockers.length} ${noun} still open; end each of them, or wait with tracker.waitQuiescent():\n${lines.join('\n')}`,
  )
}
