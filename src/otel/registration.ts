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
