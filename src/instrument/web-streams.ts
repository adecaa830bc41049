import * as nodeStream from 'node:stream'
import type { BodyEnd } from './streams.js'

/** What Node answers about web streams as well, which its types do not say. */
const { isReadable, isErrored } = nodeStream as unknown as Record<
  'isReadable' | 'isErrored',
  (stream: object) => boolean | null
>

/**
 * Waits for the end of a web stream, whoever reads it and how. `finished` neither locks nor reads it, and hides no
 * error: nobody is told of that but readers.
 *
 * @returns whether there is something to wait for
 */
export function followWebStream(stream: object, end: BodyEnd): boolean {
  if (isReadable(stream) !== true && isErrored(stream) !== true) return false
  nodeStream.finished(stream as NodeJS.ReadableStream, (error) => {
    // The reason may be `undefined`.
    if (isErrored(stream) === true) end.failed(error)
    else end.ended()
  })
  return true
}
