import { types } from 'node:util'
import { isList, shown, unknownKeys, unknownOption } from '../base/checked-options.js'
import type { Faults } from '../base/faults.js'
import { bounds } from './bounds.js'

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue }
export type JsonObject = { readonly [key: string]: JsonValue }
export type AttributeValue = string | number | boolean | readonly string[] | readonly number[] | readonly boolean[]
export type Attributes = { readonly [key: string]: AttributeValue }

/** Sees every text, attribute and JSON property once, at entry; what it returns is kept instead. */
export type Redact = (key: string, value: unknown) => unknown

/** What a value passes on its way in: the user's redaction, and where faults are counted. */
export interface Intake {
  readonly faults: Faults
  readonly redact: Redact | undefined
  /** How an option is written in the call that it was given to; as its key alone where there are several. */
  readonly written?: (key: string) => string
}

/** The same for the options of one call, so that a fault names it. */
export function inCall({ faults, redact }: Intake, call: string): Intake {
  return { faults, redact, written: (key) => `${call}({ ${key} })` }
}

const unreadable: unique symbol = Symbol('unreadable')

function redacted(intake: Intake, key: string, value: unknown): unknown {
  if (intake.redact === undefined) return value
  try {
    const kept = intake.redact(key, value)
    if (!types.isPromise(kept)) return kept
    kept.catch(() => undefined)
    throw new TypeError('redact returned a promise; it must answer at once')
  } catch (error) {
    intake.faults.count('redact.threw', key, error)
    return undefined
  }
}

/** A value that cannot be used, for a warning: its kind, and itself where it is short and the user's redaction leaves it. */
function refused(intake: Intake, key: string, value: unknown): string {
  const kind = isList(value) || value === null ? shown(value) : typeof value
  if (!isPrimitive(value)) return kind
  const kept = redacted(intake, key, value)
  return isPrimitive(kept) ? `${kind} ${shown(kept)}` : kind
}

/** Counts an option that cannot be used, and names it, what was expected and what it was. */
export function refuseValue(intake: Intake, key: string, expected: string, value: unknown): undefined {
  const option = intake.written?.(key) ?? key
  intake.faults.countOption(option, `expected ${expected}, got ${refused(intake, key, value)}`)
  return undefined
}

function cut(intake: Intake, key: string, text: string, length: number): string {
  if (text.length <= length) return text.isWellFormed() ? text : text.toWellFormed()
  intake.faults.count('value.clamped', key)
  // toWellFormed() also mends a pair that the cut went through; slice() of a slice would keep the long parent alive.
  return `${Buffer.from(text.slice(0, length - 1).toWellFormed()).toString()}…`
}

/** A text for people, or `undefined` for what is not one. Numbers, booleans and bigints are written out. */
export function toText(
  intake: Intake,
  key: string,
  value: unknown,
  length: number = bounds.message,
): string | undefined {
  if (value === undefined || value === null) return undefined
  const kept = redacted(intake, key, value)
  switch (typeof kept) {
    case 'string':
      return cut(intake, key, kept, length)
    case 'number':
    case 'boolean':
    case 'bigint':
      return cut(intake, key, String(kept), length)
    case 'undefined':
      return undefined
    default:
      return kept === null ? undefined : refuseValue(intake, key, 'a text', kept)
  }
}

/** A finite number, or `undefined` for what is not one. */
export function toNumber(intake: Intake, key: string, value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined
  // Plus zero, as JSON knows no minus zero.
  if (typeof value === 'number' && Number.isFinite(value)) return value + 0
  return refuseValue(intake, key, 'a number', value)
}

/**
 * Asks a function of the user. What it throws is counted and answered with `undefined`; so is a promise, as nobody waits
 * for it here, and its rejection is kept from becoming an unhandled one.
 */
export function answerOf(faults: Faults, key: string, ask: () => unknown): unknown {
  try {
    const answer = ask()
    if (!types.isPromise(answer)) return answer
    answer.catch(() => undefined)
    faults.count('option.threw', `${key}: it returned a promise`)
  } catch (error) {
    faults.count('option.threw', key, error)
  }
  return undefined
}

/**
 * Reads the named options into an object of their own; what cannot be read, does not exist, or is no object at all, is
 * counted and left out.
 *
 * @param place the call, and what it calls its options: `waitQuiescent(options)`
 * @param known all that the call may be given, where others read the rest
 */
