import type { FeedHost, Gap } from './change.js'
import { type SubscribeOptions, Subscription, type SubscriptionStats } from './subscription.js'

/** Hands the items of one numbered stream to its subscribers in batches, after the caller has gone back to the event loop. */
export class Subscribers<T> {
  readonly #host: FeedHost
  /** Replaced as a whole when somebody comes or goes, so that it can be walked while that happens. */
  #all: readonly Subscription<T>[] = []
  #scheduled = false
  #droppedBefore = 0

  constructor(host: FeedHost) {
    this.#host = host
  }

  get present(): boolean {
    return this.#all.length > 0
  }

  /** @param number counts the items of the stream, for those who miss some */
  offer(item: T, number: number): void {
    for (const subscription of this.#all) subscription.offer(item, number)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#host.clock.defer(() => {
      this.#scheduled = false
      this.flush()
    })
    // Last, as with an exhausted stack there is nothing to wait for.
    this.#scheduled = true
  }

  /** Delivers everything that waits, now. For the end of a process and for tests. */
  flush(): void {
    for (const subscription of this.#all) subscription.deliver()
  }

  add(listener: (items: readonly (T | Gap)[]) => unknown, options: SubscribeOptions): Subscription<T> {
    const subscription = new Subscription<T>(this.#host, listener, options, (ended) => {
      if (!this.#all.includes(ended)) return
      this.#all = this.#all.filter((one) => one !== ended)
      this.#droppedBefore += ended.stats().dropped
    })
    this.#all = [...this.#all, subscription]
    return subscription
  }

  /** What subscribers, those that have ended too, did not get. Never goes down. */
  get dropped(): number {
    return this.stats().reduce((sum, { dropped }) => sum + dropped, this.#droppedBefore)
  }

  stats(): SubscriptionStats[] {
    return this.#all.map((subscription) => subscription.stats())
  }
}
