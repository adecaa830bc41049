/// <reference lib="esnext.disposable" preserve="true" />
import { bounds } from '../activity/bounds.js'
import { refuseUnknown } from '../base/checked-options.js'
import type { Clock } from '../base/clock.js'
import { beforeDeadline } from '../base/deadline.js'
import { isUnderwayError, UnderwayError } from '../base/underway-error.js'
import type { Tally } from './tally.js'

/** What a health check is given. */
export interface HealthCheckContext {
  /** Aborted when the answer would come too late. */
  readonly signal: AbortSignal
}

/** Something that can say whether it is well. `false`, a throw, a rejection and no answer in time mean that it is not. */
export type HealthCheck =
  | ((context: HealthCheckContext) => unknown)
  | { healthCheck(context: HealthCheckContext): unknown }

/** An error with this key says that what was asked does not exist any more: its activities are dead. */
export const goneKey: unique symbol = Symbol.for('underway.gone/1') as never

export interface ModuleOptions {
  /** Without one a module counts as up. */
  readonly healthCheck?: HealthCheck | undefined
  readonly group?: string | undefined
}

/** A module went down, or came up again. */
export interface ModuleTransition {
  /** Milliseconds since the Unix epoch. */
  readonly time: number
  readonly state: 'up' | 'down'
  /** Why it went down. */
  readonly reason?: string
}

export interface ModuleStatus {
  readonly name: string
  readonly group?: string
  readonly state: 'up' | 'down'
  /** Why it is down. */
  readonly reason?: string
  /** The worker or process that it was has exited; its activities are `dead`. */
  readonly gone?: true
  /** Since when it is as it is, milliseconds since the Unix epoch. */
  readonly since?: number
  /** How it came to that: the latest ten changes of its state, the newest last. */
  readonly transitions?: readonly ModuleTransition[]
  /** When it was last checked, milliseconds since the Unix epoch. */
  readonly checkedAt?: number
  /** Activities open in it, planned ones included. */
  readonly open: number
  readonly planned: number
  /** The trackers that know it; here always this one. */
  readonly instances: readonly string[]
}

/** Registered under a name; dispose of it, or call `unregister`, when the module is gone. */
export interface ModuleRegistration extends Disposable {
  readonly name: string
  unregister(): void
}

type Check = (context: HealthCheckContext) => unknown

interface Module {
  readonly name: string
  readonly group: string | undefined
  readonly check: Check | undefined
  state: 'up' | 'down'
  reason: string | undefined
  gone: boolean
  since: number
  sinceMonotonic: number
  transitions: readonly ModuleTransition[]
  checkedAt: number | undefined
}

const maxTransitions = 10

/** What the modules need of their tracker. */
export interface ModuleHost {
  readonly instance: string
  readonly clock: Clock
  tally(module: string): Tally | undefined
  /** Of every module that activities named. */
  tallies(): Iterable<Tally>
  changed(status: ModuleStatus): void
  reportDown(module: string, reason: string, error: unknown): void
  reportUp(module: string, downMillis: number): void
  ownWork<T>(work: () => T): T
  /** A text as it may be kept and shown. */
  text(reason: string): string
}

function checkOf(name: string, healthCheck: HealthCheck | undefined): Check | undefined {
  if (healthCheck === undefined) return undefined
  if (typeof healthCheck === 'function') return healthCheck
  if (typeof healthCheck === 'object' && healthCheck !== null && typeof healthCheck.healthCheck === 'function')
    return (context) => healthCheck.healthCheck(context)
  throw new UnderwayError(
    'OPTIONS_INVALID',
    `registerModule('${name}'): healthCheck must be a function, or an object with a method healthCheck()`,
  )
}

function readModule(
  name: string,
  given: ModuleOptions,
): { readonly group: unknown; readonly check: Check | undefined } {
  try {
    if (typeof given !== 'object') throw new TypeError(`got ${typeof given}`)
    refuseUnknown((key) => `registerModule('${name}', { ${key} })`, given, ['healthCheck', 'group'])
    return { group: given.group, check: checkOf(name, given.healthCheck) }
  } catch (error) {
    if (isUnderwayError(error)) throw error
    throw new UnderwayError(
      'OPTIONS_INVALID',
      `registerModule('${name}'): options must be an object { healthCheck, group }`,
      { cause: error },
    )
  }
}

function reasonOf(error: unknown): string {
  try {
    return error instanceof Error
      ? `health check threw ${error.name}: ${error.message}`
      : `health check threw ${String(error)}`
  } catch {
    return 'health check threw'
  }
}

/** What a check throws may be anything, a proxy that throws included. */
function saysGone(error: unknown): boolean {
  try {
    return typeof error === 'object' && error !== null && goneKey in error
  } catch {
    return false
  }
}

/** The registered modules and how they are. */
export class Modules {
  readonly #host: ModuleHost
  readonly #modules = new Map<string, Module>()
  /** Whose group was asked for last: most starts are of the same module as the one before. */
  #asked: string | undefined = undefined
  #answer: string | undefined = undefined
  readonly #maxModules: number

  constructor(host: ModuleHost, maxModules: number) {
    this.#host = host
    this.#maxModules = maxModules
  }

