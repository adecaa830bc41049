import type { ActivitySnapshot } from '../activity/snapshot.js'
import type { OpenState } from '../activity/states.js'
import type { Change, ChangeBody, FeedHost, FeedItem } from './change.js'
import { Subscribers } from './subscribers.js'
import type { SubscribeOptions, Subscription, SubscriptionStats } from './subscription.js'

const maxDrainPasses = 100

/** Numbers changes and hands them to subscribers in batches, after the caller has gone back to the event loop. */
export class Feed {
  readonly #host: FeedHost
  readonly #subscribers: Subscribers<Change>
  #number = 0

  constructor(host: FeedHost) {
    this.#host = host
    this.#subscribers = new Subscribers(host)
  }

  /** The number of the latest change. */
  get number(): number {
    return this.#number
  }

  get observed(): boolean {
    return this.#subscribers.present
  }

  /** Counts a change that nobody reads. */
  skip(): void {
    this.#number += 1
  }

  /** @param time when it happened, if that was read from the wall clock already */
  publish(body: ChangeBody, time: number = this.#host.clock.wallMillis()): void {
    this.#number += 1
    const { instance } = this.#host
    this.#offer({ ...body, number: this.#number, time, instance, origin: 'local' })
  }

  /** Like {@link publish}, as are starts and ends of activities most often: spelled out, as spreading takes longer. */
  publishStart(
    kind: 'planned' | 'started',
    activity: ActivitySnapshot,
    time: number = this.#host.clock.wallMillis(),
  ): void {
    this.#number += 1
    const { instance } = this.#host
    this.#offer({ kind, activity, number: this.#number, time, instance, origin: 'local' })
  }

  publishEnd(activity: ActivitySnapshot, from: OpenState, time: number): void {
    this.#number += 1
    const { instance } = this.#host
    this.#offer({ kind: 'ended', activity, from, number: this.#number, time, instance, origin: 'local' })
  }

  #offer(change: Change): void {
    this.#subscribers.offer(change, change.number)
  }

  /** Delivers everything that waits, now. For the end of a process and for tests. */
  flush(): void {
    this.#subscribers.flush()
  }

  /** Like {@link flush}, and again for what the subscribers themselves caused, as long as that comes to an end. */
  drain(): void {
    for (let pass = 0; pass < maxDrainPasses; pass += 1) {
      const before = this.#number
      this.flush()
      if (this.#number === before) return
    }
  }

  subscribe(listener: (items: readonly FeedItem[]) => unknown, options: SubscribeOptions): Subscription<Change> {
    return this.#subscribers.add(listener, options)
  }

  /** Changes that subscribers, those that have ended too, did not get. Never goes down. */
  get dropped(): number {
    return this.#subscribers.dropped
  }

  stats(): SubscriptionStats[] {
    return this.#subscribers.stats()
  }
}
