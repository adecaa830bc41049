import type { ActivityRecord } from '../activity/record.js'
import { guarded } from '../base/faults.js'
import { returned } from '../tracker/lifecycle.js'
import { lifecycleOf } from './begin.js'
import { type BodyEnd, followNodeStream, isNodeReadable } from './streams.js'
import { followWebStream } from './web-streams.js'

interface Body {
  /** While somebody holds it, the body can still come to its end. */
  readonly stream: object
  readonly follow: (end: BodyEnd) => boolean
}

type Conclude = ((record: ActivityRecord, value: unknown) => void) | undefined

/** By tag and not by class: asking for the global `Response` would load the whole of fetch. */
function bodyOf(value: object): Body | undefined {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === Array.prototype) return undefined
  switch ((value as { readonly [Symbol.toStringTag]?: unknown })[Symbol.toStringTag]) {
    case 'ReadableStream':
      return { stream: value, follow: (end) => followWebStream(value, end) }
    case 'Response': {
      const { body } = value as { readonly body?: unknown }
      return typeof body === 'object' && body !== null && body !== value ? bodyOf(body) : undefined
    }
    default:
      return isNodeReadable(value) ? { stream: value, follow: (end) => followNodeStream(value, end) } : undefined
  }
}

/** Apart, so that nothing else of ours holds the value: a response that is lost is cleaned up by fetch. */
function concluding(record: ActivityRecord, value: object, conclude: Conclude): () => void {
  if (conclude === undefined) return () => {}
  return () => {
    if (record.control?.verdict === undefined) conclude(record, value)
  }
}

/**
 * A function that returns a stream, or a response with one, has not done its work yet: its activity stays open until the
 * body has ended, failed, or was left early; one that is collected without any of it is abandoned.
 *
 * @returns whether the activity is left to the body
 */
export function followBody(record: ActivityRecord, value: object, conclude: Conclude): boolean {
  const body = guessed(value)
  return body !== undefined && follow(record, body, concluding(record, value, conclude))
}

function guessed(value: object): Body | undefined {
  try {
    return bodyOf(value)
  } catch {
    // What cannot be looked into, such as a revoked proxy, is no stream.
    return undefined
  }
}

function follow(record: ActivityRecord, body: Body, conclude: () => void): boolean {
  const lifecycle = lifecycleOf(record)
  let over = false
  const once = (settle: () => void): void => {
    if (over) return
    over = true
    settle()
  }
  const followed = guarded(lifecycle.faults, 'value.unreadable', 'stream', false, () =>
    body.follow({
      ended: () =>
        once(() => {
          conclude()
          lifecycle.settle(record, returned)
        }),
      failed: (error) => once(() => lifecycle.settle(record, { threw: true, error })),
    }),
  )
  if (over) return true
  if (!followed) {
    over = true
    return false
  }
  record.controls().paused = true
  lifecycle.guard(record, body.stream)
  return true
}
