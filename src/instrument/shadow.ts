/**
 * Puts a property of its own in front of what an object has, where no listing shows it.
 *
 * @param ours has a `value` or a `get`
 * @returns takes it away again, unless somebody has put theirs in its place; `undefined` where the object is frozen
 */
export function shadow(holder: object, key: PropertyKey, ours: PropertyDescriptor): (() => void) | undefined {
  const own = Reflect.getOwnPropertyDescriptor(holder, key)
  const property = ours.get === undefined ? { ...ours, writable: true } : ours
  if (!Reflect.defineProperty(holder, key, { ...property, configurable: true, enumerable: false })) return undefined
  return () => {
    try {
      const now = Reflect.getOwnPropertyDescriptor(holder, key)
      if (now === undefined || now.value !== ours.value || now.get !== ours.get) return
      if (own === undefined) Reflect.deleteProperty(holder, key)
      else Reflect.defineProperty(holder, key, own)
    } catch {
      // A proxy that no longer allows it: what is left passes everything on.
    }
  }
}
