import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { ActivityHandle } from 'underway'
import type { Sample } from './model.js'
import type { Task } from './rollout.js'
import type { Reply, Request } from './rollout-thread.js'
import type { RolloutEngine } from './rollout-worker.js'

interface Ping {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

interface Pending {
  readonly resolve: (sample: Sample) => void
  readonly reject: (error: unknown) => void
  readonly activity: ActivityHandle
}

/** Plays rollouts in a thread of its own. The activity stays here, open until the thread has answered. */
export class ThreadEngine implements RolloutEngine {
  readonly #thread: Worker
  readonly #pending = new Map<number, Pending>()
  readonly #pings = new Map<number, Ping>()
  #lastId = 0
  #died: Error | undefined

  /** Once the thread answers. */
  static async start(environmentUrl: string): Promise<ThreadEngine> {
    const engine = new ThreadEngine(environmentUrl)
    await engine.healthCheck()
    return engine
  }

  private constructor(environmentUrl: string) {
    this.#thread = new Worker(new URL('./rollout-thread.js', import.meta.url), { workerData: { environmentUrl } })
    this.#thread.on('message', (reply: Reply) => this.#receive(reply))
    this.#thread.once('error', (error: Error) => this.#bury(error))
    this.#thread.once('exit', (code) => this.#bury(new Error(`the thread ended with code ${code}`)))
  }

  async play(task: Task, attempt: number, activity: ActivityHandle): Promise<Sample> {
    const id = this.#nextId()
    const cancel = (): void => this.#send({ kind: 'cancel', id })
    activity.signal.addEventListener('abort', cancel, { once: true })
    try {
      return await new Promise<Sample>((resolve, reject) => {
        this.#pending.set(id, { resolve, reject, activity })
        // A dead thread answers nothing: that comes to light in the health check.
        this.#send({ kind: 'play', id, task, attempt, carrier: activity.inject({}) })
        if (this.#died !== undefined)
          activity.signal.addEventListener('abort', () => reject(activity.signal.reason), { once: true })
      })
    } finally {
      this.#pending.delete(id)
      activity.signal.removeEventListener('abort', cancel)
    }
  }

  async healthCheck(): Promise<void> {
    if (this.#died !== undefined) throw this.#died
    const id = this.#nextId()
    await new Promise<void>((resolve, reject) => {
      this.#pings.set(id, { resolve, reject })
      this.#send({ kind: 'ping', id })
    })
  }

  crash(): void {
    this.#send({ kind: 'crash' })
  }

  async close(): Promise<void> {
    if (this.#died === undefined) await Promise.all([once(this.#thread, 'exit'), this.#thread.terminate()])
  }

  #nextId(): number {
    this.#lastId += 1
    return this.#lastId
  }

  #send(request: Request): void {
    this.#thread.postMessage(request)
  }

  #receive(reply: Reply): void {
    switch (reply.kind) {
      case 'doing':
        this.#pending.get(reply.id)?.activity.update(reply.doing)
        return
      case 'played':
        return this.#pending.get(reply.id)?.resolve(reply.sample)
      case 'failed':
        return this.#pending.get(reply.id)?.reject(Object.assign(new Error(reply.failure.message), reply.failure))
      case 'pong':
        this.#pings.get(reply.id)?.resolve()
        this.#pings.delete(reply.id)
        return
    }
  }

  #bury(error: Error): void {
    this.#died ??= error
    for (const { reject } of [...this.#pending.values(), ...this.#pings.values()]) reject(this.#died)
  }
}
