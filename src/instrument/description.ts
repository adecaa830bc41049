import { defaultActivityType } from '../activity/activity-types.js'
import { bounds } from '../activity/bounds.js'
import {
  type ActivityDescription,
  type ActivityLink,
  type ActivitySpanKind,
  type Attempt,
  type ErrorReporting,
  type KeptLink,
  linkRelations,
  type RemoteActivity,
  spanKinds,
} from '../activity/options.js'
import type { ActivityRecord } from '../activity/record.js'
import { isSeverity, type Severity } from '../activity/states.js'
import {
  type Attributes,
  answerOf,
  type Intake,
  type JsonObject,
  toAttributes,
  toJsonObject,
  toNumber,
  toSignal,
  toText,
} from '../activity/values.js'
import { extract } from '../tracing/propagation.js'
import type { ActivityTracker } from '../tracker/tracker.js'
import { recordKey } from './begin.js'

/** What every starting function takes. */
export interface StartOptions extends ActivityDescription {
  /** @defaultValue the current activity's, else the default tracker */
  readonly tracker?: ActivityTracker | undefined
}

/** The parent that was asked for: an activity of this thread, or the ids of one that may be anywhere. */
export interface ParentChoice {
  readonly record: ActivityRecord | undefined
  readonly remote: RemoteActivity
}

/** Options after they were read once and checked; what was not given is `undefined`. */
export interface Description {
  readonly name: string | undefined
  readonly module: string | undefined
  readonly group: string | undefined
  readonly type: string
  readonly kind: ActivitySpanKind | undefined
  readonly plan: string | undefined
  readonly attributes: Attributes | undefined
  readonly metadata: JsonObject | undefined
  readonly parent: ParentChoice | null | undefined
  readonly from: RemoteActivity | undefined
  readonly links: readonly KeptLink[] | undefined
  readonly attempt: Attempt | undefined
  readonly severity: Severity | undefined
  readonly id: string | undefined
  readonly startTime: number | Date | undefined
  readonly silenceBudgetMillis: number | undefined
  readonly timeoutMillis: number | undefined
  readonly signal: AbortSignal | undefined
  readonly errors: ErrorReporting | undefined
  readonly thread: string | undefined
  readonly considered: readonly string[] | undefined
  readonly reason: string | undefined
  /** Whether there is anything that the activity itself must keep. */
  readonly detailed: boolean
  /** Nothing was given but what is the same for all activities of one place, such as name and module. */
  readonly plain: boolean
}

const detailKeys = [
  'plan',
  'attributes',
  'metadata',
  'links',
  'attempt',
  'severity',
  'errors',
  'thread',
  'considered',
  'reason',
  'silenceBudgetMillis',
] as const satisfies readonly (keyof Description)[]

/** What makes the start of an activity differ from that of most. */
const startKeys = [
  'kind',
  'parent',
  'from',
  'id',
  'startTime',
  'timeoutMillis',
  'signal',
] as const satisfies readonly (keyof Description)[]

const emptyDescription: Description = Object.freeze({
  name: undefined,
  module: undefined,
  group: undefined,
  type: defaultActivityType,
  kind: undefined,
  plan: undefined,
  attributes: undefined,
  metadata: undefined,
  parent: undefined,
  from: undefined,
  links: undefined,
  attempt: undefined,
  severity: undefined,
  id: undefined,
  startTime: undefined,
  silenceBudgetMillis: undefined,
  timeoutMillis: undefined,
  signal: undefined,
  errors: undefined,
  thread: undefined,
  considered: undefined,
  reason: undefined,
  detailed: false,
  plain: true,
})

/** The call in which options given as functions are answered. */
export interface Call {
  readonly self: unknown
  readonly args: readonly unknown[]
}

/** Reads options once. What has the wrong type is left out, counted and warned about; never throws. */
export function describe(intake: Intake, options: ActivityDescription | undefined, call?: Call): Description {
  if (options === undefined) return emptyDescription
  try {
    return new Reader(intake, options, call).read()
  } catch (error) {
    intake.faults.count('value.unreadable', 'options', error)
    return describeReadable(intake, options, call)
  }
}

