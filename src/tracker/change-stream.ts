import type { ActivitySnapshot } from '../activity/snapshot.js'
import { toSignal } from '../activity/values.js'
import type { Faults } from '../base/faults.js'
import type { Change, FeedItem, Gap } from './change.js'
import type { Feed } from './feed.js'

/** Everything that is open at one moment; comes where a cursor could not be followed. */
export interface FeedSnapshot {
  readonly kind: 'snapshot'
  readonly instance: string
  readonly time: number
  readonly activities: readonly ActivitySnapshot[]
}

export type StreamItem = Change | Gap | FeedSnapshot

/** Changes as they come; end it by leaving the `for await`, or through its `signal`. */
export interface ChangeStream extends AsyncIterableIterator<StreamItem> {
  /** The place after the last item that was read; give it as `since` to go on from there. */
  readonly cursor: string
}

export interface ChangesOptions {
  /** A cursor of an earlier stream. @defaultValue from now on */
  readonly since?: string | undefined
  /** Ends the stream. */
  readonly signal?: AbortSignal | undefined
}

/** What the log needs of its tracker. */
export interface ChangeLogHost {
  readonly instance: string
  readonly feed: Feed
  readonly faults: Faults
  snapshot(): FeedSnapshot
}

const ringCapacity = 16_384
const cursorPattern = /^([\w-]{1,64}):(\d{1,15})$/

/** The latest changes, kept from the first reader on, so that a reader who was away can go on where it was. */
export class ChangeLog {
  readonly #host: ChangeLogHost
  #slots: Change[] | undefined = undefined
  /** The number of the newest change that is kept. */
  #newest = 0
  #oldest = 0
  readonly #waiting = new Set<() => void>()

  constructor(host: ChangeLogHost) {
    this.#host = host
  }

  get instance(): string {
    return this.#host.instance
  }

  get newest(): number {
    return this.#newest
  }

  open(options: { readonly [K in keyof ChangesOptions]?: unknown }): ChangeStream {
    this.#begin()
    const since = typeof options.since === 'string' ? cursorPattern.exec(options.since) : null
    const signal = toSignal(options.signal)
    const here = this.#host.feed.number
    if (options.since === undefined) return new Reader(this, here, [], signal)
    const from = Number(since?.[2])
    if (since?.[1] !== this.instance || from > here) return new Reader(this, here, [this.#host.snapshot()], signal)
    if (from + 1 >= this.#oldest) return new Reader(this, from, [], signal)
    return new Reader(this, here, [{ kind: 'gap', from: from + 1, to: here }, this.#host.snapshot()], signal)
  }

  #begin(): void {
    if (this.#slots !== undefined) return
    this.#slots = []
    this.#newest = this.#host.feed.number
    this.#oldest = this.#newest + 1
    this.#host.feed.subscribe((items) => this.#keep(items), {
      name: 'changes',
      maxBatch: ringCapacity,
      whenFull: 'inline',
    })
  }

  #keep(items: readonly FeedItem[]): void {
    for (const item of items) {
      if (item.kind === 'gap' || this.#slots === undefined) continue
      this.#slots[item.number % ringCapacity] = item
      this.#newest = item.number
    }
    this.#oldest = Math.max(this.#oldest, this.#newest - ringCapacity + 1)
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const wake of waiting) wake()
  }

  /** What comes after a number: a change, the gap up to the oldest that is kept, or nothing yet. */
  after(number: number): Change | Gap | undefined {
    if (number >= this.#newest) return undefined
    if (number + 1 < this.#oldest) return { kind: 'gap', from: number + 1, to: this.#oldest - 1 }
    return this.#slots?.[(number + 1) % ringCapacity]
  }

  onNews(wake: () => void): void {
    this.#waiting.add(wake)
  }

  forget(wake: () => void): void {
    this.#waiting.delete(wake)
  }
}

const finished: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined })

class Reader implements ChangeStream {
  readonly #log: ChangeLog
  readonly #first: StreamItem[]
  #number: number
  #done = false
  readonly #signal: AbortSignal | undefined
  readonly #stop = (): void => void this.return()
  /** Reads that wait; several may, as nobody has to await one before the next. */
  readonly #wakes = new Set<() => void>()

  constructor(log: ChangeLog, number: number, first: StreamItem[], signal: AbortSignal | undefined) {
    this.#log = log
    this.#number = number
    this.#first = first
    this.#signal = signal
    if (signal?.aborted === true) this.#done = true
    else signal?.addEventListener('abort', this.#stop, { once: true })
  }

  get cursor(): string {
    return `${this.#log.instance}:${this.#number}`
  }

  async next(): Promise<IteratorResult<StreamItem, undefined>> {
    while (!this.#done) {
      const item = this.#first.shift() ?? this.#log.after(this.#number)
      if (item !== undefined) return { done: false, value: this.#advance(item) }
      const { promise, resolve: wake } = Promise.withResolvers<void>()
      this.#wakes.add(wake)
      this.#log.onNews(wake)
      await promise
      this.#wakes.delete(wake)
    }
    return finished
  }

  #advance(item: StreamItem): StreamItem {
    if (item.kind === 'gap') this.#number = Math.max(this.#number, item.to)
    else if (item.kind !== 'snapshot') this.#number = item.number
    return item
  }

  return(): Promise<IteratorResult<StreamItem, undefined>> {
    this.#done = true
    // A signal may live long after the stream.
    this.#signal?.removeEventListener('abort', this.#stop)
    for (const wake of this.#wakes) {
      this.#log.forget(wake)
      wake()
    }
    return Promise.resolve(finished)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }
}
