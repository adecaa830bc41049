import { setTimeout as delay } from 'node:timers/promises'
import { type ActivityHandle, planActivity, runActivity, trackActivity } from 'underway'
import type { BoundedQueue } from './bounded-queue.js'
import { batchSize, type DemoOptions, stepsPerSecond } from './options.js'
import type { Task } from './rollout.js'

/** A task in the queue, with the activity that whoever takes it goes on with. */
export interface Job {
  readonly task: Task
  readonly activity: ActivityHandle
}

const track = trackActivity({ module: 'data-loader' })

/** Reads tasks, shard by shard, and puts them into the queue of the rollout workers. */
export class DataLoader {
  readonly #options: DemoOptions
  readonly #queue: BoundedQueue<Job>
  readonly #shards: number

  constructor(options: DemoOptions, queue: BoundedQueue<Job>) {
    this.#options = options
    this.#queue = queue
    this.#shards = options.steps
  }

  load(): Promise<void> {
    const total = this.#shards * batchSize
    const plan = `Read ${total} tasks in ${this.#shards} shards`
    return runActivity({ module: 'data-loader', name: 'load', plan }, async (loading) => {
      const began = performance.now()
      for (let shard = 0; shard < this.#shards; shard += 1) {
        // The source gives a shard at a time: this is what makes the training last as long as was asked for.
        const due = began + (shard * 1_000) / stepsPerSecond
        await delay(Math.max(due - performance.now(), 0), undefined, { signal: loading.signal })
        for (const task of await this.#readShard(shard)) {
          if (!(await this.#enqueue(task))) return loading.skip('the queue was closed')
          loading.update(`shard ${shard + 1} of ${this.#shards}`, { done: task.index + 1, total })
        }
      }
      loading.complete(`${total} tasks read`)
    })
  }

  readonly #readShard = track(async function readShard(this: DataLoader, shard: number): Promise<Task[]> {
    const { fail, seed } = this.#options
    if (fail?.module === 'data-loader' && shard + 1 === fail.step)
      throw new Error(`shard ${shard + 1} is damaged: its checksum does not match`)
    return Array.from({ length: batchSize }, (_, at) => ({ seed, index: shard * batchSize + at }))
  })

  /** Planned before it is queued, so that the work counts as open all the way from here to the worker. */
  async #enqueue(task: Task): Promise<boolean> {
    const activity = planActivity({
      module: 'rollouts',
      name: 'rollout',
      type: 'work_item',
      plan: `play ${task.index}`,
    })
    const accepted = await this.#queue.put({ task, activity })
    if (!accepted) activity.skip('the queue was closed')
    return accepted
  }
}
