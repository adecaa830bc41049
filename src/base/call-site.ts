/** A place in the user's code. */
export interface CallSite {
  readonly file: string
  readonly line: number
}

// "at fn (file:///a/b.ts:10:5)", "at file:///a/b.ts:10:5", "at async /a/b.js:3:1"
const framePattern = /(?:\(|at (?:async )?)((?:file:\/\/)?[^()]+?):(\d+):\d+\)?$/

/**
 * The caller of `below`, from a stack of one frame. Costs some microseconds: for places that are reached once.
 *
 * @param below the function whose frame, and everything above it, is left out
 */
export function callSite(below: (...args: never[]) => unknown): CallSite | undefined {
  const limit = Error.stackTraceLimit
  try {
    Error.stackTraceLimit = 1
    const holder: { stack?: string } = {}
    Error.captureStackTrace(holder, below)
    const match = framePattern.exec(typeof holder.stack === 'string' ? (holder.stack.split('\n').at(-1) ?? '') : '')
    if (match?.[1] === undefined) return undefined
    return { file: match[1].replace(/^file:\/\//, ''), line: Number(match[2]) }
  } catch {
    return undefined
  } finally {
    Error.stackTraceLimit = limit
  }
}
