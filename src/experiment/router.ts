import { UnderwayError } from '../base/underway-error.js'
import type { FeedItem, Gap } from '../tracker/change.js'
import type { Lifecycle } from '../tracker/lifecycle.js'
import { namesElsewhere, type ScalarEntry } from '../tracker/scalars.js'
import type { ActivityTracker } from '../tracker/tracker.js'
import type { Outlet } from './outlet.js'

/** Hands what one tracker records to the backends that are connected to it. */
export class Router {
  readonly #lifecycle: Lifecycle
  readonly #tracker: ActivityTracker
  #outlets: readonly Outlet[] = []
  #scalars: (() => void) | undefined
  #messages: (() => void) | undefined

  constructor(tracker: ActivityTracker, lifecycle: Lifecycle) {
    this.#tracker = tracker
    this.#lifecycle = lifecycle
  }

  /** @throws UnderwayError OPTIONS_INVALID where a name is taken */
  check(names: readonly string[]): void {
    const taken = [...namesElsewhere, ...namesOf(this.#outlets)]
    for (const [index, name] of names.entries())
      if (taken.includes(name) || names.indexOf(name) !== index)
        throw new UnderwayError(
          'OPTIONS_INVALID',
          `connectBackends({ backends }): the name '${name.slice(0, 80)}' is taken; give the backend another one`,
        )
  }

  add(outlets: readonly Outlet[]): void {
    this.#outlets = [...this.#outlets, ...outlets]
    this.#follow()
  }

  remove(outlets: readonly Outlet[]): void {
    this.#outlets = this.#outlets.filter((outlet) => !outlets.includes(outlet))
    this.#follow()
  }

  /** Subscribes to what somebody takes, and to nothing else: whoever follows the feed makes every activity a little dearer. */
  #follow(): void {
    this.#lifecycle.backends = {
      scalars: namesOf(this.#outlets.filter(({ takesScalars }) => takesScalars)),
      messages: namesOf(this.#outlets.filter(({ takesMessages }) => takesMessages)),
    }
    const options = { name: 'experiment backends', whenFull: 'inline' } as const
    if (!this.#outlets.some(({ takesScalars }) => takesScalars)) this.#scalars = ended(this.#scalars)
    else this.#scalars ??= this.#tracker.subscribeScalars((entries) => this.#takeScalars(entries), options)
    if (!this.#outlets.some(({ takesMessages }) => takesMessages)) this.#messages = ended(this.#messages)
    else this.#messages ??= this.#tracker.subscribe((items) => this.#takeMessages(items), options)
  }

  #takeScalars(entries: readonly (ScalarEntry | Gap)[]): void {
    const takers = this.#outlets.filter(({ takesScalars }) => takesScalars)
    // Full batches are delivered within the call, so that there are no gaps.
    for (const entry of entries)
      if ('values' in entry) for (const outlet of chosen(takers, entry.backend)) outlet.addScalars(entry)
  }

  #takeMessages(items: readonly FeedItem[]): void {
    const takers = this.#outlets.filter(({ takesMessages }) => takesMessages)
    for (const item of items)
      if (item.kind === 'message')
        for (const outlet of chosen(takers, item.message.backend)) outlet.addMessage(item.message)
  }
}

function chosen(takers: readonly Outlet[], name: string | undefined): readonly Outlet[] {
  return name === undefined ? takers : takers.filter(({ backend }) => backend.name === name)
}

function namesOf(outlets: readonly Outlet[]): readonly string[] {
  return outlets.map(({ backend }) => backend.name)
}

function ended(unsubscribe: (() => void) | undefined): undefined {
  unsubscribe?.()
}
