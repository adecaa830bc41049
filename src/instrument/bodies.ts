import type { ActivityRecord } from '../activity/record.js'
import { guarded } from '../base/faults.js'
import { returned } from '../tracker/settled.js'
import { lifecycleOf } from './begin.js'
import { followGeneratorObject } from './generator-objects.js'
import { type BodyEnd, followNodeStream, isNodeReadable } from './streams.js'
import { followWebStream } from './web-streams.js'

interface Body {
  /** While somebody holds it, the body can still come to its end. */
  readonly stream: object
  readonly follow: (end: Ending, record: ActivityRecord) => boolean
  /** It is the generator's last value that the function comes to. */
  readonly drains?: boolean
}

interface Ending extends BodyEnd {
  ended(drained?: unknown): void
}

/** What to say of the value that a function returned, before the activity ends. */
export type Conclude = ((record: ActivityRecord, value: unknown) => void) | undefined

/** The tag that the class of a value has, if no getter of somebody has to be run for it; those of the platform are data. */
function tagOf(value: object): unknown {
  if (!(Symbol.toStringTag in value)) return undefined
  for (let at: object | null = value; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const tag = Reflect.getOwnPropertyDescriptor(at, Symbol.toStringTag)
    if (tag !== undefined) return tag.get === undefined ? tag.value : nameOfClass(at)
  }
  return undefined
}

/** Of classes that have their tag from a getter, such as the `Response` of node-fetch. */
function nameOfClass(prototype: object): unknown {
  const made: unknown = Reflect.getOwnPropertyDescriptor(prototype, 'constructor')?.value
  return typeof made === 'function' ? Reflect.getOwnPropertyDescriptor(made, 'name')?.value : undefined
}

/** By tag and not by class: asking for the global `Response` would load the whole of fetch. */
function bodyOf(value: object): Body | undefined {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === Array.prototype) return undefined
  switch (tagOf(value)) {
    case 'ReadableStream':
      return { stream: value, follow: (end) => followWebStream(value, end) }
    case 'Response': {
      const { body } = value as { readonly body?: unknown }
      return typeof body === 'object' && body !== null && body !== value ? bodyOf(body) : undefined
    }
    case 'Generator':
    case 'AsyncGenerator':
      return { stream: value, drains: true, follow: (end, record) => followGeneratorObject(value, record, end) }
    default:
      return isNodeReadable(value) ? { stream: value, follow: (end) => followNodeStream(value, end) } : undefined
  }
}

/** Apart, so that nothing else of ours holds the value: a response that is lost is cleaned up by fetch. */
function concluding(
  record: ActivityRecord,
  value: object,
  drains: boolean | undefined,
  conclude: Conclude,
): (drained: unknown) => void {
  if (conclude === undefined) return () => {}
  return (drained) => {
    if (record.control?.verdict === undefined) conclude(record, drains === true ? drained : value)
  }
}

/**
 * A function that returns a stream, a response with one, or a generator, has not done its work yet: its activity stays
 * open until the body has ended, failed, or was left early; one that is collected without any of it is abandoned.
 *
 * @returns whether the activity is left to the body
 */
export function followBody(record: ActivityRecord, value: object, conclude: Conclude): boolean {
  const body = guessed(value)
  return body !== undefined && follow(record, body, concluding(record, value, body.drains, conclude))
}

function guessed(value: object): Body | undefined {
  try {
    return bodyOf(value)
  } catch {
    // What cannot be looked into, such as a revoked proxy, is no stream.
    return undefined
  }
}

function follow(record: ActivityRecord, body: Body, conclude: (drained: unknown) => void): boolean {
  const lifecycle = lifecycleOf(record)
  let over = false
  const once = (settle: () => void): void => {
    if (over) return
    over = true
    settle()
  }
  const followed = guarded(lifecycle.faults, 'value.unreadable', 'stream', false, () =>
    body.follow(
      {
        ended: (drained) =>
          once(() => {
            conclude(drained)
            lifecycle.settle(record, returned)
          }),
        failed: (error) => once(() => lifecycle.settle(record, { threw: true, error })),
      },
      record,
    ),
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