  /** @throws UnderwayError OPTIONS_INVALID, MODULE_DUPLICATE */
  register(name: string, given: ModuleOptions): ModuleRegistration {
    if (typeof name !== 'string' || name === '' || name.length > bounds.name) {
      throw new UnderwayError(
        'OPTIONS_INVALID',
        `registerModule(name): name must be a text of 1 to ${bounds.name} characters, got ${typeof name === 'string' ? name.length : typeof name}`,
      )
    }
    const options = readModule(name, given)
    if (options.group !== undefined && typeof options.group !== 'string') {
      throw new UnderwayError(
        'OPTIONS_INVALID',
        `registerModule('${name}'): group must be a string, got ${typeof options.group}`,
      )
    }
    if (this.#modules.has(name)) {
      throw new UnderwayError(
        'MODULE_DUPLICATE',
        `module '${name}' is registered already; call unregister() on the first registration, or choose another name`,
      )
    }
    if (this.#modules.size >= this.#maxModules) {
      throw new UnderwayError(
        'OPTIONS_INVALID',
        `registerModule('${name}'): there are ${this.#maxModules} modules already; register parts of the program, not pieces of work, or raise maxModules of the tracker`,
      )
    }
    const module: Module = {
      name,
      group: options.group,
      check: options.check,
      state: 'up',
      reason: undefined,
      gone: false,
      since: this.#host.clock.wallMillis(),
      sinceMonotonic: this.#host.clock.monotonicMillis(),
      transitions: [],
      checkedAt: undefined,
    }
    this.#modules.set(name, module)
    this.#asked = undefined
    this.#host.changed(this.#status(module))
    const unregister = (): void => {
      if (this.#modules.get(name) !== module) return
      this.#modules.delete(name)
      this.#asked = undefined
    }
    return { name, unregister, [Symbol.dispose]: unregister }
  }

  groupOf(name: string): string | undefined {
    if (name !== this.#asked) {
      this.#answer = this.#modules.get(name)?.group
      this.#asked = name
    }
    return this.#answer
  }

  isGone(name: string): boolean {
    return this.#modules.get(name)?.gone ?? false
  }

  /** All registered modules, in the order of registration, and then those that were only seen, by name. */
  list(): ModuleStatus[] {
    const registered = [...this.#modules.values()].map((module) => this.#status(module))
    const seen = [...this.#host.tallies()]
      .filter((tally) => !this.#modules.has(tally.name))
      .map(
        ({ name, open, planned }): ModuleStatus => ({
          name,
          state: 'up',
          open,
          planned,
          instances: [this.#host.instance],
        }),
      )
    return [...registered, ...seen]
  }

  /** Asks all modules at once. `true` if every one of them is up. */
  async checkAll(timeoutMillis: number): Promise<boolean> {
    const answers = await Promise.all([...this.#modules.values()].map((module) => this.#check(module, timeoutMillis)))
    return answers.every(Boolean)
  }

  async #check(module: Module, timeoutMillis: number): Promise<boolean> {
    const { check } = module
    if (check === undefined) return true
    const inTime = new AbortController()
    const context: HealthCheckContext = { signal: inTime.signal }
    const outcome = await beforeDeadline(this.#host.clock, timeoutMillis, () =>
      this.#host.ownWork(() => check(context)),
    )
    if (outcome.kind === 'expired') inTime.abort(new DOMException('no answer in time', 'TimeoutError'))
    // It may have been unregistered while it was asked.
    if (this.#modules.get(module.name) !== module) return true
    switch (outcome.kind) {
      case 'expired':
        return this.#down(module, `no answer within ${timeoutMillis} ms`, undefined)
      case 'failed':
        return this.#down(module, this.#host.text(reasonOf(outcome.error)), outcome.error)
      case 'settled':
        return outcome.value === false ? this.#down(module, 'health check returned false', undefined) : this.#up(module)
    }
  }

  #up(module: Module): true {
    module.checkedAt = this.#host.clock.wallMillis()
    if (module.state === 'down') {
      const downSince = module.sinceMonotonic
      module.reason = undefined
      module.gone = false
      this.#enter(module, 'up')
      this.#host.reportUp(module.name, module.sinceMonotonic - downSince)
      this.#host.changed(this.#status(module))
    }
    return true
  }

  #down(module: Module, reason: string, error: unknown): false {
    module.checkedAt = this.#host.clock.wallMillis()
    module.reason = reason
    module.gone = saysGone(error)
    if (module.state === 'up') {
      this.#enter(module, 'down')
      this.#host.reportDown(module.name, reason, error)
      this.#host.changed(this.#status(module))
    }
    return false
  }

  #enter(module: Module, state: Module['state']): void {
    const { clock } = this.#host
    module.state = state
    module.since = clock.wallMillis()
    module.sinceMonotonic = clock.monotonicMillis()
    const { since: time, reason } = module
    const transition = Object.freeze({ time, state, ...(reason === undefined ? {} : { reason }) })
    // A new list each time, so that a status that was handed out stays as it was.
    module.transitions = Object.freeze([...module.transitions, transition].slice(-maxTransitions))
  }

  #status(module: Module): ModuleStatus {
    const { name, group, state, reason, gone, since, transitions, checkedAt } = module
    const tally = this.#host.tally(name)
    return {
      name,
      ...(group === undefined ? {} : { group }),
      state,
      ...(reason === undefined ? {} : { reason }),
      ...(gone ? { gone } : {}),
      since,
      ...(transitions.length === 0 ? {} : { transitions }),
      ...(checkedAt === undefined ? {} : { checkedAt }),
      open: tally?.open ?? 0,
      planned: tally?.planned ?? 0,
      instances: [this.#host.instance],
    }
  }
}
