/**
 * Puts a property of its own in front of what an object has, where no listing shows it.
 *
 * @returns takes it away again, unless somebody has put theirs in its place; `undefined` where the object is frozen
 */
export function shadow(holder: object, key: PropertyKey, value: unknown): (() => void) | undefined {
  const own = Reflect.getOwnPropertyDescriptor(holder, key)
  if (!Reflect.defineProperty(holder, key, { value, configurable: true, writable: true })) return undefined
  return () => {
    if (Reflect.getOwnPropertyDescriptor(holder, key)?.value !== value) return
    if (own === undefined) Reflect.deleteProperty(holder, key)
    else Reflect.defineProperty(holder, key, own)
  }
}
