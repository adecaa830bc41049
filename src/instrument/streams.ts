import { shadow } from './shadow.js'

/** Told once, when a body is over. */
export interface BodyEnd {
  ended(): void
  failed(error: unknown): void
}

/** The part of a Node stream we read; those of the package `readable-stream` fit too. */
export interface NodeReadable {
  readonly readable: boolean
  readonly errored?: unknown
  readonly emit?: AnyMethod
  readonly _destroy?: AnyMethod
  readonly _readableState: { readonly emitClose?: boolean }
}

type AnyMethod = (...args: unknown[]) => unknown

export function isNodeReadable(value: object): value is NodeReadable {
  const { _readableState: state, on } = value as { readonly _readableState?: unknown; readonly on?: unknown }
  return typeof state === 'object' && state !== null && typeof on === 'function'
}

/** A loop over a stream that is left destroys it with an AbortError without a cause; one of a signal has its reason. */
function wasLeft(error: unknown): boolean {
  try {
    const { code, cause } = (error ?? {}) as { readonly code?: unknown; readonly cause?: unknown }
    return code === 'ABORT_ERR' && cause === undefined
  } catch {
    return false
  }
}

/** A stream that many calls return is watched once. */
const waitingFor = new WeakMap<object, Set<BodyEnd>>()

/**
 * Waits for the end of the readable side, without making the stream flow, and without a listener: those count towards
 * what Node warns of as a leak, can be removed by anybody, and one for `error` would keep an error that nobody handles
 * from ending the process.
 *
 * @returns whether there is something to wait for, or was told at once
 */
export function followNodeStream(stream: NodeReadable, end: BodyEnd): boolean {
  if (!stream.readable) {
    const { errored } = stream
    if (errored === undefined || errored === null || wasLeft(errored)) return false
    end.failed(errored)
    return true
  }
  const known = waitingFor.get(stream)
  if (known !== undefined) {
    known.add(end)
    return true
  }
  const waiting = new Set([end])
  const shadows: ((() => void) | undefined)[] = []
  const tell = (how: (one: BodyEnd) => void): void => {
    if (waiting.size === 0) return
    for (const remove of shadows.splice(0)) remove?.()
    waitingFor.delete(stream)
    for (const one of waiting) {
      waiting.delete(one)
      how(one)
    }
  }
  const over: BodyEnd = {
    ended: () => tell((one) => one.ended()),
    failed: (error) => tell((one) => (wasLeft(error) ? one.ended() : one.failed(error))),
  }
  const { emit, _destroy: destroy, _readableState: state } = stream
  const watched = typeof emit === 'function' ? shadow(stream, 'emit', emitting(emit, over)) : undefined
  // What is frozen cannot be watched; its activity ends with the call.
  if (watched === undefined) return false
  shadows.push(watched)
  // One without `emitClose` does not say that it has closed.
  if (state.emitClose !== true && typeof destroy === 'function')
    shadows.push(shadow(stream, '_destroy', destroying(destroy, over)))
  waitingFor.set(stream, waiting)
  return true
}

/** Tells of an error before it has listeners, as it may have none; of an end after them, as some may be the function's. */
function emitting(emit: AnyMethod, over: BodyEnd): AnyMethod {
  return function (this: unknown, ...args) {
    const event = args[0]
    // A duplex may end here and be written to for long.
    if (event !== 'end' && event !== 'close' && event !== 'error') return Reflect.apply(emit, this, args)
    if (event === 'error') over.failed(args[1])
    try {
      return Reflect.apply(emit, this, args)
    } finally {
      over.ended()
    }
  }
}

function destroying(destroy: AnyMethod, over: BodyEnd): AnyMethod {
  return function (this: unknown, error, done) {
    const closed = (failure: unknown): void => {
      ;(done as AnyMethod)(failure)
      if (failure === undefined || failure === null) over.ended()
      else over.failed(failure)
    }
    return Reflect.apply(destroy, this, [error, closed])
  }
}
