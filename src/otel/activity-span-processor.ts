import { types } from 'node:util'
import { bounds } from '../activity/bounds.js'
import type { SpanReference } from '../activity/options.js'
import { type ActivityRecord, SharedFields } from '../activity/record.js'
import { attributeNames } from '../activity/semantic-conventions.js'
import { answerOf, toAttributes, toText } from '../activity/values.js'
import { checkedOptions, type OptionChecks } from '../base/checked-options.js'
import { lifecycleFor } from '../instrument/connect.js'
import { parentInContext } from '../instrument/origin.js'
import { ActivityContext } from '../tracing/activity-context.js'
import { type Context, ROOT_CONTEXT, type Span, trace } from '../tracing/api.js'
import { recordIn } from '../tracing/current.js'
import { describeSpan } from '../tracing/span.js'
import { isOwnWork } from '../tracing/suppressed.js'
import type { Lifecycle } from '../tracker/lifecycle.js'
import { type ActivityTracker, trackerCheck } from '../tracker/tracker.js'
import { defaultSpanRules, type SpanRule } from './classification.js'
import { activityOf, type EndedForeignSpan, type ForeignSpan, failureOf, markSpan } from './foreign-span.js'

export interface ActivitySpanProcessorOptions {
  /** @defaultValue the tracker of the activity around the span, else the default tracker */
  readonly tracker?: ActivityTracker | undefined
  /** Which spans of other code become activities, besides those that carry `activity.module`. @defaultValue `defaultSpanRules` */
  readonly rules?: readonly SpanRule[] | undefined
}

let inUse = 0

/** Whether a processor was made that has not been shut down: an SDK does not say which processors it has. */
export function isSpanProcessorInUse(): boolean {
  return inUse > 0
}

const checks: OptionChecks<ActivitySpanProcessorOptions> = {
  tracker: trackerCheck,
  rules: [Array.isArray, 'an array of rules such as defaultSpanRules'],
}

/**
 * Brings the spans of other code in, while they are open: add it to the `spanProcessors` of your SDK, 2.x or 3.x, before
 * the ones that export. Spans of our own activities are recognised and left alone. No method throws.
 */
export class ActivitySpanProcessor {
  readonly #tracker: ActivityTracker | undefined
  readonly #rules: readonly SpanRule[]
  #shutDown = false

  /** @throws UnderwayError OPTIONS_INVALID */
  constructor(options: ActivitySpanProcessorOptions = {}) {
    const { tracker, rules } = checkedOptions('new ActivitySpanProcessor', options, checks)
    this.#tracker = tracker
    this.#rules = rules ?? defaultSpanRules
    inUse += 1
  }

  /** Called by the SDK. */
  onStart(span: ForeignSpan, parentContext: Context): void {
    try {
      if (isOwn(parentContext)) return describeOwn(span, parentContext)
      if (this.#shutDown || isOwnWork(parentContext)) return
      const lifecycle = lifecycleFor(this.#tracker, recordIn(parentContext))
      if (lifecycle.disabled) return
      const type = this.#typeOf(span)
      if (type !== undefined) open(lifecycle, span, parentContext, type)
    } catch (error) {
      this.#failed(error)
    }
  }

  /** Called by the SDK, also after `shutdown`: what is open must be able to end. */
  onEnd(span: EndedForeignSpan): void {
    try {
      const record = activityOf(span)
      if (record === undefined || record.span !== undefined || !record.open) return
      close(record.owner as Lifecycle, record, span)
    } catch (error) {
      this.#failed(error)
    }
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {
    if (!this.#shutDown) inUse -= 1
    this.#shutDown = true
  }

  /** What is thrown here would come out of the `startSpan` of other code. */
  #failed(error: unknown): void {
    lifecycleFor(this.#tracker, undefined).faults.count('tracing.failed', 'ActivitySpanProcessor', error)
  }

  #typeOf(span: ForeignSpan): string | undefined {
    const named = span.attributes[attributeNames.type]
    if (span.attributes[attributeNames.module] !== undefined) return typeof named === 'string' ? named : 'task'
    return this.#rules.find((rule) => isMatch(rule.matches(span)))?.type ?? undefined
  }
}

/** The SDK is starting the span of one of our activities. */
function isOwn(context: Context): context is ActivityContext {
  return (context as Partial<ActivityContext>).starting === true
}

/** Now and not just after its start, so that the processors behind this one see what it carries. */
function describeOwn(span: ForeignSpan, { record }: ActivityContext): void {
  if (record !== undefined) describeSpan(span as unknown as Span, record)
}

/** A promise would match always, and its rejection be nobody's. */
function isMatch(answer: unknown): boolean {
  if (!types.isPromise(answer)) return Boolean(answer)
  answer.catch(() => undefined)
  throw new TypeError('a rule returned a promise; it must answer at once')
}

/** Before anything is counted: a span that cannot name itself becomes no activity. */
function referenceOf(span: ForeignSpan, { faults }: Lifecycle): SpanReference {
  const reference = answerOf(faults, 'spanContext', () => span.spanContext()) as SpanReference | undefined
  if (typeof reference?.traceId !== 'string') throw new TypeError('a span has no spanContext()')
  return reference
}

function open(lifecycle: Lifecycle, span: ForeignSpan, parentContext: Context, type: string): void {
  const { intake } = lifecycle
  const reference = referenceOf(span, lifecycle)
  const origin = parentInContext(lifecycle, parentContext)
  const text = (key: string, value: unknown): string | undefined => toText(intake, key, value, bounds.name)
  const name = text('name', span.name) ?? 'span'
  const module =
    text('module', span.attributes[attributeNames.module]) ?? origin.record?.module ?? lifecycle.serviceName
  const group = text('group', span.attributes[attributeNames.group]) ?? lifecycle.groupOf(module)
  const row = lifecycle.counters.row(module, group, type)
  const shared = new SharedFields(lifecycle, { name, module, group, type }, undefined, row)
  const record = lifecycle.create(shared, origin.record, undefined, false)
  record.remote = origin.remote
  record.takeSpanReference(reference)
  // Work that is handed this activity hangs below the span by its ids; the span itself is not kept.
  record.tracing = new ActivityContext(ROOT_CONTEXT, trace.wrapSpanContext(reference), record)
  const attributes = toAttributes(intake, span.attributes)
  if (attributes !== undefined) record.detail().attributes = attributes
  markSpan(span, record)
  lifecycle.guard(record, span)
  lifecycle.announce(record)
}

function close(lifecycle: Lifecycle, record: ActivityRecord, span: EndedForeignSpan): void {
  const attributes = toAttributes(lifecycle.intake, span.attributes)
  if (attributes !== undefined) record.detail().attributes = attributes
  const failure = failureOf(span)
  if (failure === undefined) lifecycle.conclude(record, { state: 'completed' })
  else lifecycle.conclude(record, { state: 'failed', error: { value: failure } })
}
