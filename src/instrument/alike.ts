/** Any function, whatever it takes and returns. */
export type AnyFunction = (...args: never) => unknown

export function isClass(fn: AnyFunction): boolean {
  return /^class\b/.test(Function.prototype.toString.call(fn))
}

/**
 * Whether `new` works on it. What has no `prototype` of its own is an arrow function, a method, an async function, or is
 * bound; only of the last kind, which shows no source, some construct.
 */
export function constructs(fn: AnyFunction): boolean {
  if (Object.hasOwn(fn, 'prototype')) return true
  if (!Function.prototype.toString.call(fn).endsWith('{ [native code] }')) return false
  try {
    Reflect.construct(Object, [], fn)
    return true
  } catch {
    return false
  }
}

/** Own properties of the original, `name` and `length` among them, so that nobody can tell the two apart. */
export function dressLike(wrapped: AnyFunction, original: AnyFunction): void {
  for (const key of Reflect.ownKeys(wrapped)) if (!Object.hasOwn(original, key)) Reflect.deleteProperty(wrapped, key)
  for (const key of Reflect.ownKeys(original)) {
    const descriptor = Reflect.getOwnPropertyDescriptor(original, key)
    if (descriptor !== undefined) Reflect.defineProperty(wrapped, key, descriptor)
  }
  Object.setPrototypeOf(wrapped, Object.getPrototypeOf(original) as object)
  if (Object.hasOwn(wrapped, 'prototype') && !Object.hasOwn(original, 'prototype')) dressLikeBound(wrapped, original)
}

/** What constructs cannot be without a `prototype`, unless it is bound: its instances are those of what it is bound to. */
function dressLikeBound(wrapped: AnyFunction, original: AnyFunction): void {
  Reflect.defineProperty(wrapped, 'prototype', { value: undefined })
  Reflect.defineProperty(wrapped, Symbol.hasInstance, { value: (made: unknown) => made instanceof original })
}
