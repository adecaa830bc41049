import type * as otel from '@opentelemetry/api'
import type { SpanReference } from '../activity/options.js'
import { type ActivityRecord, never } from '../activity/record.js'
import { eventNames, logAttributeNames } from '../activity/semantic-conventions.js'
import type { ActivitySnapshot } from '../activity/snapshot.js'
import { guarded } from '../base/faults.js'
import { asOwnWork, ownWorkContextFor } from '../tracing/suppressed.js'
import type { Change, FeedItem } from '../tracker/change.js'
import type { ErrorRecord } from '../tracker/error-log.js'
import type { Lifecycle } from '../tracker/lifecycle.js'
import { DueQueue } from './due-queue.js'
import { endAttributesOf, errorAttributesOf, identityOf, situationOf, startAttributesOf } from './event-attributes.js'
import { type EventLogger, severityNumbers } from './event-logger.js'

export interface ResolvedLifecycleLogs {
  readonly startDelayMillis: number
  readonly updateMillis: number
  readonly heartbeatMillis: number
  readonly maxActivities: number
  readonly exceptions: 'logs' | 'logs/dup' | undefined
}

/** An activity that is followed; `identity` once its start was sent. */
interface Followed {
  readonly id: string
  span: SpanReference | undefined
  identity: otel.Attributes | undefined
  /** The latest that it said, if that is not its `doing`. */
  message: string | undefined
}

type ConditionChange = Extract<Change, { readonly kind: 'condition' }>

interface Event {
  readonly eventName: string
  readonly severity: keyof typeof severityNumbers
  readonly time: number
  readonly body: string | undefined
  readonly attributes: otel.Attributes
  readonly span: SpanReference | undefined
}

function spanOf({ traceId, spanId, traceFlags }: ActivitySnapshot): SpanReference | undefined {
  return traceId === undefined || spanId === undefined ? undefined : { traceId, spanId, traceFlags: traceFlags ?? 0 }
}

/** Decides which records are sent about which activity, and sends them as work of our own. */
export class LifecycleEvents {
  readonly #lifecycle: Lifecycle
  readonly #logger: EventLogger
  readonly #options: ResolvedLifecycleLogs
  readonly #followed = new Map<string, Followed>()
  readonly #starts: DueQueue<Followed>
  readonly #updates: DueQueue<Followed>
  readonly #heartbeats: DueQueue<Followed>

