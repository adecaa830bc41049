import type { ActivityRecord } from '../activity/record.js'
import type { ActivitySnapshot } from '../activity/snapshot.js'
import { type Attributes, type AttributeValue, readOptions, readProperty } from '../activity/values.js'
import type { Faults } from '../base/faults.js'

/**
 * Which open activities a question is about; without any field, all of them.
 * One of `module`, `group`, `type` or `within` alone is answered in O(1); several together, `attributes` and `where`
 * look at every open activity.
 */
export interface Scope {
  readonly module?: string | undefined
  readonly group?: string | undefined
  readonly type?: string | undefined
  /** An activity and everything below it, by handle or id. */
  readonly within?: string | { readonly id: string } | undefined
  /** Attributes that an activity must have with these values. */
  readonly attributes?: Attributes | undefined
  /** A test of your own; works in this process only. */
  readonly where?: ((activity: ActivitySnapshot) => boolean) | undefined
  /** `false` leaves planned work out. @defaultValue true */
  readonly planned?: boolean | undefined
  /** `true` counts the activity that asks and its ancestors too. @defaultValue false */
  readonly self?: boolean | undefined
}

/** A scope after its fields have been read once and checked. */
export interface ResolvedScope {
  readonly module: string | undefined
  readonly group: string | undefined
  readonly type: string | undefined
  readonly withinId: string | undefined
  readonly attributes: Attributes | undefined
  readonly where: ((activity: ActivitySnapshot) => boolean) | undefined
  readonly planned: boolean
  readonly self: boolean
  /** How many fields choose activities. */
  readonly narrowed: number
}

export const scopeKeys = ['module', 'group', 'type', 'within', 'attributes', 'where', 'planned', 'self'] as const

const wholeScope: ResolvedScope = Object.freeze({
  module: undefined,
  group: undefined,
  type: undefined,
  withinId: undefined,
  attributes: undefined,
  where: undefined,
  planned: true,
  self: false,
  narrowed: 0,
})

type Kinds = { string: string; boolean: boolean; function: (activity: ActivitySnapshot) => boolean; object: object }

/** The call that was given a scope. */
export interface Asked {
  /** As it is written, such as `isQuiescent`. */
  readonly call: string
  /** What counts where the scope does not say. @defaultValue false */
  readonly self?: boolean
  /** Options of the call that are no fields of a scope. */
  readonly besides?: readonly string[]
}

/** Reads a scope; a field that does not exist, is of the wrong type or cannot be read is left out and counted. */
export function resolveScope(
  faults: Faults,
  { call, self = false, besides = [] }: Asked,
  scope: Scope | undefined,
): ResolvedScope {
  if (scope === undefined) return self ? { ...wholeScope, self } : wholeScope
  const given = readOptions(faults, `${call}(scope)`, scope, scopeKeys, [...besides, ...scopeKeys])
  function field<K extends keyof Kinds>(key: keyof Scope, kind: K): Kinds[K] | undefined {
    const value: unknown = given[key]
    if (value === undefined || value === null) return undefined
    if (typeof value === kind) return value as Kinds[K]
    faults.countOption(`${call}({ ${key} })`, `expected a ${kind}, got ${typeof value}`, 'scope.invalid')
    return undefined
  }
  const chosen = {
    module: field('module', 'string'),
    group: field('group', 'string'),
    type: field('type', 'string'),
    withinId: idOf(faults, given.within),
    attributes: copyOf(faults, field('attributes', 'object')),
    where: field('where', 'function'),
  }
  return {
    ...chosen,
    planned: field('planned', 'boolean') ?? true,
    self: field('self', 'boolean') ?? self,
    narrowed: Object.values(chosen).filter((value) => value !== undefined).length,
  }
}

function idOf(faults: Faults, within: unknown): string | undefined {
  if (within === undefined || within === null) return undefined
  const id = typeof within === 'object' ? readProperty(faults, within, 'id') : within
  if (typeof id === 'string') return id
  faults.count('scope.invalid', 'within')
  return undefined
}

function copyOf(faults: Faults, attributes: object | undefined): Attributes | undefined {
  try {
    return attributes === undefined ? undefined : ({ ...attributes } as Attributes)
  } catch (error) {
    faults.count('scope.invalid', 'attributes', error)
    return undefined
  }
}

/** Whether an activity is the one with this id or lies below it. */
function isWithin(record: ActivityRecord, id: string): boolean {
  let at: ActivityRecord | undefined = record
  while (at !== undefined) {
    if (at.hasId && at.id === id) return true
    at = at.origin
  }
  return false
}

/** Whether an open activity is in the scope. `self` is not looked at here. */
export function inScope(
  scope: ResolvedScope,
  record: ActivityRecord,
  read: (record: ActivityRecord) => ActivitySnapshot,
  faults: Faults,
): boolean {
  if (!scope.planned && record.state === 'planned') return false
  if (scope.narrowed === 0) return true
  if (scope.module !== undefined && record.module !== scope.module) return false
  if (scope.group !== undefined && record.group !== scope.group) return false
  if (scope.type !== undefined && record.type !== scope.type) return false
  if (scope.withinId !== undefined && !isWithin(record, scope.withinId)) return false
  if (scope.attributes !== undefined && !hasAttributes(record, scope.attributes)) return false
  if (scope.where === undefined) return true
  // What cannot be told counts as in the scope: a test that is broken must not make work in progress look done.
  try {
    const answer: unknown = scope.where(read(record))
    if (typeof answer === 'boolean') return answer
    faults.count('scope.invalid', 'where')
    Promise.resolve(answer).catch(() => undefined)
  } catch (error) {
    faults.count('scope.invalid', 'where', error)
  }
  return true
}

function hasAttributes(record: ActivityRecord, wanted: Attributes): boolean {
  // What it had is not known any more, and must not make work in progress look done.
  if (record.details?.evicted === true) return true
  const has = record.details?.attributes
  return Object.keys(wanted).every(
    (key) => has !== undefined && Object.hasOwn(has, key) && isSame(has[key], wanted[key]),
  )
}

function isSame(a: AttributeValue | undefined, b: AttributeValue | undefined): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b
  return a.length === b.length && a.every((item, index) => item === b[index])
}
