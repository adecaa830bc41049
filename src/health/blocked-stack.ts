import { Session } from 'node:inspector'

export interface StackFrame {
  readonly function: string
  /** `file:line:column` */
  readonly at: string
}

const longestWaitMillis = 2_000
const maxFrames = 50

interface Paused {
  readonly callFrames: readonly {
    readonly functionName: string
    readonly location: { readonly scriptId: string; readonly lineNumber: number; readonly columnNumber?: number }
  }[]
}

/**
 * Where the main thread is, asked from a worker: its JavaScript is interrupted for a moment. Empty if it does not execute
 * any, such as in a call that waits in native code, or if a debugger is in the way.
 */
export function mainThreadStack(): Promise<StackFrame[]> {
  return new Promise((resolve) => {
    const session = new Session()
    // Frames carry no address of modules; the scripts do.
    const addresses = new Map<string, string>()
    const finish = (frames: StackFrame[]): void => {
      clearTimeout(timer)
      try {
        session.disconnect()
      } catch {
        // It was never connected.
      }
      resolve(frames)
    }
    const timer = setTimeout(() => finish([]), longestWaitMillis)
    try {
      session.connectToMainThread()
      session.on('Debugger.scriptParsed', ({ params: { scriptId, url } }) => void addresses.set(scriptId, url))
      session.once('Debugger.paused', ({ params }) => finish(framesOf(params as unknown as Paused, addresses)))
      session.post('Debugger.enable')
      session.post('Debugger.pause')
    } catch {
      finish([])
    }
  })
}

function framesOf({ callFrames }: Paused, addresses: ReadonlyMap<string, string>): StackFrame[] {
  return callFrames.slice(0, maxFrames).map(({ functionName, location }) => ({
    function: functionName === '' ? '(anonymous)' : functionName,
    at: `${addresses.get(location.scriptId) ?? ''}:${location.lineNumber + 1}:${(location.columnNumber ?? 0) + 1}`,
  }))
}
