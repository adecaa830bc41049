import type { FeedHost, Gap } from './change.js'
import type { ScalarEntry } from './scalars.js'
import { Subscribers } from './subscribers.js'
import type { SubscribeOptions, Subscription, SubscriptionStats } from './subscription.js'

const maxFlushPasses = 100

/** Scalars on their way to those who keep or send them. A channel of their own, as millions of them must not displace other changes. */
export class ScalarChannel {
  readonly #subscribers: Subscribers<ScalarEntry>
  /** Those who hold values back for a moment, such as aggregators. */
  readonly holders = new Set<() => void>()
  #number = 0

  constructor(host: FeedHost) {
    this.#subscribers = new Subscribers(host)
  }

  get observed(): boolean {
    return this.#subscribers.present
  }

  publish(entry: ScalarEntry): void {
    this.#number += 1
    if (this.#subscribers.present) this.#subscribers.offer(entry, this.#number)
  }

  subscribe(
    listener: (items: readonly (ScalarEntry | Gap)[]) => unknown,
    options: SubscribeOptions,
  ): Subscription<ScalarEntry> {
    return this.#subscribers.add(listener, options)
  }

  /** Has those who hold values back log them. */
  release(): void {
    for (const holder of [...this.holders]) holder()
  }

  /** Delivers what waits and what is held back, now, and what subscribers themselves log meanwhile, as long as that ends. */
  drain(): void {
    this.release()
    for (let pass = 0; pass < maxFlushPasses; pass += 1) {
      const before = this.#number
      this.#subscribers.flush()
      if (this.#number === before) return
    }
  }

  /** Entries that subscribers, those that have ended too, did not get. Never goes down. */
  get dropped(): number {
    return this.#subscribers.dropped
  }

  stats(): SubscriptionStats[] {
    return this.#subscribers.stats()
  }
}
