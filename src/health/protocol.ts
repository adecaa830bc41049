/** The name of the channel between threads, and the key of every message between processes. */
export const healthChannel = 'underway.health/1'

/** A question, to a thread of this process or to a child process. */
export interface Ask {
  readonly ask: string
  /** The thread that is asked; a child process is asked alone. */
  readonly threadId?: number
}

export interface Answer {
  readonly answer: string
  readonly well: boolean
  readonly reason?: string
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

export function askIn(message: unknown): Ask | undefined {
  const inner = isObject(message) ? message[healthChannel] : undefined
  return isObject(inner) && typeof inner['ask'] === 'string' ? (inner as unknown as Ask) : undefined
}

export function answerIn(message: unknown): Answer | undefined {
  const inner = isObject(message) ? message[healthChannel] : undefined
  return isObject(inner) && typeof inner['answer'] === 'string' && typeof inner['well'] === 'boolean'
    ? (inner as unknown as Answer)
    : undefined
}
