import { setTimeout } from 'node:timers/promises'
import { shortfalls } from './proof.ts'
import type { Held, Query, Watched } from './workload.ts'

export interface Run {
  readonly count: number
  /** How often it is done before that. */
  readonly warmUp: number
  /** Iterations between two turns of the event loop. */
  readonly chunk: number
}

export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

function collect(): void {
  if (globalThis.gc === undefined) throw new Error('run with --expose-gc')
  for (let pass = 0; pass < 3; pass += 1) globalThis.gc()
}

export function prove(problems: readonly string[]): void {
  if (problems.length > 0) throw new Error(`the run does not count: ${problems.join('; ')}`)
}

function usedBytes(): number {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** @throws Error if not everything that was opened was open, and arrived */
export async function bytesHeld(held: Held, { count, chunk }: Run): Promise<number> {
  const kept: unknown[] = Array.from({ length: count })
  const fill = async (from: number, to: number): Promise<void> => {
    for (let index = from; index < to; index += 1) {
      kept[index] = held.open(index)
      // What a WeakRef points to lives at least until the turn is over.
      if (index % chunk === 0) await turn()
    }
    await turn()
  }
  // The first ones bring what is shared by all.
  const shared = Math.ceil(count / 10)
  await fill(0, shared)
  const before = usedBytes()
  await fill(shared, count)
  const after = usedBytes()
  const open = held.openNow()
  if (open !== undefined && open !== count) prove([`open: expected ${count}, got ${open}`])
  for (let index = 0; index < count; index += 1) {
    held.close(kept[index], index)
    if ((index + 1) % chunk === 0) await turn()
  }
  await turn()
  prove(shortfalls(held.expected(count), await held.counted()))
  return (after - before) / (count - shared)
}

/** How many slices a question is asked in. */
export const slices = 50

/**
 * The quickest of many slices: a question does the same each time, and whatever else goes on only adds to it.
 *
 * @throws Error if an answer was wrong
 */
export function nanosPerCall({ ask, answer }: Query, { count, warmUp }: Run): number {
  const askOften = (times: number): void => {
    let right = 0
    for (let index = 0; index < times; index += 1) if (ask() === answer) right += 1
    if (right !== times) prove([`right answers: expected ${times}, got ${right}`])
  }
  askOften(warmUp)
  const each = Math.ceil(count / slices)
  let quickest = Number.POSITIVE_INFINITY
  for (let slice = 0; slice < slices; slice += 1) {
    const before = process.cpuUsage()
    askOften(each)
    const { user, system } = process.cpuUsage(before)
    quickest = Math.min(quickest, user + system)
  }
  return (quickest * 1_000) / each
}

/** @param run how long it is watched, and how long before that, in milliseconds */
export async function percentOfCore(watched: Watched, { count, warmUp }: Run): Promise<number> {
  await setTimeout(warmUp)
  collect()
  const since = performance.now()
  const before = process.cpuUsage()
  await setTimeout(count)
  const { user, system } = process.cpuUsage(before)
  const took = performance.now() - since
  prove(await watched.end())
  return (user + system) / took / 10
}
