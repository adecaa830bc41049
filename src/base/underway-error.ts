/** Every code an {@link UnderwayError} can carry, with what it is about. The docs list the same table. */
export const errorCodes = {
  OPTIONS_INVALID: 'an option of a set-up call has a value that cannot be used',
  DECORATOR_TARGET: 'a decorator was put where it cannot work',
  MODULE_DUPLICATE: 'a module name was registered twice',
  NOT_QUIESCENT: 'work was still open where a test expected none',
  SETUP_SDK_MISSING: 'startUnderway found no SDK packages that fit the OpenTelemetry api',
} as const

export type ErrorCode = keyof typeof errorCodes

const brand: unique symbol = Symbol.for('underway.error/1') as never

/**
 * The one error class of this package. Recognise it with {@link isUnderwayError}, not with `instanceof`: another copy
 * of the package has another class.
 */
export class UnderwayError extends Error {
  override readonly name = 'UnderwayError'
  readonly code: ErrorCode
  readonly [brand] = true

  /** @param message what is wrong and what to do next */
  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}

export function isUnderwayError(value: unknown): value is UnderwayError {
  try {
    return typeof value === 'object' && value !== null && brand in value
  } catch {
    // Asked about whatever was thrown, such as a proxy that refuses.
    return false
  }
}
