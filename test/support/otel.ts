import {
  type Context,
  type ContextManager,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type TextMapPropagator,
  trace,
} from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  InMemorySpanExporter,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
  type SpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { ActivityTracker, type FaultKind, type TrackerOptions } from '../../src/index.js'

export interface SdkOptions {
  readonly sampler?: Sampler
  readonly spanProcessors?: readonly SpanProcessor[]
  /** `null` registers none. @defaultValue an AsyncLocalStorageContextManager */
  readonly contextManager?: ContextManager | null
  readonly propagator?: TextMapPropagator
  /** Whether ended spans are kept for `spans()`. @defaultValue true */
  readonly keepSpans?: boolean
}

/** A real SDK, registered globally. */
export interface Sdk {
  readonly provider: TracerProvider
  /** Ended spans, the first that ended first. */
  spans(): readonly ReadableSpan[]
  /** The one ended span of this name. */
  span(name: string): ReadableSpan
}

export function registerSdk(options: SdkOptions = {}): Sdk {
  const exporter = new InMemorySpanExporter()
  const kept = options.keepSpans === false ? [] : [new SimpleSpanProcessor({ exporter })]
  const spanProcessors = [...(options.spanProcessors ?? []), ...kept]
  const provider = new TracerProvider({
    spanProcessors,
    ...(options.sampler === undefined ? {} : { sampler: options.sampler }),
  })
  if (!trace.setGlobalTracerProvider(provider)) throw new Error('a tracer provider was registered already')
  if (options.contextManager !== null)
    registerContextManager(options.contextManager ?? new AsyncLocalStorageContextManager())
  if (options.propagator !== undefined) propagation.setGlobalPropagator(options.propagator)
  const spans = (): readonly ReadableSpan[] => exporter.getFinishedSpans()
  return {
    provider,
    spans,
    span: (name) => {
      const [span, ...more] = spans().filter((candidate) => candidate.name === name)
      if (span === undefined || more.length > 0)
        throw new Error(
          `expected one span '${name}' among: ${spans()
            .map((one) => one.name)
            .join(', ')}`,
        )
      return span
    },
  }
}

export function registerContextManager(manager: ContextManager): void {
  manager.enable()
  if (!context.setGlobalContextManager(manager)) throw new Error('a context manager was registered already')
}

/** Takes everything back that a test registered globally. */
export function unregisterAll(): void {
  trace.disable()
  context.disable()
  propagation.disable()
}

/** Replaces every context with one derived from it, as Sentry does to carry its scopes. */
export class DerivingContextManager extends AsyncLocalStorageContextManager {
  static readonly key = Symbol.for('test.scopes')

  override with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    active: Context,
    fn: F,
    thisArg?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    return super.with(active.setValue(DerivingContextManager.key, {}), fn, thisArg, ...args)
  }
}

/** Hides every context behind an object of its own. */
export class WrappingContextManager extends AsyncLocalStorageContextManager {
  override with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    active: Context,
    fn: F,
    thisArg?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    return super.with(wrapped(active), fn, thisArg, ...args)
  }
}

function wrapped(inner: Context): Context {
  return {
    getValue: (key) => inner.getValue(key),
    setValue: (key, value) => wrapped(inner.setValue(key, value)),
    deleteValue: (key) => wrapped(inner.deleteValue(key)),
  }
}

/** Works well, and lets nobody see how: only an `await` shows that it carries the context. */
export class SecretiveContextManager implements ContextManager {
  readonly #inner = new AsyncLocalStorageContextManager()

  active(): Context {
    return this.#inner.active()
  }

  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    active: Context,
    fn: F,
    thisArg?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    return this.#inner.with(active, fn, thisArg, ...args)
  }

  bind<T>(active: Context, target: T): T {
    return this.#inner.bind(active, target)
  }

  enable(): this {
    return this
  }

  disable(): this {
    this.#inner.disable()
    return this
  }
}

/** A manager that fails whatever is asked of it. */
export const brokenContextManager: ContextManager = {
  active: () => ROOT_CONTEXT,
  with: () => {
    throw new Error('broken')
  },
  bind: (_, target) => target,
  enable: () => brokenContextManager,
  disable: () => brokenContextManager,
}

/** Records what processors are told at the start of spans. */
export class StartRecorder implements SpanProcessor {
  readonly started: { readonly span: Span; readonly parentContext: Context }[] = []

  onStart(span: Span, parentContext: Context): void {
    this.started.push({ span, parentContext })
  }

  onEnd(): void {}

  forceFlush(): Promise<void> {
    return Promise.resolve()
  }

  shutdown(): Promise<void> {
    return Promise.resolve()
  }
}

export interface Tracked {
  readonly tracker: ActivityTracker
  readonly warnings: readonly string[]
  faults(kind: FaultKind): number
}

export function newTracker(options: TrackerOptions = {}): Tracked {
  const warnings: string[] = []
  const tracker = new ActivityTracker({ onWarning: (message) => warnings.push(message), ...options })
  return {
    tracker,
    warnings,
    faults: (kind) => tracker.snapshot().faults[kind] ?? 0,
  }
}

/** Lets the event loop turn. */
export async function turn(): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve)
  })
}
