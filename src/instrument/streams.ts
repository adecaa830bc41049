import { errorMonitor } from 'node:events'
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
  readonly _destroy?: AnyMethod
  on(event: string | symbol, listener: (error: unknown) => void): unknown
}

type AnyMethod = (...args: unknown[]) => unknown

/** Only what holds the state of a stream itself is asked for more: anything else may have getters that are not ours to run. */
export function isNodeReadable(value: object): value is NodeReadable {
  const state: unknown = Reflect.getOwnPropertyDescriptor(value, '_readableState')?.value
  if (typeof state !== 'object' || state === null) return false
  return typeof (value as Partial<NodeReadable>).on === 'function'
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

/** A stream that many calls return is listened to once, else Node would warn of a leak. */
const waitingFor = new WeakMap<object, Set<BodyEnd>>()

/**
 * Waits for the end of the readable side, without making the stream flow. Not with an `error` listener, as `finished`
 * has one: an error that nobody handles must go on ending the process.
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
  const tell = (how: (one: BodyEnd) => void): void => {
    restore?.()
    waitingFor.delete(stream)
    for (const one of waiting) {
      waiting.delete(one)
      how(one)
    }
  }
  const ended = (): void => tell((one) => one.ended())
  const failed = (error: unknown): void => tell((one) => (wasLeft(error) ? one.ended() : one.failed(error)))
  const { _destroy: destroy } = stream
  // One without `emitClose` does not say that it has closed, and listeners can be removed by anybody.
  const restore =
    typeof destroy === 'function'
      ? shadow(stream, '_destroy', { value: destroying(destroy, { ended, failed }) })
      : undefined
  // What is frozen cannot be watched; its activity ends with the call.
  if (destroy !== undefined && restore === undefined) return false
  waitingFor.set(stream, waiting)
  stream.on(errorMonitor, failed)
  // A duplex may end here and be written to for long.
  stream.on('end', ended)
  stream.on('close', ended)
  return true
}

function destroying(destroy: AnyMethod, over: BodyEnd): AnyMethod {
  return function (this: unknown, error, done) {
    const closed = (failure: unknown): void => {
      if (failure === undefined || failure === null) over.ended()
      else over.failed(failure)
      ;(done as AnyMethod)(failure)
    }
    return Reflect.apply(destroy, this, [error, closed])
  }
}
