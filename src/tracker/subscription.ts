import { type Intake, inCall, readOptions, refuseValue } from '../activity/values.js'
import type { FeedHost, Gap } from './change.js'

export const overflowPolicies = ['inline', 'drop', 'gap'] as const
/**
 * What happens when a batch is full before the event loop came round: `inline` delivers it inside the call that filled
 * it and loses nothing, `drop` leaves the newest out and counts them, `gap` does the same and says which are missing.
 */
export type OverflowPolicy = (typeof overflowPolicies)[number]

export interface SubscribeOptions {
  /** Shown in the statistics. @defaultValue `'subscriber'` */
  readonly name?: string | undefined
  /** How many changes wait at most. @defaultValue 4096 */
  readonly maxBatch?: number | undefined
  /** @defaultValue `'inline'` */
  readonly whenFull?: OverflowPolicy | undefined
}

/** How one subscriber is doing. */
export interface SubscriptionStats {
  readonly name: string
  readonly delivered: number
  readonly dropped: number
  readonly faults: number
  /** Time spent inside the subscriber's function. */
  readonly spentMillis: number
  readonly waiting: number
}

const defaultMaxBatch = 4_096

/** Reads the options of a subscription; what cannot be used is counted and left out. */
export function readSubscribeOptions(intake: Intake, call: string, given: SubscribeOptions): SubscribeOptions {
  const { name, maxBatch, whenFull } = readOptions(intake.faults, `${call}(options)`, given, [
    'name',
    'maxBatch',
    'whenFull',
  ])
  const to = inCall(intake, call)
  const policy = overflowPolicies.find((one) => one === whenFull)
  const isCount = typeof maxBatch === 'number' && maxBatch >= 1
  if (name !== undefined && typeof name !== 'string') refuseValue(to, 'name', 'a text', name)
  if (maxBatch !== undefined && !isCount) refuseValue(to, 'maxBatch', 'a number of at least 1', maxBatch)
  if (whenFull !== undefined && policy === undefined) refuseValue(to, 'whenFull', overflowPolicies.join(', '), whenFull)
  return {
    name: typeof name === 'string' ? name : undefined,
    maxBatch: isCount ? Math.floor(maxBatch) : undefined,
    whenFull: policy,
  }
}

/** One subscriber of the feed, or of another numbered stream, with its own bound. */
export class Subscription<T> {
  readonly #host: FeedHost
  readonly #listener: (items: readonly (T | Gap)[]) => unknown
  readonly #ended: (subscription: Subscription<T>) => void
  readonly #name: string
  readonly #maxBatch: number
  readonly #whenFull: OverflowPolicy
  #batch: (T | Gap)[] = []
  /** How many of them wait: there is room for as many as came the last time, which need not be made bit by bit. */
  #waiting = 0
  #missing: { from: number; to: number } | undefined = undefined
  #delivering = false
  #over = false
  #delivered = 0
  #dropped = 0
  #faults = 0
  #spentMillis = 0

  constructor(
    host: FeedHost,
    listener: (items: readonly (T | Gap)[]) => unknown,
    options: SubscribeOptions,
    ended: (subscription: Subscription<T>) => void,
  ) {
    this.#host = host
    this.#listener = listener
    this.#ended = ended
    this.#name = options.name ?? 'subscriber'
    this.#maxBatch = options.maxBatch ?? defaultMaxBatch
    this.#whenFull = options.whenFull ?? 'inline'
  }

  offer(item: T, number: number): void {
    // Another subscriber may have ended this one while the item was on its way.
    if (this.#over) return
    if (this.#waiting >= this.#maxBatch) {
      // Inside its own delivery a subscriber cannot be called again: what it causes beyond its bound is dropped.
      if (this.#whenFull !== 'inline' || this.#delivering) return this.#drop(number)
      this.deliver()
    }
    this.#batch[this.#waiting] = item
    this.#waiting += 1
  }

  #drop(number: number): void {
    this.#dropped += 1
    this.#missing ??= { from: number, to: number }
    this.#missing.to = number
  }

  deliver(): void {
    if (this.#delivering || (this.#waiting === 0 && this.#missing === undefined)) return
    const batch = this.#batch
    batch.length = this.#waiting
    this.#batch = new Array<T | Gap>(Math.min(this.#waiting, defaultMaxBatch))
    this.#waiting = 0
    if (this.#missing !== undefined && this.#whenFull !== 'drop') batch.push({ kind: 'gap', ...this.#missing })
    this.#missing = undefined
    if (batch.length === 0) return
    this.#delivering = true
    const began = this.#host.clock.monotonicMillis()
    try {
      this.#host.detached(() => this.#call(batch))
    } catch (error) {
      this.#fault(error)
    } finally {
      this.#delivering = false
      this.#delivered += batch.length
    }
    this.#spentMillis += this.#host.clock.monotonicMillis() - began
  }

  #call(batch: readonly (T | Gap)[]): void {
    const returned = this.#listener(batch)
    if (typeof returned === 'object' && returned !== null && 'then' in returned) {
      Promise.resolve(returned).catch((error: unknown) => this.#fault(error))
    }
  }

  #fault(error: unknown): void {
    this.#faults += 1
    this.#host.faults.count('subscriber.threw', this.#name, error)
  }

  /** Ends it; what waits is delivered first. */
  end(): void {
    this.deliver()
    this.#over = true
    this.#ended(this)
  }

  stats(): SubscriptionStats {
    return {
      name: this.#name,
      delivered: this.#delivered,
      dropped: this.#dropped,
      faults: this.#faults,
      spentMillis: this.#spentMillis,
      waiting: this.#waiting,
    }
  }
}
