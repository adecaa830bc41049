import type { ActivityState } from '../activity/states.js'
import type { ActivitySnapshot } from '../activity/snapshot.js'
import type { LogEntry } from '../activity/record.js'
import type { Clock } from '../base/clock.js'
import type { Faults } from '../base/faults.js'
import type { ErrorRecord } from './error-log.js'
import type { ModuleStatus } from './modules.js'
import { Subscription, type SubscribeOptions, type SubscriptionStats } from './subscription.js'

interface ChangeBase {
  /** Counts every change of this tracker from 1. */
  readonly number: number
  /** Milliseconds since the Unix epoch. */
  readonly time: number
  /** The tracker that saw it. */
  readonly instance: string
  readonly origin: 'local' | 'remote'
}

/** What a change is about, by kind. Ignore kinds that you do not know: more will come. */
export type ChangeBody =
  | { readonly kind: 'planned' | 'started'; readonly activity: ActivitySnapshot }
  | { readonly kind: 'updated'; readonly activity: ActivitySnapshot; readonly log?: LogEntry; readonly heartbeat?: true }
  | { readonly kind: 'ended'; readonly activity: ActivitySnapshot; readonly from: ActivityState }
  | { readonly kind: 'error'; readonly error: ErrorRecord }
  | { readonly kind: 'module'; readonly module: ModuleStatus }
  | { readonly kind: 'step'; readonly step: number }

/** One thing that happened, as plain JSON. */
export type Change = ChangeBase & ChangeBody

/** Stands where changes were dropped: those numbered `from` to `to`, both included, may be missing. */
export interface Gap {
  readonly kind: 'gap'
  readonly from: number
  readonly to: number
}

export type FeedItem = Change | Gap

/** What the feed needs of its tracker. */
export interface FeedHost {
  readonly instance: string
  readonly clock: Clock
  readonly faults: Faults
  /** Runs a subscriber outside the activity in which the change happened. */
  detached(work: () => void): void
}

const maxDrainPasses = 100

/** Numbers changes and hands them to subscribers in batches, after the caller has gone back to the event loop. */
export class Feed {
  readonly #host: FeedHost
  readonly #subscriptions = new Set<Subscription>()
  #number = 0
  #scheduled = false

  constructor(host: FeedHost) {
    this.#host = host
  }

  /** The number of the latest change. */
  get number(): number {
    return this.#number
  }

  get observed(): boolean {
    return this.#subscriptions.size > 0
  }

  /** Counts a change that nobody reads. */
  skip(): void {
    this.#number += 1
  }

  publish(body: ChangeBody): void {
    this.#number += 1
    const { instance, clock } = this.#host
    const change = { number: this.#number, time: clock.wallMillis(), instance, origin: 'local' as const, ...body }
    for (const subscription of this.#subscriptions) subscription.offer(change)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#host.clock.defer(() => {
      this.#scheduled = false
      this.flush()
    })
  }

  /** Delivers everything that waits, now. For the end of a process and for tests. */
  flush(): void {
    for (const subscription of this.#subscriptions) subscription.deliver()
  }

  /** Like {@link flush}, and again for what the subscribers themselves caused, as long as that comes to an end. */
  drain(): void {
    for (let pass = 0; pass < maxDrainPasses; pass += 1) {
      const before = this.#number
      this.flush()
      if (this.#number === before) return
    }
  }

  subscribe(listener: (items: readonly FeedItem[]) => unknown, options: SubscribeOptions): Subscription {
    const subscription = new Subscription(this.#host, listener, options, (ended) => this.#subscriptions.delete(ended))
    this.#subscriptions.add(subscription)
    return subscription
  }

  stats(): SubscriptionStats[] {
    return [...this.#subscriptions].map((subscription) => subscription.stats())
  }
}
