/** Something of this package that was connected to OpenTelemetry. Ending it twice is harmless. */
export interface SignalRegistration extends Disposable {
  unregister(): void
}

/** Makes a registration that ends once. */
export function registrationBy(end: () => void): SignalRegistration {
  let registered = true
  const unregister = (): void => {
    if (!registered) return
    registered = false
    end()
  }
  return { unregister, [Symbol.dispose]: unregister }
}

/** What is registered, so that the same source is not connected to the same sink twice. */
export class Registrations {
  readonly #bySource = new WeakMap<object, WeakMap<object, SignalRegistration>>()
  readonly #counts = new WeakMap<object, number>()

  /** Whether a source is connected to any sink. */
  has(source: object): boolean {
    return (this.#counts.get(source) ?? 0) > 0
  }

  /** The registration that is in force. */
  get(source: object, sink: object): SignalRegistration | undefined {
    return this.#bySource.get(source)?.get(sink)
  }

  /** The registration that is in force, or a new one. */
  of(source: object, sink: object, make: () => SignalRegistration): SignalRegistration {
    const bySink = this.#bySource.get(source) ?? new WeakMap<object, SignalRegistration>()
    this.#bySource.set(source, bySink)
    const known = bySink.get(sink)
    if (known !== undefined) return known
    const made = make()
    const registration = registrationBy(() => {
      bySink.delete(sink)
      this.#add(source, -1)
      made.unregister()
    })
    bySink.set(sink, registration)
    this.#add(source, 1)
    return registration
  }

  #add(source: object, count: number): void {
    this.#counts.set(source, (this.#counts.get(source) ?? 0) + count)
  }
}
