import { types } from 'node:util'
import { bounds } from '../activity/bounds.js'
import { type Intake, inCall, readOptions, refuseValue, toNumber, toText } from '../activity/values.js'
import { guarded } from '../base/faults.js'
import type { Lifecycle } from './lifecycle.js'
import type { BackendNames } from './ports.js'
import { type ScalarAggregator, StepSums } from './scalar-aggregator.js'
import { toScalars } from './scalar-values.js'
import { type ExperimentMessage, namesElsewhere, otlpBackend, type ScalarEntry } from './scalars.js'
import { SeenSteps } from './seen-steps.js'

/** Numbers by name; objects in them are flattened, so that `{ train: { loss: 0.5 } }` is `train/loss`. */
export interface ScalarTree {
  readonly [name: string]: number | ScalarTree
}

export interface LogScalarsOptions {
  /** @defaultValue the tracker's current step */
  readonly step?: number | undefined
  /** The name of the run. @defaultValue the name of the run that the code is in, else the service name */
  readonly run?: string | undefined
  /** When it was so; milliseconds since the Unix epoch, or a date. @defaultValue now */
  readonly at?: number | Date | undefined
  /** The only backend that is to get them; `'otlp'` is OpenTelemetry. @defaultValue all of them */
  readonly backend?: string | undefined
}

export interface NotifyOptions {
  /** The only backend that is to get it. @defaultValue all of them */
  readonly backend?: string | undefined
}

export interface AggregatorOptions {
  /** The name of the run. @defaultValue the name of the run that `add` is called in, else the service name */
  readonly run?: string | undefined
  /** The only backend that is to get them. @defaultValue all of them */
  readonly backend?: string | undefined
  /** Steps that are added to at the same time; over it, the one that was not added to for longest is logged. @defaultValue 16 */
  readonly maxSteps?: number | undefined
  /** A step is logged once nothing was added to it for so long. @defaultValue 1000 */
  readonly quietMillis?: number | undefined
}

const latestMillis = 8.64e15

/** Reads what user code says about an experiment and passes it on. Never throws. */
export class Experiment {
  readonly #lifecycle: Lifecycle
  readonly #seen = new SeenSteps()
  readonly #logging: Intake
  readonly #adding: Intake
  /** Whether the tracker was ever told a step. */
  stepKnown = false

  constructor(lifecycle: Lifecycle) {
    this.#lifecycle = lifecycle
    this.#logging = inCall(lifecycle.intake, 'logScalars')
    this.#adding = inCall(lifecycle.intake, 'add')
  }

