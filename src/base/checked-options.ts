import { isUnderwayError, UnderwayError } from './underway-error.js'

/** For each option of a set-up call: what is accepted, and that in words. */
export type OptionChecks<T> = {
  readonly [K in keyof Required<T>]: readonly [accepts: (value: unknown) => boolean, expected: string]
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** Also of a proxy that was revoked. */
export function isList(value: unknown): value is readonly unknown[] {
  try {
    return Array.isArray(value)
  } catch {
    return false
  }
}

export function isFunction(value: unknown): boolean {
  return typeof value === 'function'
}

export function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean'
}

/** Such as an environment; also refuses what cannot be looked into. */
export function isTexts(value: unknown): boolean {
  return isObject(value) && Object.values(value).every((text) => text === undefined || typeof text === 'string')
}

/** For what is checked more closely, and with words of its own, by whom it is given to. */
export const checkedLater: readonly [accepts: () => boolean, expected: string] = [() => true, 'a value']

/** Longest piece of a foreign name in a message. */
const longestKey = 80

/** The keys of an object that are none of the known ones, cut so that they may stand in a message. */
export function unknownKeys(given: object, known: readonly string[]): readonly string[] {
  return Object.keys(given).flatMap((key) => (known.includes(key) ? [] : key.slice(0, longestKey)))
}

/** What is said of a key that does not exist. */
export function unknownOption(known: readonly string[]): string {
  return `unknown option; known are ${known.join(', ')}`
}

/**
 * @param written how an option is written in the call
 * @throws UnderwayError OPTIONS_INVALID for a key that is none of the known ones
 */
export function refuseUnknown(written: (key: string) => string, given: object, known: readonly string[]): void {
  const [unknown] = unknownKeys(given, known)
  if (unknown !== undefined) throw new UnderwayError('OPTIONS_INVALID', `${written(unknown)}: ${unknownOption(known)}`)
}

/** What is given in place of the options: a thing that one of them is about, such as a tracker. */
function insteadOfOptions(given: object, known: readonly string[]): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(given)
  if (prototype === null || prototype === Object.prototype || known.some((key) => key in given)) return undefined
  const { name } = given.constructor
  if (name === 'Object') return undefined
  const meant = known.find((key) => name.toLowerCase().endsWith(key)) ?? known[0]
  return `${isList(given) ? 'a list' : `an instance of ${name.slice(0, longestKey)}`}; give { ${meant} }`
}

/**
 * Refuses what are no options, and options that do not exist.
 *
 * @throws UnderwayError OPTIONS_INVALID
 */
export function refuseOthers(call: string, given: object, known: readonly string[]): void {
  settingUp(`${call}(options)`, () => {
    const got = insteadOfOptions(given, known)
    if (got !== undefined)
      throw new UnderwayError('OPTIONS_INVALID', `${call}(options): options must be an object, got ${got}`)
    refuseUnknown((key) => `${call}({ ${key} })`, given, known)
  })
}

/**
 * Reads the options of a set-up call once, each checked. What is no option of it is refused.
 *
 * @param call as it is written, such as `new ActivityTracker`
 * @param required those that have no default
 * @throws UnderwayError OPTIONS_INVALID, naming the option and what it may be
 */
export function checkedOptions<T extends object>(
  call: string,
  given: T,
  checks: OptionChecks<T>,
  required: readonly (keyof T & string)[] = [],
): T {
  if (!isObject(given)) {
    const got = given === null ? 'null' : typeof given
    throw new UnderwayError('OPTIONS_INVALID', `${call}(options): options must be an object, got ${got}`)
  }
  refuseOthers(call, given, [...required, ...Object.keys(checks).filter((key) => !required.includes(key as never))])
  const read: Record<string, unknown> = {}
  for (const [key, [accepts, expected]] of Object.entries<OptionChecks<T>[keyof T]>(checks)) {
    const refuse = (cause?: unknown): UnderwayError =>
      new UnderwayError('OPTIONS_INVALID', `${call}({ ${key} }): expected ${expected}`, { cause })
    let accepted: boolean
    try {
      const value = (given as Record<string, unknown>)[key]
      if (value !== undefined) read[key] = value
      accepted = value === undefined || accepts(value)
    } catch (error) {
      throw refuse(error)
    }
    if (!accepted) throw refuse()
    if (read[key] === undefined && required.includes(key as never))
      throw new UnderwayError(
        'OPTIONS_INVALID',
        `${call}({ ${key} }): it is missing, and there is no default; expected ${expected}`,
      )
  }
  return read as T
}

/**
 * Runs what reads the options of a set-up call: getters and proxies that throw become an error that names the call.
 *
 * @throws UnderwayError OPTIONS_INVALID
 */
export function settingUp<T>(call: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (isUnderwayError(cause)) throw cause
    throw new UnderwayError('OPTIONS_INVALID', `${call}: what it was given cannot be read; give it plain values`, {
      cause,
    })
  }
}

/** A value in an error message: itself where that is short and harmless, else its type. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value.slice(0, 40)}'`
  if (isList(value)) return 'a list'
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value)
  return typeof value
}
