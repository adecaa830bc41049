/** The part of a stream that a view writes to; `process.stdout` and `process.stderr` fit. */
export interface TerminalOutput {
  write(text: string): unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  readonly rows?: number | undefined
  on?(event: 'resize' | 'error', listener: (error?: Error) => void): unknown
  off?(event: 'resize' | 'error', listener: (error?: Error) => void): unknown
}

/** Streams whose reader has gone; each is listened to once, as a late EPIPE would end the process. */
const watched = new WeakMap<TerminalOutput, Fate>()

interface Fate {
  gone: boolean
  /** Called once the reader has gone. */
  readonly left: Set<() => void>
}

function watch(output: TerminalOutput): Fate {
  const known = watched.get(output)
  if (known !== undefined) return known
  const fate: Fate = { gone: false, left: new Set() }
  watched.set(output, fate)
  output.on?.('error', () => {
    fate.gone = true
    for (const listener of fate.left) listener()
    fate.left.clear()
  })
  return fate
}

/** A terminal that nobody has told its size says 0. */
export function known(size: number | undefined): number | undefined {
  return size === undefined || size < 1 ? undefined : size
}

/** Writes to a stream whose reader may leave (`| head`): from then on in silence. */
export class Output {
  readonly #stream: TerminalOutput
  readonly #fate: Fate

  constructor(stream: TerminalOutput) {
    this.#stream = stream
    this.#fate = watch(stream)
  }

  get columns(): number {
    return known(this.#stream.columns) ?? 80
  }

  get rows(): number {
    return known(this.#stream.rows) ?? 24
  }

  write(text: string): void {
    if (this.#fate.gone || text === '') return
    try {
      this.#stream.write(text)
    } catch {
      // A stream that was destroyed has nobody to tell.
    }
  }

  lines(lines: readonly string[]): void {
    if (lines.length > 0) this.write(`${lines.join('\n')}\n`)
  }

  /** Nobody looks any more. @returns how to stop listening */
  onGone(listener: () => void): () => void {
    if (this.#fate.gone) listener()
    else this.#fate.left.add(listener)
    return () => void this.#fate.left.delete(listener)
  }

  /** @returns how to stop listening */
  onResize(listener: () => void): () => void {
    this.#stream.on?.('resize', listener)
    return () => void this.#stream.off?.('resize', listener)
  }
}
