import type { TerminalOutput } from './output.js'

type Write = (...args: unknown[]) => unknown

/** The text of what was given to a stream's `write`. */
function textOf(chunk: unknown): string {
  if (typeof chunk === 'string') return chunk
  return chunk instanceof Uint8Array ? Buffer.from(chunk).toString('utf8') : ''
}

/**
 * Has `around` called with every write to a stream, in place of the write; it does the writing itself. What the program
 * gives and gets is left as it is.
 *
 * @returns how to end it
 */
export function interceptWrites(
  stream: TerminalOutput,
  around: (text: string, write: () => unknown) => unknown,
): () => void {
  const own = Object.getOwnPropertyDescriptor(stream, 'write')
  const write = stream.write as Write
  let active = true
  const intercepted: Write = function (this: unknown, ...args) {
    const pass = (): unknown => Reflect.apply(write, stream, args)
    return active ? around(textOf(args[0]), pass) : pass()
  }
  const holder = stream as { write: unknown }
  holder.write = intercepted
  return () => {
    active = false
    // Whoever has put something over it since keeps that; ours then only passes on.
    if (holder.write !== intercepted) return
    if (own === undefined) delete (stream as { write?: unknown }).write
    else Object.defineProperty(stream, 'write', own)
  }
}
