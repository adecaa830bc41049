import { setTimeout as delay } from 'node:timers/promises'
import { type ActivityHandle, runActivity } from 'underway'
import type { BoundedQueue } from './bounded-queue.js'
import type { Job } from './data-loader.js'
import type { Sample } from './model.js'
import { rollout, type Task } from './rollout.js'

const lanes = 3
const attempts = 3
const stragglerMillis = 600
const backoffMillis = 50

/** What plays a rollout: this thread, or another one. The activity is held here either way. */
export interface RolloutEngine {
  play(task: Task, attempt: number, activity: ActivityHandle): Promise<Sample>
  /** Throws, or does not answer, if rollouts cannot be played any more. */
  healthCheck(): unknown
  /** For `--fail`. */
  crash(): void
  close(): Promise<void>
}

/** Takes rollouts from the queue, a few at a time, and sees to it that each is played. */
export class RolloutWorker {
  readonly name: string
  readonly #engine: RolloutEngine
  /** After so many rollouts the engine breaks. */
  readonly #crashAfter: number | undefined
  #played = 0

  constructor(name: string, engine: RolloutEngine, crashAfter?: number) {
    this.name = name
    this.#engine = engine
    this.#crashAfter = crashAfter
  }

  healthCheck(): unknown {
    return this.#engine.healthCheck()
  }

  /** Until the queue is closed. */
  async run(queue: BoundedQueue<Job>, deliver: (sample: Sample) => void): Promise<void> {
    await Promise.all(Array.from({ length: lanes }, () => this.#lane(queue, deliver)))
  }

  async #lane(queue: BoundedQueue<Job>, deliver: (sample: Sample) => void): Promise<void> {
    for await (const { task, activity } of queue) {
      try {
        await activity.run(async (job) => {
          const sample = await this.#play(task, job)
          deliver(sample)
          job.complete(`reward ${sample.reward.toFixed(2)}`)
        })
      } catch {
        // The activity has failed with it and told everybody who needs to know; this lane goes on with the next.
      }
      this.#played += 1
      if (this.#played === this.#crashAfter) this.#engine.crash()
    }
  }

  /** Attempts that fail are warnings as long as another may follow; the last one gets all the time it wants. */
  async #play(task: Task, job: ActivityHandle): Promise<Sample> {
    for (let number = 1; ; number += 1) {
      try {
        return await this.#attempt(task, number)
      } catch (error) {
        if (number === attempts || job.signal.aborted) throw error
      }
      await delay(backoffMillis * 2 ** (number - 1), undefined, { signal: job.signal })
    }
  }

  #attempt(task: Task, number: number): Promise<Sample> {
    const plan = `play ${task.index}`
    return runActivity(
      { module: this.name, name: 'play', plan, attempt: { number, of: attempts } },
      async (activity) => {
        // The run may have been stopped since the attempt before.
        activity.signal.throwIfAborted()
        const giveUp = (): void => activity.cancel(`straggler: no answer within ${stragglerMillis} ms`)
        const timer = number < attempts ? setTimeout(giveUp, stragglerMillis) : undefined
        try {
          return await this.#engine.play(task, number, activity)
        } finally {
          clearTimeout(timer)
        }
      },
    )
  }
}

/** Plays rollouts in the thread it is made in. */
export class LocalEngine implements RolloutEngine {
  readonly #environmentUrl: string
  #broken: Error | undefined

  constructor(environmentUrl: string) {
    this.#environmentUrl = environmentUrl
  }

  async play(task: Task, attempt: number, activity: ActivityHandle): Promise<Sample> {
    // A broken engine does not fail: it hangs, and only a health check can tell.
    if (this.#broken !== undefined)
      await new Promise((_, reject) =>
        activity.signal.addEventListener('abort', () => reject(activity.signal.reason), { once: true }),
      )
    return rollout(task, {
      environmentUrl: this.#environmentUrl,
      attempt,
      headers: activity.inject({}),
      signal: activity.signal,
      onDoing: (doing) => activity.update(doing),
    })
  }

  healthCheck(): void {
    if (this.#broken !== undefined) throw this.#broken
  }

  crash(): void {
    this.#broken = new Error('the simulator has lost its memory')
  }

  async close(): Promise<void> {}
}
