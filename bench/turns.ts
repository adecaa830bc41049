import type { ChildProcess } from 'node:child_process'
import { shuffled } from './statistics.ts'

/** What a process that takes turns is told. */
export type ToTaker =
  | { readonly kind: 'turn'; readonly millis: number }
  /** From now on its CPU time counts. */
  | { readonly kind: 'count' }
  | { readonly kind: 'end' }
  | { readonly kind: 'answer'; readonly answer: unknown }

/** What it says: that it has done what it was told, what came of it at the end, or that it asks something itself. */
export type FromTaker =
  | { readonly kind: 'done' }
  | { readonly kind: 'value'; readonly value: number }
  | { readonly kind: 'ask' }

interface Waiting {
  resolve(message: FromTaker): void
  reject(error: Error): void
}

/** A process that is measured while others are: each works in its turn, and waits in that of the others. */
export class Taker {
  readonly name: string
  readonly #child: ChildProcess
  #waiting: Waiting | undefined = undefined
  #said = ''
  #gone: Error | undefined = undefined

  /**
   * @param child forked with `silent`
   * @param answer what it is told when it asks
   */
  constructor(name: string, child: ChildProcess, answer?: () => unknown) {
    this.name = name
    this.#child = child
    child.stdout?.resume()
    child.stderr?.on('data', (data: Buffer) => {
      this.#said = `${this.#said}${data}`.slice(-20_000)
    })
    child.on('message', (message: FromTaker) => {
      if (message.kind === 'ask') this.#send({ kind: 'answer', answer: answer?.() })
      else this.#waiting?.resolve(message)
    })
    child.on('close', () => {
      this.#gone = new Error(`${name}: ${/^\w*Error: (.*)$/m.exec(this.#said)?.[1] ?? this.#said}`)
      this.#waiting?.reject(this.#gone)
    })
  }

  #send(message: ToTaker): void {
    // Where it has ended, "close" tells.
    this.#child.send(message, () => {})
  }

  async #next(): Promise<FromTaker> {
    if (this.#gone !== undefined) throw this.#gone
    try {
      return await new Promise<FromTaker>((resolve, reject) => {
        this.#waiting = { resolve, reject }
      })
    } finally {
      this.#waiting = undefined
    }
  }

  /** Resolves when it is warm. @throws Error with what it printed, where it has ended instead, as all of these do */
  async ready(): Promise<void> {
    await this.#next()
  }

  async tell(message: ToTaker): Promise<void> {
    const done = this.#next()
    this.#send(message)
    await done
  }

  /** @throws Error if not everything that was started arrived */
  async value(): Promise<number> {
    const said = this.#next()
    this.#send({ kind: 'end' })
    const message = await said
    if (message.kind !== 'value') throw new Error(`${this.name}: expected a value, got '${message.kind}'`)
    return message.value
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }
}

export interface Turns {
  /** How many of each process count. */
  readonly turns: number
  readonly millis: number
}

/** How long a turn is: long next to what the change of processes costs, short next to the moods of a shared machine. */
export const turnMillis = 50
export const turnsThatCount = 40

/** In those before the first that counts, what V8 threw away while a process waited for the others comes back. */
const uncounted = 5

/**
 * Measures processes side by side: they take turns, in an order that is shuffled anew each time, so that whatever slows
 * the machine down slows all of them down.
 *
 * @returns the value of each, or why it has none, by its name
 */
export async function inTurns(
  starts: readonly (() => Taker)[],
  { turns, millis }: Turns,
): Promise<Map<string, number | Error>> {
  const results = new Map<string, number | Error>()
  const takers: Taker[] = []
  /** Whoever fails is out; the others go on. */
  const each = async (work: (taker: Taker) => Promise<void>): Promise<void> => {
    for (const taker of shuffled(takers)) {
      if (results.has(taker.name)) continue
      await work(taker).catch((error: unknown) => results.set(taker.name, error as Error))
    }
  }
  try {
    // One after the other, as each uses all of the machine to become warm.
    for (const start of shuffled(starts)) {
      const taker = start()
      takers.push(taker)
      await taker.ready().catch((error: unknown) => results.set(taker.name, error as Error))
    }
    for (let turn = 0; turn < uncounted; turn += 1) await each((taker) => taker.tell({ kind: 'turn', millis }))
    await each((taker) => taker.tell({ kind: 'count' }))
    for (let turn = 0; turn < turns; turn += 1) await each((taker) => taker.tell({ kind: 'turn', millis }))
    await each(async (taker) => {
      results.set(taker.name, await taker.value())
    })
  } finally {
    for (const taker of takers) taker.kill()
  }
  return results
}