/** Options of which one could not be read or used: each is tried by itself, and those that can be are kept. */
function describeReadable(intake: Intake, options: ActivityDescription, call: Call | undefined): Description {
  const kept: Record<string, unknown> = {}
  for (const key of Object.keys(emptyDescription)) {
    try {
      const one = { [key]: (options as Record<string, unknown>)[key] }
      new Reader(intake, one, call).read()
      kept[key] = one[key]
    } catch (error) {
      intake.faults.count('value.unreadable', key, error)
    }
  }
  try {
    return new Reader(intake, kept, call).read()
  } catch {
    return emptyDescription
  }
}

function isHexId(value: unknown, digits: number): value is string {
  return typeof value === 'string' && value.length === digits && /^(?!0+$)[\da-f]+$/.test(value)
}

class Reader {
  readonly #intake: Intake
  readonly #options: ActivityDescription
  readonly #call: Call | undefined

  constructor(intake: Intake, options: ActivityDescription, call: Call | undefined) {
    this.#intake = intake
    this.#options = options
    this.#call = call
  }

  read(): Description {
    const options = this.#options
    const given = {
      name: this.#text('name', options.name, bounds.name),
      module: this.#text('module', options.module, bounds.name),
      group: this.#text('group', options.group, bounds.name),
      type: this.#text('type', options.type, bounds.name) ?? defaultActivityType,
      kind: this.#oneOf('kind', options.kind, spanKinds),
      plan: this.#text('plan', options.plan, bounds.message),
      attributes: toAttributes(this.#intake, this.#perCall('attributes', options.attributes)),
      metadata: toJsonObject(this.#intake, 'metadata', options.metadata),
      parent: this.#parent(options.parent),
      from: this.#from(options.from),
      links: this.#links(options.links),
      attempt: this.#attempt(options.attempt),
      severity: this.#severity('severity', options.severity),
      id: this.#text('id', options.id, bounds.name),
      startTime: this.#startTime(options.startTime),
      silenceBudgetMillis: this.#duration('silenceBudgetMillis', options.silenceBudgetMillis),
      timeoutMillis: this.#duration('timeoutMillis', options.timeoutMillis),
      signal: this.#signal(options.signal),
      errors: this.#errors(options.errors),
      thread: this.#text('thread', options.thread, bounds.name),
      considered: toTexts(this.#intake, 'considered', options.considered),
      reason: this.#text('reason', options.reason, bounds.message),
      detailed: false,
      plain: false,
    }
    given.detailed = detailKeys.some((key) => given[key] !== undefined)
    given.plain = !given.detailed && startKeys.every((key) => given[key] === undefined)
    return given
  }

  #perCall(key: string, value: unknown): unknown {
    const call = this.#call
    if (typeof value !== 'function' || call === undefined) return value
    return answerOf(this.#intake.faults, key, () => Reflect.apply(value, call.self, call.args))
  }

  #text(key: string, value: unknown, length: number): string | undefined {
    if (value === undefined) return undefined
    const text = toText(this.#intake, key, this.#perCall(key, value), length)
    return text === '' ? undefined : text
  }

  #invalid(key: string): undefined {
    this.#intake.faults.count('option.invalid', key)
    return undefined
  }

  #oneOf<T extends string>(key: string, value: unknown, allowed: readonly T[]): T | undefined {
    if (value === undefined) return undefined
    return allowed.find((one) => one === value) ?? this.#invalid(key)
  }

  #severity(key: string, value: unknown): Severity | undefined {
    if (value === undefined) return undefined
    return isSeverity(value) ? value : this.#invalid(key)
  }

  #duration(key: string, value: unknown): number | undefined {
    const millis = toNumber(this.#intake, key, value)
    return millis === undefined || millis >= 0 ? millis : this.#invalid(key)
  }

  #signal(value: unknown): AbortSignal | undefined {
    if (value === undefined) return undefined
    const signal = this.#perCall('signal', value)
    return signal === undefined ? undefined : (toSignal(signal) ?? this.#invalid('signal'))
  }

  #startTime(value: unknown): number | Date | undefined {
    if (value === undefined) return undefined
    const millis = value instanceof Date ? value.getTime() : value
    return toNumber(this.#intake, 'startTime', millis)
  }