  constructor(lifecycle: Lifecycle, logger: EventLogger, options: ResolvedLifecycleLogs) {
    this.#lifecycle = lifecycle
    this.#logger = logger
    this.#options = options
    const queue = (delayMillis: number, send: (followed: Followed) => void): DueQueue<Followed> =>
      new DueQueue(lifecycle.clock, delayMillis, (due) => asOwnWork(() => due.forEach(send)))
    this.#starts = queue(options.startDelayMillis, (followed) => this.#sendStart(followed))
    this.#updates = queue(options.updateMillis, (followed) => this.#sendUpdate(followed))
    this.#heartbeats = queue(options.heartbeatMillis, (followed) => this.#sendHeartbeat(followed))
    asOwnWork(() => this.#followOpen())
  }

  take(items: readonly FeedItem[]): void {
    asOwnWork(() => {
      for (const item of items) {
        switch (item.kind) {
          case 'started':
            this.#begin(item.activity.id, spanOf(item.activity))
            break
          case 'updated':
            if (item.heartbeat !== true) this.#updated(item.activity, item.log?.message)
            break
          case 'condition':
            this.#sendCondition(item)
            break
          case 'ended':
            this.#ended(item.activity)
            break
          case 'error':
            this.#sendError(item.error)
            break
          case 'gap':
            this.#lookAgain()
            break
        }
      }
    })
  }

  /** Sends the updates that wait, and nothing after that. */
  close(): void {
    asOwnWork(() => {
      for (const followed of this.#updates.takeAll()) this.#sendUpdate(followed)
    })
    for (const queue of [this.#starts, this.#updates, this.#heartbeats]) queue.close()
    this.#followed.clear()
  }

  #begin(id: string, span: SpanReference | undefined): void {
    if (this.#followed.has(id)) return
    if (this.#followed.size >= this.#options.maxActivities) {
      this.#lifecycle.faults.count('signal.dropped', 'maxActivities')
      return
    }
    const followed: Followed = { id, span, identity: undefined, message: undefined }
    this.#followed.set(id, followed)
    const record = this.#lifecycle.find(id)
    // It has ended already; that comes next.
    if (record === undefined) return
    const age = this.#ageOf(record)
    if (age >= this.#options.startDelayMillis) this.#sendStart(followed)
    else this.#starts.add(followed, age)
  }

  #ageOf(record: ActivityRecord): number {
    return record.startedMonotonic > never ? this.#lifecycle.clock.monotonicMillis() - record.startedMonotonic : 0
  }

  #followOpen(): void {
    for (const record of this.#lifecycle.open) if (record.state === 'running') this.#begin(record.id, undefined)
  }

  /** Changes were dropped: what began in them is found again, what ended in them is told without how. */
  #lookAgain(): void {
    this.#lifecycle.faults.count('signal.dropped', 'maxBatch')
    for (const followed of this.#followed.values()) {
      if (this.#lifecycle.find(followed.id) !== undefined) continue
      this.#forget(followed)
      const body = 'ended; how is not known, as changes were dropped'
      this.#emit(followed, { eventName: eventNames.ended, severity: 'info', body, attributes: {} })
    }
    this.#followOpen()
  }

  #forget(followed: Followed): void {
    this.#followed.delete(followed.id)
    for (const queue of [this.#starts, this.#updates, this.#heartbeats]) queue.delete(followed)
  }

  #updated(activity: ActivitySnapshot, logged: string | undefined): void {
    const followed = this.#followed.get(activity.id)
    if (followed?.identity === undefined) return
    followed.message = logged
    if (!this.#updates.has(followed)) this.#updates.add(followed)
  }

  #sendStart(followed: Followed): void {
    const record = this.#lifecycle.find(followed.id)
    if (record === undefined) return
    followed.identity = identityOf(record)
    followed.span = record.spanReference()
    const activity = this.#lifecycle.snapshot(record)
    this.#emit(followed, {
      eventName: eventNames.started,
      severity: 'info',
      time: activity.startedAt,
      body: activity.plan ?? activity.name,
      attributes: { ...startAttributesOf(activity), ...situationOf(activity) },
    })
    this.#heartbeats.add(followed)
  }

  #sendUpdate(followed: Followed): void {
    const record = this.#lifecycle.find(followed.id)
    if (record === undefined) return
    const activity = this.#lifecycle.snapshot(record)
    this.#emit(followed, {
      eventName: eventNames.updated,
      severity: 'info',
      time: activity.lastProgressAt,
      body: followed.message ?? activity.doing,
      attributes: situationOf(activity),
    })
    this.#heartbeats.add(followed)
  }

  #sendHeartbeat(followed: Followed): void {
    const record = this.#lifecycle.find(followed.id)
    if (record === undefined) return
    const activity = this.#lifecycle.snapshot(record)
    const silence = this.#lifecycle.clock.monotonicMillis() - record.progressMonotonic
    this.#emit(followed, {
      eventName: eventNames.heartbeat,
      severity: 'debug',
      body: activity.doing,
      attributes: {
        ...situationOf(activity),
        [logAttributeNames.age]: this.#ageOf(record) / 1_000,
        [logAttributeNames.silence]: silence / 1_000,
      },
    })
    this.#heartbeats.add(followed)
  }

  #sendCondition({ activity, condition, silenceMillis, time }: ConditionChange): void {
    const followed = this.#followed.get(activity.id)
    if (followed === undefined) return
    this.#emit(followed, {
      eventName: eventNames.condition,
      severity: condition === 'progressing' ? 'info' : 'warning',
      time,
      body: condition,
      attributes: {
        ...situationOf(activity),
        [logAttributeNames.condition]: condition,
        [logAttributeNames.silence]: silenceMillis / 1_000,
      },
    })
  }

  #ended(activity: ActivitySnapshot): void {
    const followed = this.#followed.get(activity.id)
    if (followed === undefined) return
    this.#forget(followed)
    this.#emit(followed, {
      eventName: eventNames.ended,
      severity: activity.state === 'failed' ? 'error' : 'info',
      time: activity.endedAt,
      body: activity.error?.message ?? activity.did ?? activity.reason,
      attributes: { ...endAttributesOf(activity), ...situationOf(activity) },
    })
  }

  /** Only about activities whose start was sent. */
  #emit(
    followed: Followed,
    { time, ...event }: Pick<Event, 'eventName' | 'severity' | 'body' | 'attributes'> & { time?: number | undefined },
  ): void {
    if (followed.identity === undefined) return
    const attributes = { ...event.attributes, ...followed.identity }
    this.#send({ ...event, attributes, span: followed.span, time: time ?? this.#lifecycle.clock.wallMillis() })
  }

  #sendError(error: ErrorRecord): void {
    const id = error.activityId
    const followed = id === undefined ? undefined : this.#followed.get(id)
    const record = id === undefined ? undefined : this.#lifecycle.find(id)
    this.#send({
      eventName: eventNames.error,
      severity: error.severity,
      time: error.time,
      body: error.message,
      attributes: errorAttributesOf(error, this.#options.exceptions !== undefined),
      span: followed?.span ?? record?.spanReference(),
    })
  }

  #send({ eventName, severity, time, body, attributes, span }: Event): void {
    const { clock, faults } = this.#lifecycle
    guarded(faults, 'signal.failed', eventName, undefined, () =>
      this.#logger.emit({
        eventName,
        ...severityNumbers[severity],
        timestamp: new Date(time),
        observedTimestamp: new Date(clock.wallMillis()),
        ...(body === undefined ? {} : { body }),
        attributes,
        context: ownWorkContextFor(span),
      }),
    )
  }
}
