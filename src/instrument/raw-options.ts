import { refuseUnknown } from '../base/checked-options.js'
import { UnderwayError } from '../base/underway-error.js'

/** The wrapping options as the runtime sees them: per-call options are functions. */
export type RawOptions = Readonly<Record<string, unknown>>

const expected: Readonly<Record<string, readonly string[]>> = {
  name: ['string'],
  module: ['string', 'function'],
  group: ['string', 'function'],
  type: ['string'],
  kind: ['string'],
  plan: ['string', 'function'],
  attributes: ['object', 'function'],
  metadata: ['object'],
  links: ['object'],
  attempt: ['object', 'number', 'function'],
  severity: ['string'],
  id: ['string'],
  silenceBudgetMillis: ['number'],
  timeoutMillis: ['number'],
  signal: ['object', 'function'],
  errors: ['object'],
  thread: ['string'],
  considered: ['object'],
  reason: ['string'],
  result: ['function'],
  did: ['function'],
}

const known = [...Object.keys(expected), 'tracker', 'parent', 'from', 'startTime']
/** Those of work that is no function's. */
export const startKeys: readonly string[] = known.filter((key) => key !== 'result' && key !== 'did')

/** Somebody wrote a decorator without calling it, so that it got what it was to decorate in place of its options. */
export function refuseUncalled(name: string, given: unknown, rest: readonly unknown[]): void {
  const legacy = rest.length > 1 && (typeof rest[0] === 'string' || typeof rest[0] === 'symbol')
  if (!legacy && typeof given !== 'function') return
  throw new UnderwayError(
    'OPTIONS_INVALID',
    `${name} takes options first: write @${name}() or @${name}({ module: 'Trainer' }), and ${name}({ … }, fn) to wrap a function`,
  )
}

/** @throws UnderwayError OPTIONS_INVALID, naming the option and what it may be */
export function checkOptions(options: unknown): asserts options is RawOptions {
  if (typeof options === 'string') {
    throw new UnderwayError(
      'OPTIONS_INVALID',
      `trackActivity('${options.slice(0, 40)}', …): the name is one of the options; write trackActivity({ name: '${options.slice(0, 40)}' }, fn)`,
    )
  }
  if (typeof options !== 'object' || options === null) {
    throw new UnderwayError(
      'OPTIONS_INVALID',
      `trackActivity(options): options must be an object such as { module: 'Trainer' }, got ${options === null ? 'null' : typeof options}`,
    )
  }
  const read = copyOf(options)
  refuseUnknown((key) => `trackActivity({ ${key} })`, read, known)
  for (const [key, kinds] of Object.entries(expected)) {
    const value = read[key]
    if (value === undefined || kinds.includes(typeof value)) continue
    throw new UnderwayError(
      'OPTIONS_INVALID',
      `trackActivity({ ${key} }): expected ${kinds.join(' or ')}, got ${value === null ? 'null' : typeof value}`,
    )
  }
}

/** Read once: what a getter says later, or throws, no longer matters. */
export function copyOf(options: object): RawOptions {
  try {
    return { ...options }
  } catch (error) {
    throw new UnderwayError(
      'OPTIONS_INVALID',
      'trackActivity(options): the options cannot be read; use a plain object',
      { cause: error },
    )
  }
}