  #parent(value: unknown): ParentChoice | null | undefined {
    if (value === undefined) return undefined
    const parent = this.#perCall('parent', value)
    if (parent === null || parent === undefined) return parent
    if (typeof parent === 'string' && parent !== '' && parent.length <= bounds.name)
      return { record: undefined, remote: { id: parent } }
    if (typeof parent !== 'object') return this.#invalid('parent')
    const record = (parent as { [recordKey]?: ActivityRecord })[recordKey]
    return { record, remote: record === undefined ? this.#remote(parent) : {} }
  }

  #from(value: unknown): RemoteActivity | undefined {
    if (value === undefined) return undefined
    // The headers themselves, or what `extract` read from them.
    return typeof value === 'object' && value !== null ? this.#remote(extract(value) ?? value) : this.#invalid('from')
  }

  /** Copies what names a remote activity; a handle has the same fields. */
  #remote(from: RemoteActivity): RemoteActivity {
    const text = <K extends string>(key: K, value: unknown): { [P in K]?: string } =>
      typeof value === 'string' && value.length <= (key === 'traceState' ? bounds.message : bounds.name)
        ? ({ [key]: value } as { [P in K]?: string })
        : {}
    const { traceId, spanId, traceFlags, traceState } = from
    const ids = { ...text('id', from.id), ...text('rootId', from.rootId) }
    if (!isHexId(traceId, 32) || !isHexId(spanId, 16)) {
      if (traceId !== undefined || spanId !== undefined) this.#invalid('traceId')
      return ids
    }
    return {
      ...ids,
      traceId,
      spanId,
      ...text('traceState', traceState),
      ...(Number.isInteger(traceFlags) ? { traceFlags } : {}),
    }
  }

  #links(value: unknown): Description['links'] {
    if (value === undefined) return undefined
    if (!Array.isArray(value)) return this.#invalid('links')
    return value.slice(0, bounds.links).flatMap((link: Partial<ActivityLink> | null | undefined) => {
      const relation = linkRelations.find((one) => one === link?.relation)
      const activity = link?.activity
      const id = typeof activity === 'string' ? activity : activity?.id
      if (relation === undefined || typeof id !== 'string') return this.#invalid('links') ?? []
      return { relation, id: id.slice(0, bounds.name), ...this.#linkedSpan(activity) }
    })
  }

  /** The ids of what is linked, if they exist already. */
  #linkedSpan(activity: unknown): { readonly traceId?: string; readonly spanId?: string } {
    if (typeof activity !== 'object' || activity === null) return {}
    const record = (activity as { [recordKey]?: ActivityRecord })[recordKey]
    const { traceId, spanId } = record === undefined ? this.#remote(activity) : (record.knownSpan() ?? {})
    return traceId === undefined || spanId === undefined ? {} : { traceId, spanId }
  }

  #attempt(value: unknown): Attempt | undefined {
    const attempt = this.#perCall('attempt', value)
    if (attempt === undefined) return undefined
    const given = (typeof attempt === 'object' && attempt !== null ? attempt : { number: attempt }) as Partial<Attempt>
    const number = toNumber(this.#intake, 'attempt', given.number)
    const of = toNumber(this.#intake, 'attempt.of', given.of)
    if (number === undefined) return undefined
    return of === undefined ? { number } : { number, of }
  }

  #errors(value: unknown): ErrorReporting | undefined {
    if (value === undefined) return undefined
    if (typeof value !== 'object' || value === null) return this.#invalid('errors')
    const { report, severity } = value as { report?: unknown; severity?: unknown }
    const checked = this.#severity('errors.severity', severity)
    return { report: report !== false, ...(checked === undefined ? {} : { severity: checked }) }
  }
}

/** A list of texts; what is not text is left out and counted. */
export function toTexts(intake: Intake, key: string, value: unknown): readonly string[] | undefined {
  if (value === undefined) return undefined
  if (!Array.isArray(value)) {
    intake.faults.count('option.invalid', key)
    return undefined
  }
  // Snapshots hold the very list, and nobody may change the past through them.
  return Object.freeze(value.slice(0, bounds.attributes).flatMap((text: unknown) => toText(intake, key, text) ?? []))
}