  log(given: unknown, options: LogScalarsOptions | undefined, currentStep: number): void {
    const { disabled, faults, clock } = this.#lifecycle
    const intake = this.#logging
    if (disabled) return
    this.#guarded('logScalars(values)', () => {
      const values = toScalars(faults, given)
      if (values === undefined) return
      if (options === undefined) {
        this.#publish({ run: this.run(), step: currentStep, at: clock.wallMillis(), values }, !this.stepKnown)
        return
      }
      const read = readOptions(faults, 'logScalars(options)', options, ['step', 'run', 'at', 'backend'])
      const step = toNumber(intake, 'step', read.step)
      const entry: ScalarEntry = {
        run: toText(intake, 'run', read.run, bounds.name) || this.run(),
        step: step ?? currentStep,
        at: this.#time(read.at) ?? clock.wallMillis(),
        values,
      }
      const backend = toText(intake, 'backend', read.backend, bounds.name)
      this.#checkBackend('logScalars', 'scalars', backend)
      this.#publish(backend === undefined ? entry : { ...entry, backend }, step === undefined && !this.stepKnown)
    })
  }

  /** @param currentStep read where a call gives no step */
  aggregator(options: AggregatorOptions | undefined, currentStep: () => number): ScalarAggregator<ScalarTree> {
    const { faults, scalars, clock } = this.#lifecycle
    const intake = inCall(this.#lifecycle.intake, 'scalarAggregator')
    const keys = ['run', 'backend', 'maxSteps', 'quietMillis'] as const
    const read = readOptions(faults, 'scalarAggregator(options)', options, keys)
    const run = toText(intake, 'run', read.run, bounds.name) || undefined
    const backend = toText(intake, 'backend', read.backend, bounds.name)
    const limits = {
      maxSteps: Math.max(Math.floor(toNumber(intake, 'maxSteps', read.maxSteps) ?? 16), 1),
      quietMillis: Math.max(toNumber(intake, 'quietMillis', read.quietMillis) ?? 1_000, 1),
    }
    const { holders } = scalars
    let stepless = true
    const publish = (entry: ScalarEntry): void => {
      this.#checkBackend('scalarAggregator', 'scalars', backend)
      this.#publish(entry, stepless && !this.stepKnown)
    }
    const host = { clock, faults, holders, publish }
    const sums = new StepSums(host, limits, backend)
    const flush = (): void => sums.flush()
    return {
      add: (values, added) => {
        if (this.#lifecycle.disabled) return
        this.#guarded('add(values)', () => {
          const numbers = toScalars(faults, values)
          if (numbers === undefined) return
          const step = toNumber(this.#adding, 'step', readOptions(faults, 'add(options)', added, ['step']).step)
          if (step !== undefined) stepless = false
          sums.add(run ?? this.run(), step ?? currentStep(), numbers)
        })
      },
      flush,
      [Symbol.dispose]: flush,
    }
  }

  #guarded(place: string, work: () => void): void {
    guarded(this.#lifecycle.faults, 'value.unreadable', place, undefined, work)
  }

  notify(given: unknown, options: NotifyOptions | undefined): void {
    const { disabled, faults, clock, feed } = this.#lifecycle
    if (disabled) return
    const intake = inCall(this.#lifecycle.intake, 'notify')
    type Message = Pick<ExperimentMessage, 'title' | 'content'>
    const read = readOptions(faults, 'notify(message)', given as Message, ['title', 'content'])
    const title = toText(intake, 'title', read.title, bounds.name) ?? ''
    const content = toText(intake, 'content', read.content) ?? ''
    if (title === '' && content === '') {
      faults.countOption('notify(message)', 'it has neither title nor content')
      return
    }
    const message: ExperimentMessage = { title, content, at: clock.wallMillis() }
    const backend = toText(
      intake,
      'backend',
      readOptions(faults, 'notify(options)', options, ['backend']).backend,
      bounds.name,
    )
    this.#checkBackend('notify', 'messages', backend)
    feed.publish({ kind: 'message', message: backend === undefined ? message : { ...message, backend } })
  }

  /** Tells of a name that nobody has. Whoever subscribed by himself gets what it was given for all the same. */
  #checkBackend(call: string, takes: keyof BackendNames, name: string | undefined): void {
    if (name === undefined || namesElsewhere.includes(name)) return
    const { backends, faults } = this.#lifecycle
    const connected = backends?.[takes] ?? []
    if (connected.includes(name)) return
    const known = takes === 'scalars' ? [...connected, otlpBackend] : connected
    const those =
      known.length === 0 ? `no backend that takes ${takes} is connected` : `it is none of ${known.join(', ')}`
    faults.countOption(`${call}({ backend: '${name.slice(0, 80)}' })`, those, 'backend.unknown')
  }

  /** @param stepless whether nobody ever said which step it is */
  #publish(entry: ScalarEntry, stepless: boolean): void {
    const { scalars } = this.#lifecycle
    if (scalars.observed) {
      // What was meant for one backend only may be said to another one too.
      const run = entry.backend === undefined ? entry.run : `${entry.backend}\0${entry.run}`
      for (const name of Object.keys(entry.values)) {
        if (this.#seen.add(run, name, entry.step)) this.#repeated(name, stepless)
      }
    }
    scalars.publish(entry)
  }

  #repeated(scalar: string, stepless: boolean): void {
    const { faults } = this.#lifecycle
    if (!stepless) faults.count('scalar.repeated', scalar)
    else
      faults.countEach(
        'scalar.repeated',
        'no step',
        `'${scalar}' is logged for step 0 again and again, as no step was ever given; set tracker.step, or give { step }`,
      )
  }

  /** The name of the run that the code is in, else of the service. */
  run(): string {
    const root = this.#lifecycle.ports?.currentRecord()?.root
    return root?.type === 'run' ? root.name : this.#lifecycle.serviceName
  }

  #time(at: unknown): number | undefined {
    if (at === undefined || at === null) return undefined
    const millis = types.isDate(at) ? Date.prototype.getTime.call(at) : at
    if (typeof millis === 'number' && Math.abs(millis) <= latestMillis) return millis
    return refuseValue(this.#logging, 'at', 'a Date, or milliseconds since the Unix epoch', at)
  }
}
