/** How a warning reaches the user; the default is `process.emitWarning`. */
export type WarningListener = (message: string, code: string) => void

/** Kinds of fault, each with what the user should write instead. A fault is something of ours or of an argument that was kept away from user code. */
export const faultAdvice = {
  'option.invalid':
    'an option does not exist, or had a value of the wrong type: it was left out, and its default was used',
  'option.threw': 'an option given as a function threw; its default was used',
  'value.clamped': 'a text, result or metadata was longer than its bound and was cut',
  'value.unreadable': 'a value could not be read (proxy, getter or toJSON that throws) and was left out',
  'attribute.dropped': 'an attribute was left out: use string, number, boolean or arrays of one of them, 128 at most',
  'log.dropped': 'an activity has more than 100 log entries; the oldest were dropped',
  'end.ignored': 'an activity was ended a second time; the first end stands',
  'start.ignored': 'an activity was started that was already running or ended',
  'update.ignored': 'an activity was updated after its end',
  'id.duplicate': 'an option `id` is that of an open activity; a fresh one was used',
  'run.missing':
    'there was no function, so nothing was run: write runActivity({ name, module }, fn), with all options in one object, or activity.run(fn)',
  'run.ended': 'run() was called on an activity that had ended; the function ran untracked',
  'wrap.class': 'trackActivity was given a class; it was returned unchanged: wrap its methods instead',
  abandoned:
    'a handle, generator or stream was garbage-collected without an end; end handles in `finally` or by `using`, and read streams to their end or destroy them',
  'subscriber.threw': 'a subscriber of the change feed threw or rejected',
  'redact.threw': 'the `redact` option threw; the value was left out',
  'event.unknown':
    'on() was called with an event name that does not exist; use <type>.<event>, such as run.failed or activity.ended (planned, started, updated, ended, completed, failed, cancelled, skipped, interrupted), or error, step, message, module.up, module.down',
  'scalar.invalid':
    'a value given to logScalars was not a number and was left out; give it numbers, or plain objects of numbers',
  'scalar.overflow': 'logScalars was given more than 1,000 values, or objects more than 8 deep: the rest was left out',
  'scalar.repeated':
    'a scalar was logged again for the same step of its run: both are kept where time orders them, the last one where the step does',
  'scalar.expired':
    'a scalar was older than maxAgeMillis, or more than ten minutes ahead of the clock, which receivers refuse: it did not leave over OpenTelemetry, but went to all other backends',
  'scalar.dropped': 'more scalars waited to leave over OpenTelemetry than maxPoints: those that came later did not',
  'scalar.refused': 'the receiver refused scalars for good, so they were given up, and no others with them',
  'scope.invalid': 'a scope had a field of the wrong type; that field was left out',
  'tracing.failed': 'the OpenTelemetry SDK threw; the activity went on without its span',
  'api.duplicated':
    'there are two versions of @opentelemetry/api, and an SDK is registered through the older one, so activities are counted but have no spans; see "npm ls @opentelemetry/api", and keep one: "npm dedupe", or "overrides" in package.json',
  'details.evicted':
    'more open activities have details than maxDetails allows; the oldest lost theirs (log, metadata, attributes, result) and go on being counted',
  'signal.failed': 'a metric or a log record could not be handed to the OpenTelemetry SDK',
  'export.failed':
    'the collector did not take what startUnderway exports: start it, or name its address in OTEL_EXPORTER_OTLP_ENDPOINT; status() of what startUnderway returned has what was lost of each signal, and why',
  'signal.missing': 'metrics or log events were registered without an SDK that takes them: register the SDK first',
  'signal.dropped': 'log events were left out: too many activities at once, or changes were dropped on the way',
  'propagation.failed': 'a carrier could not be read or written',
  'rows.overflow': 'more than 10,000 combinations of module, group and type: the rest count as "(other)"',
  'backend.failed':
    'a backend did not take scalars or a message; it is tried again, and what it never took is counted in status() of connectBackends',
  'backend.dropped':
    'more scalars or messages wait for a backend than it may have, or came after it was closed: the newest were left out',
  'backend.unknown': 'the option `backend` names no backend that is connected and takes this: it went nowhere',
  'report.failed': 'the report about a blocked event loop could not be written',
  'watchdog.failed': 'the thread that watches the event loop has failed; nothing watches it any more',
  disabled: 'tracking is switched off: functions are called directly and nothing is counted',
} as const

export type FaultKind = keyof typeof faultAdvice

