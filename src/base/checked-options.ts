import { isUnderwayError, UnderwayError } from './underway-error.js'

/** For each option of a set-up call: what is accepted, and that in words. */
export type OptionChecks<T> = {
  readonly [K in keyof Required<T>]: readonly [accepts: (value: unknown) => boolean, expected: string]
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
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

/**
 * Reads the options of a set-up call once, each checked.
 *
 * @param call as it is written, such as `new ActivityTracker`
 * @throws UnderwayError OPTIONS_INVALID, naming the option and what it may be
 */
export function checkedOptions<T extends object>(call: string, given: T, checks: OptionChecks<T>): T {
  if (!isObject(given)) {
    const got = given === null ? 'null' : typeof given
    throw new UnderwayError('OPTIONS_INVALID', `${call}(options): options must be an object, got ${got}`)
  }
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
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value)
  return typeof value
}
