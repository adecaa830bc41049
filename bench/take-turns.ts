import { on } from 'node:events'
import { prove, turn } from './measure.ts'
import { shortfalls } from './proof.ts'
import type { FromTaker, ToTaker } from './turns.ts'
import { activitiesPerIteration } from './variants/functions.ts'
import type { Work } from './workload.ts'

function say(message: FromTaker): void {
  process.send?.(message)
}

/** Iterations from 0 on until `goesOn` is against it; it is asked whenever the event loop has come round. */
async function repeatWhile(
  work: Work,
  async: boolean,
  chunk: number,
  goesOn: (done: number) => boolean,
): Promise<number> {
  let sum = 0
  let done = 0
  // A BatchSpanProcessor drops what comes faster than the event loop comes round.
  do {
    const end = done + chunk
    // Two loops, as awaiting what is no promise would cost the sync variants a turn of the microtasks.
    if (async) for (; done < end; done += 1) sum += await work.iteration(done)
    else for (; done < end; done += 1) sum += work.iteration(done) as number
    await turn()
  } while (goesOn(done))
  const expected = (done * (done - 1)) / 2 + 2 * done
  if (sum !== expected) prove([`the functions returned ${sum} in all, expected ${expected}`])
  return done
}

/** How one of them becomes warm, and how often it lets the event loop come round. */
export interface Pace {
  /** Iterations before its first turn, of CPU time at most so many as fit into {@link longestWarmUpMillis}. */
  readonly warmUp: number
  /** Iterations between two turns of the event loop. */
  readonly chunk: number
}

/** For what takes many times as long as the rest, and has filled and emptied the heap as often by then. */
const longestWarmUpMillis = 3_000

/**
 * Works whenever it is this process's turn, and says in the end how much CPU time it used for one activity, in nanoseconds:
 * garbage collection, compilation and what went on between its turns included.
 *
 * @throws Error if not everything that was started arrived
 */
export async function takeTurns(work: Work, async: boolean, { warmUp, chunk }: Pace): Promise<void> {
  const told = on(process, 'message') as AsyncIterable<[ToTaker]>
  const since = process.cpuUsage()
  let total = 0
  if (warmUp > 0)
    total += await repeatWhile(work, async, chunk, (done) => {
      const { user, system } = process.cpuUsage(since)
      return done < warmUp && user + system < longestWarmUpMillis * 1_000
    })
  let before = process.cpuUsage()
  let counted = 0
  say({ kind: 'done' })
  for await (const [message] of told) {
    if (message.kind === 'answer') continue
    if (message.kind === 'count') {
      await work.counted()
      counted = 0
      before = process.cpuUsage()
    } else if (message.kind === 'turn') {
      const until = performance.now() + message.millis
      const done = await repeatWhile(work, async, chunk, () => performance.now() < until)
      total += done
      counted += done
    } else {
      const arrived = await work.counted()
      const { user, system } = process.cpuUsage(before)
      prove(shortfalls(work.expected(total), arrived))
      return say({ kind: 'value', value: ((user + system) * 1_000) / (counted * activitiesPerIteration) })
    }
    say({ kind: 'done' })
  }
}