export function readOptions<T extends object>(
  faults: Faults,
  place: string,
  given: T | undefined,
  keys: readonly (keyof T & string)[],
  known: readonly string[] = keys,
): { readonly [K in keyof T]?: unknown } {
  const read: { [K in keyof T]?: unknown } = {}
  if (given === undefined) return read
  if (typeof given !== 'object' || given === null) {
    faults.countOption(place, `expected an object, got ${given === null ? 'null' : typeof given}`)
    return read
  }
  countUnknown(faults, place, given, known)
  for (const key of keys) {
    const value = readProperty(faults, given, key)
    if (value !== undefined) read[key] = value
  }
  return read
}

/** Counts each key that is none of the known ones, and says which are. */
export function countUnknown(faults: Faults, place: string, given: object, known: readonly string[]): void {
  try {
    if (Array.isArray(given)) return faults.countOption(place, 'expected an object, got a list')
    for (const key of unknownKeys(given, known))
      faults.countOption(`${place.slice(0, place.indexOf('('))}({ ${key} })`, unknownOption(known))
  } catch (error) {
    faults.count('value.unreadable', place, error)
  }
}

/** An AbortSignal, or `undefined` for what is not one. */
export function toSignal(value: unknown): AbortSignal | undefined {
  try {
    return value instanceof AbortSignal ? value : undefined
  } catch {
    return undefined
  }
}

/** Reads one property of a foreign object; what throws is counted and reads as `undefined`. */
export function readProperty(faults: Faults, holder: object, key: PropertyKey): unknown {
  try {
    return (holder as Record<PropertyKey, unknown>)[key]
  } catch (error) {
    faults.count('value.unreadable', String(key), error)
    return undefined
  }
}

class JsonCopy {
  readonly #intake: Intake
  readonly #path: object[] = []
  #left: number = bounds.json
  #over = false

  constructor(intake: Intake) {
    this.#intake = intake
  }

  copy(key: string, value: unknown): JsonValue | undefined {
    const made = this.#value(key, value)
    if (this.#over) this.#intake.faults.count('value.clamped', key)
    return made
  }

  /** Takes characters of JSON out of what is left; `false` once there are not enough. */
  #spend(length: number): boolean {
    this.#left -= length
    if (this.#left < 0) this.#over = true
    return !this.#over
  }

  #value(key: string, raw: unknown): JsonValue | undefined {
    const value = redacted(this.#intake, key, raw)
    switch (typeof value) {
      case 'string':
        return this.#text(value)
      case 'number':
        // JSON has no NaN and no infinities; as text they stay readable.
        if (!Number.isFinite(value)) return this.#text(String(value))
        return this.#spend(String(value).length + 1) ? value + 0 : undefined
      case 'boolean':
        return this.#spend(6) ? value : undefined
      case 'bigint':
      case 'symbol':
        return this.#text(String(value))
      case 'object':
        return value === null ? this.#null() : this.#object(key, value)
      default:
        return undefined
    }
  }

  #null(): null | undefined {
    return this.#spend(5) ? null : undefined
  }

