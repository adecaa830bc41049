import { bounds } from './bounds.js'
import { type Intake, toText } from './values.js'

/** What is kept of a thrown value. `type` has few values (a class or a code), so it may become a metric label. */
export interface ErrorInfo {
  readonly type: string
  readonly message: string
  readonly stack?: string
}

/** What a span says about an error. */
export interface SpanFailure {
  /** `undefined` if the span does not say. */
  readonly type: string | undefined
  /** The first is shown. A span may say it twice, with and without what could be sensitive. */
  readonly messages: readonly [string, ...string[]]
  readonly stack: string | undefined
}

/** How far a copy is looked for below what was thrown: `fetch` hides what went wrong in the cause of its own error. */
const causes = 3

/** What a span kept of an error: the same words, but another object. */
export class CopiedError {
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  readonly #said: SpanFailure

  /** Also for values that throw whatever is asked of them, such as a revoked proxy. */
  static is(value: unknown): value is CopiedError {
    return typeof value === 'object' && value !== null && #said in value
  }

  constructor(said: SpanFailure) {
    this.name = said.type ?? 'Error'
    this.message = said.messages[0]
    this.stack = said.stack
    this.#said = said
  }

  /** Whether this may be a copy of what was thrown, or of its cause. */
  resembles(thrown: unknown): boolean {
    try {
      let at = thrown
      for (let depth = 0; depth < causes && typeof at === 'object' && at !== null; depth += 1) {
        if (this.#copies(at as Error)) return true
        at = (at as Error).cause
      }
    } catch {
      // Getters of others may throw.
    }
    return false
  }

  /** An SDK takes the code of an error for its type, if there is one. */
  #copies(thrown: Error & { readonly code?: unknown }): boolean {
    const { type, messages } = this.#said
    if (!messages.includes(thrown.message)) return false
    return type === undefined || type === thrown.name || type === thrown.constructor?.name || type === thrown.code
  }
}

const codePattern = /^[A-Z][A-Z0-9_]{2,63}$/
const typePattern = /^[\w$.-]{1,64}$/

/** However much of it cannot be read, it is one bad value. */
function read(intake: Intake, error: object, key: string, holder = error): unknown {
  try {
    return (holder as Record<string, unknown>)[key]
  } catch (cause) {
    intake.faults.countOnce(error, 'value.unreadable', key, cause)
    return undefined
  }
}

function textOf(intake: Intake, error: object, key: string, length: number): string | undefined {
  const value = read(intake, error, key)
  return typeof value === 'string' ? toText(intake, `error.${key}`, value, length) : undefined
}

function typeOf(intake: Intake, error: object): string {
  const code = read(intake, error, 'code')
  if (typeof code === 'string' && codePattern.test(code)) return code
  const name = read(intake, error, 'name')
  if (CopiedError.is(error)) return typePattern.test(error.name) ? error.name : 'Error'
  if (typeof name === 'string' && name !== 'Error' && typePattern.test(name)) return name
  const made = read(intake, error, 'constructor')
  const className = typeof made === 'function' ? read(intake, error, 'name', made) : undefined
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
