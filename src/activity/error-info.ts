import { bounds } from './bounds.js'
import { type Intake, readProperty, toText } from './values.js'

/** What is kept of a thrown value. `type` has few values (a class or a code), so it may become a metric label. */
export interface ErrorInfo {
  readonly type: string
  readonly message: string
  readonly stack?: string
}

/** What a span kept of an error: the same words, but another object. */
export class CopiedError {
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  readonly #copied = true

  /** Also for values that throw whatever is asked of them, such as a revoked proxy. */
  static is(value: unknown): value is CopiedError {
    return typeof value === 'object' && value !== null && #copied in value && value.#copied
  }

  constructor(name: string, message: string, stack: string | undefined) {
    this.name = name
    this.message = message
    this.stack = stack
  }

  /** Whether this may be a copy of what was thrown. */
  resembles(thrown: unknown): boolean {
    if (typeof thrown !== 'object' || thrown === null) return false
    try {
      const { message, name, constructor: made } = thrown as Error
      return message === this.message && (name === this.name || made?.name === this.name)
    } catch {
      return false
    }
  }
}

const codePattern = /^[A-Z][A-Z0-9_]{2,63}$/
const typePattern = /^[\w$.-]{1,64}$/

function textOf(intake: Intake, holder: object, key: string, length: number): string | undefined {
  const value = readProperty(intake.faults, holder, key)
  return typeof value === 'string' ? toText(intake, `error.${key}`, value, length) : undefined
}

function typeOf(intake: Intake, error: object): string {
  const code = readProperty(intake.faults, error, 'code')
  if (typeof code === 'string' && codePattern.test(code)) return code
  const name = readProperty(intake.faults, error, 'name')
  if (typeof name === 'string' && name !== 'Error' && typePattern.test(name)) return name
  const made = readProperty(intake.faults, error, 'constructor')
  const className = typeof made === 'function' ? readProperty(intake.faults, made, 'name') : undefined
  if (typeof className === 'string' && className !== 'Object' && typePattern.test(className)) return className
  return typeof name === 'string' && typePattern.test(name) ? name : 'Error'
}

/** Describes whatever was thrown; never throws, whatever it is. */
export function toErrorInfo(intake: Intake, error: unknown): ErrorInfo {
  if ((typeof error !== 'object' && typeof error !== 'function') || error === null) {
    const message = typeof error === 'symbol' ? String(error) : `${error as string | undefined}`
    return { type: error === null ? 'null' : typeof error, message: toText(intake, 'error.message', message) ?? '' }
  }
  const message = textOf(intake, error, 'message', bounds.message) ?? ''
  const stack = textOf(intake, error, 'stack', bounds.stack)
  const type = typeOf(intake, error)
  return stack === undefined ? { type, message } : { type, message, stack }
}

/** Whether something is the error with which an aborted operation ends (`AbortError`, `ABORT_ERR`). */
export function isAbortError(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  try {
    const { name, code } = error as { name?: unknown; code?: unknown }
    return name === 'AbortError' || code === 'ABORT_ERR'
  } catch {
    return false
  }
}