  #text(text: string): string | undefined {
    let kept = text.length > this.#left ? text.slice(0, Math.max(this.#left, 0)) : text
    let length = JSON.stringify(kept).length + 1
    // Characters may be written as up to six.
    while (length > this.#left - 1 && kept !== '') {
      kept = kept.slice(0, Math.floor((kept.length * Math.max(this.#left - 4, 0)) / length))
      length = JSON.stringify(kept).length + 1
    }
    if (kept.length === text.length) return this.#spend(length) ? text.toWellFormed() : undefined
    const fits = this.#spend(length + 1)
    this.#over = true
    return fits ? `${kept.toWellFormed()}…` : undefined
  }

  #object(key: string, value: object): JsonValue | undefined {
    if (this.#path.includes(value)) return this.#text('[circular]')
    if (this.#path.length >= bounds.jsonDepth) return this.#text('[deeper]')
    if (!this.#spend(3)) return undefined
    this.#path.push(value)
    try {
      if (Array.isArray(value)) return this.#array(Array.prototype.values.call(value))
      if (value instanceof Error) return this.#record({ name: value.name, message: value.message })
      if (value instanceof Map) return this.#array(Map.prototype.entries.call(value))
      if (value instanceof Set) return this.#array(Set.prototype.values.call(value))
      if (ArrayBuffer.isView(value)) return this.#text(`[${value.constructor.name} of ${value.byteLength} bytes]`)
      const toJson = (value as { toJSON?: unknown }).toJSON
      if (typeof toJson === 'function') return this.#value(key, Reflect.apply(toJson, value, [key]))
      return this.#record(value)
    } catch (error) {
      this.#intake.faults.count('value.unreadable', key, error)
      return undefined
    } finally {
      this.#path.pop()
    }
  }

  #array(values: Iterable<unknown>): readonly JsonValue[] {
    const copy: JsonValue[] = []
    for (const value of values) {
      const item = this.#value(String(copy.length), value)
      const made = item === undefined && !this.#over ? this.#null() : item
      if (made !== undefined) copy.push(made)
      if (this.#over) break
    }
    return Object.freeze(copy)
  }

  #record(values: object): JsonObject {
    const copy: Record<string, JsonValue> = {}
    for (const key of Object.keys(values)) {
      const cost = key.length > this.#left ? key.length : JSON.stringify(key).length + 1
      if (!this.#spend(cost)) break
      const value = this.#value(key, this.#read(values, key))
      if (value !== undefined) define(copy, key, value)
    }
    return Object.freeze(copy)
  }

  #read(holder: object, key: string): unknown {
    try {
      return (holder as Record<string, unknown>)[key]
    } catch (error) {
      this.#intake.faults.count('value.unreadable', key, error)
      return unreadable.description
    }
  }
}

/** Sets a property as data, also when it is called `__proto__`. */
export function define<T>(holder: Record<string, T>, key: string, value: T): void {
  if (key === '__proto__')
    Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true })
  else holder[key] = value
}

/** A frozen plain copy of at most 16 KiB of JSON. Cycles, depth, getters and proxies that throw become short texts. */
export function toJson(intake: Intake, key: string, value: unknown): JsonValue | undefined {
  if (value === undefined) return undefined
  return new JsonCopy(intake).copy(key, value)
}

/** Like {@link toJson}, for what must be an object. */
export function toJsonObject(intake: Intake, key: string, value: unknown): JsonObject | undefined {
  const copy = toJson(intake, key, value)
  if (copy === undefined) return undefined
  if (typeof copy === 'object' && copy !== null && !Array.isArray(copy)) return copy as JsonObject
  return refuseValue(intake, key, 'an object', value)
}

/**
 * Adds properties that were read already, so that all together stay within the bound of one; a later value replaces an
 * earlier one. A property that does not fit is left out and counted.
 */
export function mergeJson(faults: Faults, before: JsonObject | undefined, added: JsonObject): JsonObject {
  if (before === undefined) return added
  const merged: Record<string, JsonValue> = { ...before, ...added }
  if (JSON.stringify(merged).length <= bounds.json) return Object.freeze(merged)
  const kept: Record<string, JsonValue> = { ...before }
  let length = JSON.stringify(kept).length
  for (const [key, value] of Object.entries(added)) {
    const grown = length + lengthOf(key, value) - (Object.hasOwn(kept, key) ? lengthOf(key, kept[key]) : 0)
    if (grown > bounds.json) faults.count('value.clamped', key)
    else {
      define(kept, key, value)
      length = grown
    }
  }
  return Object.freeze(kept)
}

/** Characters that a property takes in JSON, its colon and comma included. */
function lengthOf(key: string, value: JsonValue | undefined): number {
  return JSON.stringify(key).length + JSON.stringify(value ?? null).length + 2
}

function isPrimitive(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

function toAttributeValue(intake: Intake, key: string, value: unknown): AttributeValue | undefined {
  if (typeof value === 'string') return cut(intake, key, value, bounds.message)
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : undefined
  if (isPrimitive(value)) return value
  if (!Array.isArray(value)) return undefined
  const first: unknown = value[0]
  const same = value.every(
    (item) => isPrimitive(item) && typeof item === typeof first && (typeof item !== 'number' || Number.isFinite(item)),
  )
  if (!same || value.length > bounds.attributes) return undefined
  return Object.freeze(
    value.map((item) => (typeof item === 'string' ? cut(intake, key, item, bounds.message) : item)),
  ) as AttributeValue
}

/** The attributes that OpenTelemetry can carry, at most 128 of them, added to those already there. */
export function toAttributes(intake: Intake, added: unknown, before?: Attributes): Attributes | undefined {
  if (added === undefined || added === null) return before
  const merged: Record<string, AttributeValue> = { ...before }
  try {
    if (typeof added !== 'object') throw new TypeError('attributes must be an object')
    for (const key of Object.keys(added)) addAttribute(intake, merged, key, readProperty(intake.faults, added, key))
  } catch (error) {
    intake.faults.count('option.invalid', 'attributes', error)
  }
  return Object.freeze(merged)
}

function addAttribute(intake: Intake, merged: Record<string, AttributeValue>, key: string, raw: unknown): void {
  if (raw === undefined || raw === null) return
  const value = redacted(intake, key, raw)
  if (value === undefined || value === null) return
  const name = key.length > bounds.name ? key.slice(0, bounds.name) : key
  const kept = toAttributeValue(intake, name, value)
  const full = !Object.hasOwn(merged, name) && Object.keys(merged).length >= bounds.attributes
  if (kept === undefined || full) intake.faults.count('attribute.dropped', name)
  else define(merged, name, kept)
}