/** Kinds that are part of normal life: counted, never warned about. */
const silentKinds: ReadonlySet<FaultKind> = new Set([
  'end.ignored',
  'update.ignored',
  'start.ignored',
  'log.dropped',
  'value.clamped',
  'scalar.repeated',
])

/** Kinds of which each place is something else to mend: warned about once per place. All others are warned about once. */
const kindsByPlace: ReadonlySet<FaultKind> = new Set([
  'option.invalid',
  'option.threw',
  'run.missing',
  'scope.invalid',
  'event.unknown',
  'subscriber.threw',
  'backend.failed',
  'backend.dropped',
  'backend.unknown',
])

/** Places of one kind that are warned about; those of scalars are names, of which there are more. */
const maxPlaces = 20
const maxNames = 100

function emitProcessWarning(message: string, code: string): void {
  process.emitWarning(message, { type: 'UnderwayWarning', code })
}

function reasonOf(cause: unknown): string {
  try {
    return cause instanceof Error ? ` (${cause.name}: ${cause.message})` : ''
  } catch {
    // What is told goes without it.
    return ''
  }
}

/** Counts what was kept away from user code and warns once per kind, or once per kind and place. Never throws. */
export class Faults {
  readonly #counts = new Map<FaultKind, number>()
  /** Whether warnings are printed where nobody listens to them. */
  printed = true
  readonly #warn: WarningListener
  readonly #warnedOf = new Map<FaultKind, Set<string>>()
  readonly #bad = new WeakSet<object>()

  constructor(warn?: WarningListener) {
    this.#warn = warn ?? ((message, code) => (this.printed ? emitProcessWarning(message, code) : undefined))
  }

  /** @param place such as an option or a backend; in the warning */
  count(kind: FaultKind, place?: string, cause?: unknown): void {
    this.#add(kind)
    if (silentKinds.has(kind)) return
    if (this.#isNew(kind, kindsByPlace.has(kind) ? (place ?? '') : '', maxPlaces)) this.#tell(kind, place, cause)
  }

  /** Like {@link count}, but one bad value is one fault, however often it is looked at. */
  countOnce(bad: object, kind: FaultKind, detail: string, cause: unknown): void {
    if (this.#bad.has(bad)) return
    this.#bad.add(bad)
    this.count(kind, detail, cause)
  }

  /** Like {@link count}, for names that the user gave, and also where the kind is only counted otherwise. */
  countEach(kind: FaultKind, name: string, detail: string = name): void {
    this.#add(kind)
    if (this.#isNew(kind, name, maxNames)) this.#tell(kind, detail)
  }

  /**
   * An option that cannot be used.
   *
   * @param option with its call, such as `waitQuiescent({ timeoutMillis })`
   * @param problem what is wrong with it; may differ from call to call
   */
  countOption(option: string, problem: string, kind: FaultKind = 'option.invalid'): void {
    this.#add(kind)
    if (this.#isNew(kind, option, maxPlaces)) this.#tell(kind, `${option}: ${problem}`)
  }

  #add(kind: FaultKind): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1)
  }

  #isNew(kind: FaultKind, place: string, most: number): boolean {
    const known = this.#warnedOf.get(kind) ?? new Set()
    if (known.has(place) || known.size >= most) return false
    this.#warnedOf.set(kind, known.add(place))
    return true
  }

  #tell(kind: FaultKind, detail?: string, cause?: unknown): void {
    try {
      const returned: unknown = this.#warn(
        `${detail === undefined ? '' : `${detail}: `}${faultAdvice[kind]}${reasonOf(cause)}`,
        `UNDERWAY_${kind.toUpperCase().replace('.', '_')}`,
      )
      // An async listener that rejects is as little of the program's business as one that throws.
      if (typeof returned === 'object') Promise.resolve(returned).catch(() => undefined)
    } catch {
      // A warning listener that throws is the last place where anybody could be told.
    }
  }

  of(kind: FaultKind): number {
    return this.#counts.get(kind) ?? 0
  }

  /** All counts so far, by kind. */
  toJSON(): Readonly<Partial<Record<FaultKind, number>>> {
    return Object.fromEntries(this.#counts)
  }
}

/** Runs a piece of our own work beside user code; a throw becomes a counted fault and `fallback`. */
export function guarded<T>(faults: Faults, kind: FaultKind, detail: string, fallback: T, work: () => T): T {
  try {
    return work()
  } catch (error) {
    faults.count(kind, detail, error)
    return fallback
  }
}
